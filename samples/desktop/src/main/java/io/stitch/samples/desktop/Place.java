package io.stitch.samples.desktop;

import java.nio.file.Path;

/**
 * What a store of one mode is made for.
 *
 * @param file its database, without the suffix
 * @param remote its broker
 */
record Place(Path file, Remote remote) {}
