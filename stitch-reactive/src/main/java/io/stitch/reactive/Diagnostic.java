package io.stitch.reactive;

import java.time.Instant;

/**
 * Something that was dropped or went unusually.
 *
 * @param code what kind of thing
 * @param subject what it happened to: a topic, a scope, a record
 * @param detail what exactly, in a sentence
 * @param count how often this kind has happened in this store so far, this time included
 * @param at when
 */
public record Diagnostic(DiagnosticCode code, String subject, String detail, long count, Instant at) {}
