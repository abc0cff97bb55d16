package io.stitch.reactive.persistence;

/**
 * What a store says about itself when it opens what was kept.
 *
 * @param mode the name of its sync mode
 */
public record OpenRequest(String mode) {
    /**
     * Asks to open for a sync mode.
     *
     * @param mode the name of the store's sync mode
     * @return the request
     */
    public static OpenRequest of(String mode) {
        return new OpenRequest(mode);
    }
}
