package io.stitch.simulation;

/**
 * Something that must not be.
 *
 * @param kind what kind of thing, in a word or two; the same for the same fault
 * @param text what it is, for a reader
 * @param millis when it was seen
 */
public record Problem(String kind, String text, long millis) {
    @Override
    public String toString() {
        return "%s at %d ms: %s".formatted(kind, millis, text);
    }
}
