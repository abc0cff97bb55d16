/** The application of this module's README. */
@NullMarked
package com.example.board;

import org.jspecify.annotations.NullMarked;
