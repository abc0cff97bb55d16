package io.stitch.reactive.h2;

import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;

/**
 * A passphrase as H2 takes it: stretched, because H2 itself stretches little, and in letters, because H2 splits it at spaces.
 * H2 salts each file.
 */
final class Passphrase {
    private static final byte[] SALT = "io.stitch.reactive.h2".getBytes(StandardCharsets.US_ASCII);
    private static final int ROUNDS = 100_000;
    private static final int BITS = 256;
    private static final char[] DIGITS = "0123456789abcdef".toCharArray();

    private final char[] key;

    private Passphrase(char[] key) {
        this.key = key;
    }

    /** Stretches a passphrase; the caller wipes his. Takes some tens of milliseconds. */
    static Passphrase of(char[] passphrase) {
        PBEKeySpec spec = new PBEKeySpec(passphrase, SALT, ROUNDS, BITS);
        try {
            byte[] bytes = SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
                    .generateSecret(spec)
                    .getEncoded();
            char[] key = new char[bytes.length * 2];
            for (int i = 0; i < bytes.length; i++) {
                key[2 * i] = DIGITS[(bytes[i] >> 4) & 0xF];
                key[2 * i + 1] = DIGITS[bytes[i] & 0xF];
            }
            Arrays.fill(bytes, (byte) 0);
            return new Passphrase(key);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("This Java has no PBKDF2WithHmacSHA256, which every Java 17 must have.", e);
        } finally {
            spec.clearPassword();
        }
    }

    /** The key of the file alone; H2 wipes it. */
    char[] filePassword() {
        return key.clone();
    }

    /** The key of the file and the empty password of the user, as a connection takes them; H2 wipes it. */
    char[] connectionPassword() {
        char[] both = Arrays.copyOf(key, key.length + 1);
        both[key.length] = ' ';
        return both;
    }

    void wipe() {
        Arrays.fill(key, '\0');
    }
}
