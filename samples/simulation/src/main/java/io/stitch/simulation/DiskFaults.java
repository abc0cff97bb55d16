package io.stitch.simulation;

import java.util.Random;

/** What goes wrong on a disk. */
public final class DiskFaults {
    /** How long it takes at most, in milliseconds; 0 answers where it is asked. */
    public int longestDelayMillis;

    /** How many batches fail from now on. */
    public int failingBatches;

    /** Whether a batch that fails was written all the same. */
    public boolean failsAfterWriting;

    /** How many reads fail from now on: opening, loading a scope, finding and listing records. */
    public int failingReads;

    /** How long a read takes besides, in milliseconds. */
    public int readDelayMillis;

    private final Random random;

    /**
     * Begins well.
     *
     * @param random decides what happens to which batch
     */
    public DiskFaults(Random random) {
        this.random = random;
    }

    /** Nothing goes wrong from now on. */
    public void heal() {
        longestDelayMillis = 0;
        readDelayMillis = 0;
        failingBatches = 0;
        failingReads = 0;
        failsAfterWriting = false;
    }

    /**
     * {@return whether nothing goes wrong}
     */
    public boolean isWell() {
        return failingBatches == 0 && failingReads == 0;
    }

    long delayMillis() {
        return longestDelayMillis == 0 ? 0 : random.nextInt(longestDelayMillis + 1);
    }

    boolean nextBatchFails() {
        return failingBatches > 0 && failingBatches-- > 0;
    }

    boolean nextReadFails() {
        return failingReads > 0 && failingReads-- > 0;
    }

    boolean evenChance() {
        return random.nextBoolean();
    }
}
