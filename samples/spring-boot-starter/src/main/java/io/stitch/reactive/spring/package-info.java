/**
 * A store for Spring Boot: made of the properties that begin with {@code stitch}, started and ended with the application. What it makes is a
 * bean, and each steps back where the application has one of its own.
 */
@NullMarked
package io.stitch.reactive.spring;

import org.jspecify.annotations.NullMarked;
