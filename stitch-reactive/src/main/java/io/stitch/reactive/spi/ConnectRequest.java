package io.stitch.reactive.spi;

import io.stitch.reactive.LastWill;
import io.stitch.reactive.ProxyOptions;
import io.stitch.reactive.TlsOptions;
import org.jspecify.annotations.Nullable;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * Where and how to connect. {@link #toString()} shows no secrets.
 *
 * @param uri the broker: {@code mqtt}, {@code mqtts}, {@code ws} or {@code wss}, a host, and optionally a port; for a web
 *     socket also a path and a query
 * @param clientId the MQTT client id
 * @param login what to log in with, or {@code null} for nothing
 * @param timeout how long the whole attempt may take
 * @param keepAlive the longest silence on the connection
 * @param tls whom to trust, for {@code mqtts} and {@code wss}; {@code null} for what the Java runtime trusts
 * @param lastWill what the broker publishes when the connection breaks, or {@code null}
 * @param limits how much the broker may send at once
 * @param proxy what to connect through, or {@code null} for nothing
 * @param headers what the request that opens a web socket carries besides its own headers, by name; empty for any other connection
 */
public record ConnectRequest(
        URI uri,
        String clientId,
        @Nullable Login login,
        Duration timeout,
        Duration keepAlive,
        @Nullable TlsOptions tls,
        @Nullable LastWill lastWill,
        ReceiveLimits limits,
        @Nullable ProxyOptions proxy,
        Map<String, String> headers) {
    private static final Map<String, Integer> DEFAULT_PORTS = Map.of("mqtt", 1883, "mqtts", 8883, "ws", 80, "wss", 443);
    private static final String EXPECTED = "write mqtt://host:port, or mqtts, ws or wss";

    /**
     * Checks the address and what depends on it.
     *
     * @param uri the broker
     * @param clientId the MQTT client id
     * @param login what to log in with, or {@code null} for nothing
     * @param timeout how long the whole attempt may take
     * @param keepAlive the longest silence on the connection
     * @param tls whom to trust, or {@code null}
     * @param lastWill what the broker publishes when the connection breaks, or {@code null}
     * @param limits how much the broker may send at once
     * @param proxy what to connect through, or {@code null}
     * @param headers what the request that opens a web socket carries
     * @throws IllegalArgumentException with what is wrong and the fix
     */
    public ConnectRequest {
        headers = Map.copyOf(headers);
        checkAddress(uri);
        if (!headers.isEmpty() && !scheme(uri).startsWith("ws")) {
            throw new IllegalArgumentException(
                    "webSocketHeaders: set, but '%s' is no web socket. Write ws or wss, or leave the headers out."
                            .formatted(shown(uri)));
        }
        WebSocketHeaders.check(headers);
        if (tls != null && !isTls(uri)) {
            throw new IllegalArgumentException(
                    "tls: set, but '%s' is not encrypted. Write mqtts or wss, or leave the TLS options out."
                            .formatted(shown(uri)));
        }
        if (timeout.isNegative() || timeout.isZero()) {
            throw new IllegalArgumentException("connectTimeout: must be longer than zero, not %s.".formatted(timeout));
        }
        if (keepAlive.isNegative()) {
            throw new IllegalArgumentException("keepAlive: must not be negative; zero turns it off.");
        }
        checkBounded("connectTimeout", timeout);
        checkBounded("keepAlive", keepAlive);
    }

    /**
     * A request without TLS options and a last will, and with the limits that are usual.
     *
     * @param uri the broker
     * @param clientId the MQTT client id
     * @param login what to log in with, or {@code null} for nothing
     * @param timeout how long the whole attempt may take
     * @param keepAlive the longest silence on the connection
     * @throws IllegalArgumentException with what is wrong and the fix
     */
    public ConnectRequest(URI uri, String clientId, @Nullable Login login, Duration timeout, Duration keepAlive) {
        this(uri, clientId, login, timeout, keepAlive, null, null, ReceiveLimits.DEFAULT);
    }

    /**
     * A request that goes through no proxy, and has no headers.
     *
     * @param uri the broker
     * @param clientId the MQTT client id
     * @param login what to log in with, or {@code null} for nothing
     * @param timeout how long the whole attempt may take
     * @param keepAlive the longest silence on the connection
     * @param tls whom to trust, or {@code null}
     * @param lastWill what the broker publishes when the connection breaks, or {@code null}
     * @param limits how much the broker may send at once
     * @throws IllegalArgumentException with what is wrong and the fix
     */
    public ConnectRequest(
            URI uri,
            String clientId,
            @Nullable Login login,
            Duration timeout,
            Duration keepAlive,
            @Nullable TlsOptions tls,
            @Nullable LastWill lastWill,
            ReceiveLimits limits) {
        this(uri, clientId, login, timeout, keepAlive, tls, lastWill, limits, null, Map.of());
    }

    /**
     * Reads a broker's address.
     *
     * @param url {@code mqtt://host:port}, or {@code mqtts}, {@code ws}, {@code wss}
     * @return the address
     * @throws IllegalArgumentException if it is none; the message shows neither a user nor a password
     */
    public static URI address(String url) {
        URI uri;
        try {
            uri = new URI(url);
        } catch (URISyntaxException e) {
            // Neither the cause nor the text is shown: both may contain a password.
            throw new IllegalArgumentException("The broker's address is not a URL: %s at character %d; %s."
                    .formatted(e.getReason(), e.getIndex() + 1, EXPECTED));
        }
        checkAddress(uri);
        return uri;
    }

    private static void checkBounded(String what, Duration value) {
        if (SettingRules.isTooLong(value)) {
            throw new IllegalArgumentException("%s: must be at most %d days (a hundred years), not %s."
                    .formatted(what, SettingRules.LONGEST.toDays(), value));
        }
    }

    private static void checkAddress(URI uri) {
        if (uri.getRawUserInfo() != null
                || (uri.getHost() == null && uri.toString().contains("@"))) {
            throw new IllegalArgumentException(
                    "The broker's address must not carry a user or password: set them apart, with login(user, password).");
        }
        String scheme = scheme(uri);
        if (!DEFAULT_PORTS.containsKey(scheme)) {
            throw new IllegalArgumentException("'%s' is not a broker's address: its scheme is %s; %s."
                    .formatted(shown(uri), scheme.isEmpty() ? "missing" : "'" + scheme + "'", EXPECTED));
        }
        if (uri.getHost() == null) {
            throw new IllegalArgumentException(
                    "'%s' is not a broker's address: its host is missing or has characters that no host name has; %s."
                            .formatted(shown(uri), EXPECTED));
        }
        if (uri.getPort() == 0 || uri.getPort() > 65_535) {
            throw new IllegalArgumentException(
                    "'%s' is not a broker's address: a port is 1 to 65535.".formatted(shown(uri)));
        }
        boolean plain = uri.getRawFragment() == null
                && (scheme.startsWith("ws")
                        || (uri.getRawQuery() == null
                                && (uri.getRawPath().isEmpty()
                                        || uri.getRawPath().equals("/"))));
        if (!plain) {
            throw new IllegalArgumentException(
                    "'%s' is not a broker's address: only ws and wss have a path and a query, and none has a fragment."
                            .formatted(shown(uri)));
        }
        if (!isSentAsWritten(uri)) {
            throw new IllegalArgumentException(
                    "'%s' cannot be used: the MQTT client would write its path or query differently. Avoid percent-encoded reserved characters."
                            .formatted(shown(uri)));
        }
    }

    /** The client takes the decoded forms, and encoding them again does not always give what there was. */
    private static boolean isSentAsWritten(URI uri) {
        try {
            URI sent = new URI("ws", null, uri.getHost(), 80, uri.getPath(), uri.getQuery(), null);
            return Objects.equals(sent.getRawPath(), uri.getRawPath())
                    && Objects.equals(sent.getRawQuery(), uri.getRawQuery());
        } catch (URISyntaxException e) {
            return false;
        }
    }

    private static String scheme(URI uri) {
        return uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    }

    private static boolean isTls(URI uri) {
        return scheme(uri).equals("mqtts") || scheme(uri).equals("wss");
    }

    /**
     * An address for messages, without what may be secret: a query often carries a signature.
     *
     * @param uri the address
     * @return what of it may be shown
     */
    public static String shown(URI uri) {
        String text = uri.toString();
        int end = text.indexOf('?');
        return end < 0 ? text : text.substring(0, end) + "?***";
    }

    /**
     * Changes the login.
     *
     * @param newLogin what to log in with
     * @return a changed request
     */
    public ConnectRequest withLogin(Login newLogin) {
        return new ConnectRequest(uri, clientId, newLogin, timeout, keepAlive, tls, lastWill, limits, proxy, headers);
    }

    /**
     * Changes the client id.
     *
     * @param newClientId the MQTT client id
     * @return a changed request
     */
    public ConnectRequest withClientId(String newClientId) {
        return new ConnectRequest(uri, newClientId, login, timeout, keepAlive, tls, lastWill, limits, proxy, headers);
    }

    /**
     * Changes how much the broker may send at once.
     *
     * @param newLimits the limits
     * @return a changed request
     */
    public ConnectRequest withLimits(ReceiveLimits newLimits) {
        return new ConnectRequest(uri, clientId, login, timeout, keepAlive, tls, lastWill, newLimits, proxy, headers);
    }

    /**
     * Changes the last will.
     *
     * @param will what the broker publishes when the connection breaks
     * @return a changed request
     */
    public ConnectRequest withLastWill(LastWill will) {
        return new ConnectRequest(uri, clientId, login, timeout, keepAlive, tls, will, limits, proxy, headers);
    }

    /**
     * Changes the headers of the request that opens a web socket.
     *
     * @param newHeaders the headers by name
     * @return a changed request
     * @throws IllegalArgumentException if this is no web socket, or one cannot be sent; values are not shown
     */
    public ConnectRequest withHeaders(Map<String, String> newHeaders) {
        return new ConnectRequest(uri, clientId, login, timeout, keepAlive, tls, lastWill, limits, proxy, newHeaders);
    }

    /**
     * {@return the host, without the brackets of an IPv6 address}
     */
    public String host() {
        String host = uri.getHost();
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    /**
     * {@return the port, or the one that the scheme stands for}
     */
    public int port() {
        return uri.getPort() >= 0 ? uri.getPort() : DEFAULT_PORTS.getOrDefault(scheme(uri), 1883);
    }

    /**
     * {@return whether the connection is encrypted}
     */
    public boolean isTls() {
        return isTls(uri);
    }

    /**
     * {@return whether MQTT goes through a WebSocket}
     */
    public boolean isWebSocket() {
        return scheme(uri).startsWith("ws");
    }

    /**
     * {@return host and port, to be shown}
     */
    public String address() {
        return uri.getHost() + ':' + port();
    }

    @Override
    public String toString() {
        return "ConnectRequest[%s, clientId=%s, login=%s, tls=%s, lastWill=%s, proxy=%s, headers=%s]"
                .formatted(shown(uri), clientId, login, tls, lastWill, proxy, headers.keySet());
    }
}
