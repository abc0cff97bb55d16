package io.stitch.reactive.spring;

import tools.jackson.databind.json.JsonMapper;

/**
 * The mapper that the store reads and writes records with. A type of its own, because the application's {@code JsonMapper} bean is for
 * its own HTTP interface: what {@code spring.jackson} says there must not change what other clients of the server read.
 *
 * @param mapper the mapper
 */
public record StitchJsonMapper(JsonMapper mapper) {}
