package io.stitch.reactive.spi;

import java.nio.charset.StandardCharsets;

/**
 * A user name and a password. {@link #toString()} does not show the password.
 *
 * @param username the user
 * @param password the password
 */
public record Credentials(String username, String password) implements Login {
    /**
     * {@return the password in UTF-8}
     */
    public byte[] passwordBytes() {
        return password.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public String toString() {
        return "Credentials[username=" + username + ", password=***]";
    }
}
