package io.stitch.reactive.transport;

import org.jspecify.annotations.Nullable;

import java.net.URI;
import java.time.Duration;
import java.util.Map;

/**
 * Where and how to connect.
 *
 * @param uri the broker: {@code mqtt}, {@code mqtts}, {@code ws} or {@code wss}, a host, and optionally a port and a path
 * @param clientId the MQTT client id
 * @param credentials user and password, or {@code null} for none
 * @param timeout how long the whole attempt may take
 * @param keepAlive the longest silence on the connection
 */
public record ConnectRequest(
        URI uri, String clientId, @Nullable Credentials credentials, Duration timeout, Duration keepAlive) {
    private static final Map<String, Integer> DEFAULT_PORTS = Map.of("mqtt", 1883, "mqtts", 8883, "ws", 80, "wss", 443);

    /**
     * Checks the URI.
     *
     * @param uri the broker
     * @param clientId the MQTT client id
     * @param credentials user and password, or {@code null} for none
     * @param timeout how long the whole attempt may take
     * @param keepAlive the longest silence on the connection
     * @throws IllegalArgumentException if its scheme is unknown, or it has no host, or carries user information
     */
    public ConnectRequest {
        String scheme = uri.getScheme();
        if (scheme == null || !DEFAULT_PORTS.containsKey(scheme) || uri.getHost() == null) {
            throw new IllegalArgumentException(
                    "'%s' is not a broker's address: write mqtt://host:port, or mqtts, ws or wss."
                            .formatted(withoutUserInfo(uri)));
        }
        if (uri.getRawUserInfo() != null) {
            throw new IllegalArgumentException(
                    "The broker's address '%s' must not carry a user or password: set them apart."
                            .formatted(withoutUserInfo(uri)));
        }
    }

    int port() {
        return uri.getPort() >= 0 ? uri.getPort() : DEFAULT_PORTS.getOrDefault(uri.getScheme(), 1883);
    }

    boolean tls() {
        return uri.getScheme().equals("mqtts") || uri.getScheme().equals("wss");
    }

    boolean webSocket() {
        return uri.getScheme().startsWith("ws");
    }

    /** The address for messages: {@code host:port}. */
    String address() {
        return uri.getHost() + ':' + port();
    }

    private static String withoutUserInfo(URI uri) {
        String info = uri.getRawUserInfo();
        return info == null ? uri.toString() : uri.toString().replace(info + '@', "");
    }
}
