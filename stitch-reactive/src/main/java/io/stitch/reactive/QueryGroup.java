package io.stitch.reactive;

import tools.jackson.databind.JsonNode;

/**
 * How many of the records that a query matches have one value in the field that it groups by. Immutable.
 *
 * @param value the value, as JSON: a missing node where the field is absent, a null node where it is null. Numbers of the same value are one
 *     group, however they are written, and what is an object or an array is grouped by its text
 * @param count how many, 1 or more
 */
public record QueryGroup(JsonNode value, int count) {}
