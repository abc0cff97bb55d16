package io.stitch.reactive;

/**
 * How safe what is in a scope is, deletes included. Among peers it is what others have said so far; it may be more, and those who said it may be offline.
 *
 * @param pending how many writes of this client wait to be sent
 * @param onlyHere how many other records, among peers, nobody else has, as far as is known: nobody was there when they were sent
 * @param taken how many other records, among peers, the broker took, without anybody having said yet that they have them
 * @param holders how many others have all of it: among peers those who said so, with a server one
 */
public record ScopeSafety(int pending, int onlyHere, int taken, int holders) {
    /**
     * Of a scope that a server confirms.
     *
     * @param pending how many writes wait
     * @return how safe it is
     */
    public static ScopeSafety byServer(int pending) {
        return new ScopeSafety(pending, 0, 0, 1);
    }

    /**
     * {@return how safe the least safe part of it is}
     */
    public Safety level() {
        if (pending > 0) {
            return Safety.PENDING;
        }
        if (onlyHere > 0) {
            return Safety.ONLY_HERE;
        }
        return taken > 0 ? Safety.TAKEN : Safety.HELD;
    }
}
