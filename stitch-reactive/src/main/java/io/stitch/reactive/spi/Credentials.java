package io.stitch.reactive.spi;

import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * A user name and a password. {@link #toString()} does not show the password.
 *
 * @param username the user: at most 65 535 bytes of UTF-8, and no NUL
 * @param password the password: at most 65 535 bytes of UTF-8
 */
public record Credentials(String username, String password) implements Login {
    /**
     * Checks that both can be sent.
     *
     * @param username the user
     * @param password the password
     * @throws IllegalArgumentException if one cannot; the message shows neither
     */
    public Credentials {
        SettingRules.requireText("user name", username);
        SettingRules.requireSendable("password", Objects.requireNonNull(password, "password"));
    }

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
