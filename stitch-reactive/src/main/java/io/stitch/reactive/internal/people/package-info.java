/**
 * Who else there is in server mode, as far as the server tells: who is connected, what it tells one user
 * alone, and who shares what with whom. Knows {@code mode} and what that knows, and not how scopes
 * follow the server; only {@code server} uses it.
 */
@NullMarked
package io.stitch.reactive.internal.people;

import org.jspecify.annotations.NullMarked;
