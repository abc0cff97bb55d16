package io.stitch.reactive.h2;

import org.jspecify.annotations.Nullable;

import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Arrays;

/**
 * A passphrase. H2 stretches one little, so it is stretched here, with the salt of the file that it is for. What H2 takes is in letters,
 * because it splits a passphrase at spaces.
 */
final class Passphrase {
    private static final int ROUNDS = 100_000;
    private static final int BITS = 256;
    private static final char[] DIGITS = "0123456789abcdef".toCharArray();

    private final char[] secret;
    /** The last key that was made, since making one takes some tens of milliseconds. */
    private byte @Nullable [] salt;

    private char[] key = {};

    private Passphrase(char[] secret) {
        this.secret = secret;
    }

    /** Keeps a passphrase; the caller wipes his. */
    static Passphrase of(char[] passphrase) {
        return new Passphrase(passphrase.clone());
    }

    /** The key of the file alone; whoever takes it wipes it. */
    synchronized char[] filePassword(Path data) throws IOException {
        byte[] wanted = EncryptedHeader.saltOf(data);
        if (!Arrays.equals(wanted, salt)) {
            Arrays.fill(key, '\0');
            key = stretched(wanted);
            salt = wanted;
        }
        return key.clone();
    }

    /** The key of the file and the empty password of the user, as a connection takes them; H2 wipes it. */
    char[] connectionPassword(Path data) throws IOException {
        char[] file = filePassword(data);
        char[] both = Arrays.copyOf(file, file.length + 1);
        both[file.length] = ' ';
        Arrays.fill(file, '\0');
        return both;
    }

    private char[] stretched(byte[] with) {
        PBEKeySpec spec = new PBEKeySpec(secret, with, ROUNDS, BITS);
        try {
            byte[] bytes = SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
                    .generateSecret(spec)
                    .getEncoded();
            char[] letters = new char[bytes.length * 2];
            for (int i = 0; i < bytes.length; i++) {
                letters[2 * i] = DIGITS[(bytes[i] >> 4) & 0xF];
                letters[2 * i + 1] = DIGITS[bytes[i] & 0xF];
            }
            Arrays.fill(bytes, (byte) 0);
            return letters;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("This Java has no PBKDF2WithHmacSHA256, which every Java 17 must have.", e);
        } finally {
            spec.clearPassword();
        }
    }

    synchronized void wipe() {
        Arrays.fill(secret, '\0');
        Arrays.fill(key, '\0');
    }
}
