package io.stitch.simulation.peer.protection;

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

    /**
     * Draws one: plain worlds are what a seed costs least in, and signed ones what it costs most in.
     *
     * @param random decides
     * @return which one
     */
    public static Protection any(Random random) {
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

    /** {@return whether writes have their authors' signatures} */
    public boolean signs() {
        return signs;
    }

    /** {@return whether the records of a scope say whom they trust} */
    public boolean grants() {
        return grants;
    }

    /** {@return whether scopes have keys} */
    public boolean encrypts() {
        return encrypts;
    }

    /** {@return whether somebody who is not one of the peers can be told from them} */
    public boolean keepsOthersOut() {
        return signs || encrypts;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
