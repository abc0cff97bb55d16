@org.jspecify.annotations.NullMarked
package io.stitch.reactive.test;
