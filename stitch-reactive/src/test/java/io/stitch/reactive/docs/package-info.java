/** The code that the guide shows. It is written as an application would write it: with what is public, and nothing else. */
@NullMarked
package io.stitch.reactive.docs;

import org.jspecify.annotations.NullMarked;
