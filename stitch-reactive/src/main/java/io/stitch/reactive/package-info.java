/**
 * What applications import: the store, its scopes, the events they emit, the schema and the errors.
 *
 * <p>This package may use every other package of the module; none of them knows this one.
 */
@NullMarked
package io.stitch.reactive;

import org.jspecify.annotations.NullMarked;
