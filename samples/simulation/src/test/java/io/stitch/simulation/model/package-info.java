/**
 * What peers agree on, as a model that is looked at in every order in which it may happen, for small bounds. README.md here
 * says what it leaves out, and which classes do what its actions do.
 */
@NullMarked
package io.stitch.simulation.model;

import org.jspecify.annotations.NullMarked;
