package io.stitch.reactive;

/**
 * How safe a record is, or its delete.
 *
 * @param level how far it is known to have got
 * @param holders how many others have it, as it is here: among peers those who said so, with a server one, or none while
 *     writes of it wait
 */
public record RecordSafety(Safety level, int holders) {
    /**
     * Of a record that a server confirms.
     *
     * @param pending whether writes of it wait
     * @return how safe it is
     */
    public static RecordSafety byServer(boolean pending) {
        return pending ? new RecordSafety(Safety.PENDING, 0) : new RecordSafety(Safety.HELD, 1);
    }
}
