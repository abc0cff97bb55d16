package io.stitch.samples.benchmarks;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;

/**
 * Which page a walk by key asks for next, with the page sizes of the store but without reading JSON: the last id is found by
 * looking for its field backwards, and the number of records is known beforehand.
 */
final class PageWalk {
    private static final int FIRST_PAGE = 1_000;
    private static final int LARGEST_PAGE = 8_000;
    private static final int COMFORTABLE_BYTES = 1024 * 1024;
    private static final byte[] ID_FIELD = "\"id\":\"".getBytes(StandardCharsets.UTF_8);

    private int left;
    private int size = FIRST_PAGE;
    private boolean done;
    private @Nullable String after;

    PageWalk(int records) {
        this.left = records;
    }

    int size() {
        return size;
    }

    @Nullable
    String after() {
        return after;
    }

    /** {@return whether the last page has come: one that is shorter than its limit} */
    boolean done() {
        return done;
    }

    /**
     * Takes a page.
     *
     * @return how many records it has
     */
    int take(byte[] page) {
        int records = Math.min(size, left);
        left -= records;
        done = records < size;
        if (!done) {
            after = lastId(page);
            if (page.length > COMFORTABLE_BYTES) {
                size = Math.max(1, size / 2);
            } else if (page.length <= COMFORTABLE_BYTES / 2) {
                size = Math.min(LARGEST_PAGE, size * 2);
            }
        }
        return records;
    }

    private static String lastId(byte[] page) {
        for (int start = page.length - ID_FIELD.length; start >= 0; start--) {
            if (isIdField(page, start)) {
                int from = start + ID_FIELD.length;
                int to = from;
                while (page[to] != '"') {
                    to++;
                }
                return new String(page, from, to - from, StandardCharsets.UTF_8);
            }
        }
        throw new IllegalStateException("A page of " + page.length + " bytes has no id.");
    }

    private static boolean isIdField(byte[] page, int start) {
        for (int i = 0; i < ID_FIELD.length; i++) {
            if (page[start + i] != ID_FIELD[i]) {
                return false;
            }
        }
        return true;
    }
}
