package io.stitch.reactive.h2;

import java.nio.file.Path;
import java.util.List;

/**
 * What came out of a damaged database.
 *
 * @param records how many records were saved
 * @param pendingWrites how many writes were saved that the server has not settled
 * @param tombstones how many tombstones were saved
 * @param lost what could not be read, in words, at most 100 entries; empty if nothing is known to be missing. What the damage took
 *     without a trace is not in it
 * @param damaged where the damaged file lies now, whole, for other tools
 */
public record Recovery(long records, long pendingWrites, long tombstones, List<String> lost, Path damaged) {
    /**
     * Copies the list.
     *
     * @param records how many records were saved
     * @param pendingWrites how many pending writes were saved
     * @param tombstones how many tombstones were saved
     * @param lost what could not be read
     * @param damaged where the damaged file lies now
     */
    public Recovery {
        lost = List.copyOf(lost);
    }
}
