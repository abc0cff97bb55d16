/**
 * For tests of applications that use stitch: {@link io.stitch.reactive.test.StitchTest} brings a server and stores to a JUnit test,
 * {@link io.stitch.reactive.test.InMemoryLink} replaces the network in virtual time, and
 * {@link io.stitch.reactive.test.ScopeAssert} waits for what a scope should hold. Called by tests, and by nothing else.
 */
@NullMarked
package io.stitch.reactive.test;

import org.jspecify.annotations.NullMarked;
