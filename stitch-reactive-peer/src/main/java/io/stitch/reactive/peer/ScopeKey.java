package io.stitch.reactive.peer;

import io.stitch.reactive.spi.ForeignText;

import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import java.security.MessageDigest;
import java.util.Objects;

/**
 * A key that the messages of a scope are encrypted with: 256 bits for AES, and the name by which messages say which key it takes to read
 * them. Immutable; any thread.
 *
 * <p>The name is sent in the clear. With one key at most 2³² messages should be encrypted by all peers together, because their nonces are
 * random: change keys long before that. The secret is never part of {@link #toString()}, a log or an exception.
 */
public final class ScopeKey {
    /** How many bytes a secret has. */
    public static final int SECRET_BYTES = 32;

    /** The longest name of a key, in characters. */
    public static final int MAX_ID = 64;

    private final String kid;
    private final SecretKeySpec secret;

    private ScopeKey(String kid, SecretKeySpec secret) {
        this.kid = kid;
        this.secret = secret;
    }

    /**
     * Makes a key.
     *
     * @param kid its name, the same at all peers: 1 to {@value #MAX_ID} characters of {@code A-Z a-z 0-9 _ - .}; it names one secret for ever
     * @param secret {@value #SECRET_BYTES} bytes that nobody else knows, from a random generator or a key derivation; copied
     * @return the key
     * @throws IllegalArgumentException if the name has other characters, or the secret another length
     */
    public static ScopeKey of(String kid, byte[] secret) {
        if (!isId(kid)) {
            throw new IllegalArgumentException(
                    "The name of a scope key has 1 to %d characters of A-Z a-z 0-9 _ - ., which '%s' does not."
                            .formatted(MAX_ID, ForeignText.quoted(kid)));
        }
        if (secret.length != SECRET_BYTES) {
            throw new IllegalArgumentException(
                    "The scope key '%s' has %d bytes; AES-256 needs %d. Derive it from a password with PBKDF2 or the like."
                            .formatted(kid, secret.length, SECRET_BYTES));
        }
        return new ScopeKey(kid, new SecretKeySpec(secret, "AES"));
    }

    /**
     * Tells whether a text can be the name of a key.
     *
     * @param text the text
     * @return whether it can
     */
    static boolean isId(String text) {
        if (text.isEmpty() || text.length() > MAX_ID) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean isLetter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
            if (!isLetter && (c < '0' || c > '9') && c != '_' && c != '-' && c != '.') {
                return false;
            }
        }
        return true;
    }

    /**
     * {@return the name, which messages carry in the clear}
     */
    public String kid() {
        return kid;
    }

    /**
     * {@return the secret, for a cipher}
     */
    public SecretKey secret() {
        return secret;
    }

    /**
     * {@return whether both have one name and one secret}
     */
    @Override
    public boolean equals(Object other) {
        return other instanceof ScopeKey key
                && kid.equals(key.kid)
                && MessageDigest.isEqual(secret.getEncoded(), key.secret.getEncoded());
    }

    @Override
    public int hashCode() {
        return Objects.hashCode(kid);
    }

    /**
     * {@return the name alone}
     */
    @Override
    public String toString() {
        return "ScopeKey[" + kid + ']';
    }
}
