package io.stitch.reactive;

import io.stitch.reactive.spi.SettingRules;
import org.jspecify.annotations.Nullable;

import java.util.Optional;

/**
 * A proxy that connections go through. Immutable; {@link #toString()} shows no password. Host names are resolved by the proxy, and TLS is
 * between this client and the broker: the certificate is verified for the broker's name, as without a proxy.
 */
public final class ProxyOptions {
    private static final int LARGEST_PORT = 65_535;
    /** What a SOCKS5 proxy is told has a length of one byte (RFC 1929). */
    private static final int LONGEST_SOCKS_TEXT = 255;

    /** The protocols. */
    public enum Type {
        /** HTTP {@code CONNECT}, with basic authentication if there is a login. */
        HTTP,
        /** SOCKS version 5 (RFC 1928), with a user name and a password (RFC 1929) if there is a login. */
        SOCKS5
    }

    private final Type type;
    private final String host;
    private final int port;
    private final @Nullable String username;
    private final @Nullable String password;

    private ProxyOptions(Type type, String host, int port, @Nullable String username, @Nullable String password) {
        this.type = type;
        this.host = host;
        this.port = port;
        this.username = username;
        this.password = password;
    }

    /**
     * A proxy without a login.
     *
     * @param type its protocol
     * @param host its host, a name or an address without brackets
     * @param port its port, 1 to 65 535
     * @return the options
     * @throws IllegalArgumentException if there can be no such host or port
     */
    public static ProxyOptions of(Type type, String host, int port) {
        SettingRules.requireText("the proxy's host", host);
        if (host.chars().anyMatch(c -> c <= ' ' || c > '~' || "/@?#[]".indexOf(c) >= 0)) {
            throw new IllegalArgumentException(
                    "The proxy's host cannot be one: write a host name or an address alone, without a scheme, a user or brackets.");
        }
        if (port < 1 || port > LARGEST_PORT) {
            throw new IllegalArgumentException("The proxy's port is 1 to 65535, not %d.".formatted(port));
        }
        return new ProxyOptions(type, host, port, null, null);
    }

    /**
     * An HTTP proxy without a login.
     *
     * @param host its host
     * @param port its port
     * @return the options
     * @throws IllegalArgumentException if there can be no such host or port
     */
    public static ProxyOptions http(String host, int port) {
        return of(Type.HTTP, host, port);
    }

    /**
     * A SOCKS5 proxy without a login.
     *
     * @param host its host
     * @param port its port
     * @return the options
     * @throws IllegalArgumentException if there can be no such host or port
     */
    public static ProxyOptions socks5(String host, int port) {
        return of(Type.SOCKS5, host, port);
    }

    /**
     * Logs in at the proxy. It hears the password in the clear, as everybody between this client and it does.
     *
     * @param user the user name
     * @param secret the password; never shown in logs or messages
     * @return changed options
     * @throws IllegalArgumentException if one of them cannot be sent to such a proxy
     */
    public ProxyOptions login(String user, String secret) {
        if (user.isEmpty() || hasControls(user) || hasControls(secret)) {
            throw new IllegalArgumentException(
                    "The proxy's login cannot be sent: its user name is empty, or there are control characters in it.");
        }
        if (type == Type.HTTP && user.indexOf(':') >= 0) {
            throw new IllegalArgumentException("The user name for an HTTP proxy has a colon, which ends it there.");
        }
        if (type == Type.SOCKS5 && (isLong(user) || isLong(secret) || secret.isEmpty())) {
            throw new IllegalArgumentException(
                    "A SOCKS5 proxy takes a user name and a password of 1 to 255 bytes of ASCII.");
        }
        return new ProxyOptions(type, host, port, user, secret);
    }

    private static boolean hasControls(String text) {
        return text.chars().anyMatch(c -> c < ' ' || c == 0x7F);
    }

    private static boolean isLong(String text) {
        return text.length() > LONGEST_SOCKS_TEXT || text.chars().anyMatch(c -> c > '~');
    }

    /**
     * {@return its protocol}
     */
    public Type type() {
        return type;
    }

    /**
     * {@return its host}
     */
    public String host() {
        return host;
    }

    /**
     * {@return its port}
     */
    public int port() {
        return port;
    }

    /**
     * {@return the user name, if there is a login}
     */
    public Optional<String> username() {
        return Optional.ofNullable(username);
    }

    /**
     * {@return the password, if there is a login} For connectors; not to be shown.
     */
    public Optional<String> password() {
        return Optional.ofNullable(password);
    }

    @Override
    public String toString() {
        return "ProxyOptions[%s %s:%d%s]".formatted(type, host, port, username == null ? "" : ", login=***");
    }
}
