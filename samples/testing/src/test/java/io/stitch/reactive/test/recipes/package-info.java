/** The recipes of the guide. They are written as an application would write them: with what is public, and nothing else. */
@NullMarked
package io.stitch.reactive.test.recipes;

import org.jspecify.annotations.NullMarked;
