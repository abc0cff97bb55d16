package io.stitch.simulation.peer;

import java.util.Locale;
import java.util.Random;

/** Against whom the peers of a world protect themselves. */
public enum Protection {
    /** Against nobody: whoever is there reads and writes. */
    PLAIN(false, false, false),
    /** They sign, and trust a list of keys. */
    SIGNED(true, false, false),
    /** They sign, and trust whom the records of a scope name. */
    MEMBERS(true, true, false),
    /** They encrypt, with keys that change. */
    ENCRYPTED(false, false, true),
    /** They do both. */
    BOTH(true, true, true);

    private final boolean signs;
    private final boolean grants;
    private final boolean encrypts;

    Protection(boolean signs, boolean grants, boolean encrypts) {
        this.signs = signs;
        this.grants = grants;
        this.encrypts = encrypts;
    }

    /** Plain worlds are what a seed costs least in, and signed ones what it costs most in. */
    static Protection any(Random random) {
        return switch (random.nextInt(12)) {
            case 0 -> SIGNED;
            case 1, 2, 3 -> MEMBERS;
            case 4, 5, 6 -> ENCRYPTED;
            case 7 -> BOTH;
            default -> PLAIN;
        };
    }

    /**
     * Reads the name of one.
     *
     * @param name its name, in small letters
     * @return which one
     */
    public static Protection named(String name) {
        return valueOf(name.toUpperCase(Locale.ROOT));
    }

    boolean signs() {
        return signs;
    }

    boolean grants() {
        return grants;
    }

    boolean encrypts() {
        return encrypts;
    }

    /** Whether somebody who is not one of the peers can be told from them. */
    boolean keepsOthersOut() {
        return signs || encrypts;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
