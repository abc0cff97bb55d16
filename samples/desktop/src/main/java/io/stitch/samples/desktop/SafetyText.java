package io.stitch.samples.desktop;

import io.stitch.reactive.ScopeSafety;

/** How safe a board is, in words. */
final class SafetyText {
    private SafetyText() {}

    /**
     * Says it. What waits to be sent is said elsewhere.
     *
     * @param safety how safe it is
     * @param mode who could have it, too
     * @return a few words, or nothing if there is nothing to say
     */
    static String of(ScopeSafety safety, Mode mode) {
        return switch (safety.level()) {
            case PENDING -> "";
            case ONLY_HERE -> safety.onlyHere() == 1 ? "1 change only here" : safety.onlyHere() + " changes only here";
            case TAKEN -> "Waiting for others to have it";
            case HELD -> mode == Mode.SERVER ? "Saved" : heldBy(safety.holders());
        };
    }

    /** Nobody may have all of it, though somebody has each part. */
    private static String heldBy(int others) {
        return switch (others) {
            case 0 -> "";
            case 1 -> "1 other has it all";
            default -> others + " others have it all";
        };
    }
}
