package io.stitch.reactive;

import io.stitch.reactive.transport.ConnectRequest;
import io.stitch.reactive.transport.Credentials;
import org.jspecify.annotations.Nullable;

import java.net.URI;
import java.time.Duration;

/** Where the broker is and how to log in. Immutable: each method returns changed options. */
public final class RemoteOptions {
    private final URI uri;
    private final @Nullable Credentials credentials;
    private final Duration connectTimeout;
    private final Duration keepAlive;

    private RemoteOptions(URI uri, @Nullable Credentials credentials, Duration connectTimeout, Duration keepAlive) {
        this.uri = uri;
        this.credentials = credentials;
        this.connectTimeout = connectTimeout;
        this.keepAlive = keepAlive;
    }

    /**
     * A broker without a login.
     *
     * @param url {@code mqtt://host:port}, or {@code mqtts}, {@code ws}, {@code wss}
     * @return the options
     */
    public static RemoteOptions to(String url) {
        return new RemoteOptions(URI.create(url), null, Duration.ofSeconds(10), Duration.ofSeconds(60));
    }

    /**
     * Logs in with a user name and a password.
     *
     * @param username the user, also the one whose roots are listed where roots have owners
     * @param password the password; never shown in logs or messages
     * @return changed options
     */
    public RemoteOptions login(String username, String password) {
        return new RemoteOptions(uri, new Credentials(username, password), connectTimeout, keepAlive);
    }

    /**
     * Sets how long one attempt to connect may take, 10 s by default.
     *
     * @param timeout the time
     * @return changed options
     */
    public RemoteOptions connectTimeout(Duration timeout) {
        return new RemoteOptions(uri, credentials, timeout, keepAlive);
    }

    /**
     * Sets the MQTT keep-alive, 60 s by default.
     *
     * @param interval the longest silence
     * @return changed options
     */
    public RemoteOptions keepAlive(Duration interval) {
        return new RemoteOptions(uri, credentials, connectTimeout, interval);
    }

    ConnectRequest request(String clientId) {
        return new ConnectRequest(uri, clientId, credentials, connectTimeout, keepAlive);
    }

    @Nullable
    String user() {
        return credentials == null ? null : credentials.username();
    }

    @Override
    public String toString() {
        return "RemoteOptions[" + uri + ", credentials=" + credentials + ']';
    }
}
