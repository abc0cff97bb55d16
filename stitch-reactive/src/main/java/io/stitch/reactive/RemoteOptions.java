package io.stitch.reactive;

import io.stitch.reactive.spi.ConnectRequest;
import io.stitch.reactive.spi.Credentials;
import io.stitch.reactive.spi.ReceiveLimits;
import io.stitch.reactive.spi.TicketProvider;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Where the broker is and how to log in. Immutable: each method returns changed options. */
public final class RemoteOptions {
    private final Settings settings;

    /** Changed on a copy before it is shared, and never afterwards. */
    private static final class Settings {
        private final URI uri;
        private List<URI> others = List.of();
        private @Nullable ProxyOptions proxy;
        private @Nullable Mono<Map<String, String>> headers;
        private @Nullable Credentials credentials;
        private @Nullable TicketProvider tickets;
        private @Nullable TlsOptions tls;
        private @Nullable LastWill lastWill;
        private boolean plainAllowed;
        private Duration connectTimeout = Duration.ofSeconds(10);
        private Duration keepAlive = Duration.ofSeconds(60);
        private int receiveMaximum = ReceiveLimits.DEFAULT.receiveMaximum();
        private int maximumPacketSize = ReceiveLimits.DEFAULT.maximumPacketSize();
        private @Nullable Integer waitingBytes;

        Settings(URI uri) {
            this.uri = uri;
        }

        Settings copy() {
            Settings copy = new Settings(uri);
            copy.others = others;
            copy.proxy = proxy;
            copy.headers = headers;
            copy.plainAllowed = plainAllowed;
            copy.credentials = credentials;
            copy.tickets = tickets;
            copy.tls = tls;
            copy.lastWill = lastWill;
            copy.connectTimeout = connectTimeout;
            copy.keepAlive = keepAlive;
            copy.receiveMaximum = receiveMaximum;
            copy.maximumPacketSize = maximumPacketSize;
            copy.waitingBytes = waitingBytes;
            return copy;
        }
    }

    private RemoteOptions(Settings settings) {
        this.settings = settings;
    }

    private RemoteOptions with(Consumer<Settings> change) {
        Settings copy = settings.copy();
        change.accept(copy);
        return new RemoteOptions(copy);
    }

    /**
     * A broker without a login. {@code mqtt} is plain MQTT (port 1883 if none is given), {@code mqtts} is MQTT over TLS
     * (8883), {@code ws} is MQTT in a web socket (80), {@code wss} in one over TLS (443); a web socket's URL may have a path
     * and a query.
     *
     * @param url {@code mqtt://host:port}, or {@code mqtts}, {@code ws}, {@code wss}
     * @return the options
     * @throws SchemaException if the URL cannot be a broker's; the message never shows a user or password in it
     */
    public static RemoteOptions to(String url) {
        try {
            return new RemoteOptions(new Settings(ConnectRequest.address(url)));
        } catch (IllegalArgumentException e) {
            throw new SchemaException("remote: " + e.getMessage());
        }
    }

    /**
     * Adds addresses of the same broker, or of others that serve the same records: those of a cluster, say. An attempt that fails is followed by
     * one at the next address, after the same wait as ever, so that more addresses mean no more attempts. When a connection ends that worked, the
     * first address is the first to be tried again: who moved to another one comes back then, and not before.
     *
     * @param urls addresses, with the same meaning as in {@link #to}; the login, the TLS options and the proxy are the same for all
     * @return changed options
     * @throws SchemaException if one of them cannot be a broker's
     */
    public RemoteOptions or(String... urls) {
        List<URI> more = new ArrayList<>(settings.others);
        for (String url : urls) {
            try {
                more.add(ConnectRequest.address(url));
            } catch (IllegalArgumentException e) {
                throw new SchemaException("remote: " + e.getMessage());
            }
        }
        return with(changed -> changed.others = List.copyOf(more));
    }

    /**
     * Sets what to connect through, by default nothing.
     *
     * @param options the proxy
     * @return changed options
     */
    public RemoteOptions proxy(ProxyOptions options) {
        return with(changed -> changed.proxy = options);
    }

    /**
     * Sets what the request that opens a web socket carries, for {@code ws} and {@code wss}: a cookie that a load balancer wants, say, or a token. It is
     * asked for before each attempt to connect, and an attempt without an answer after 10 s has failed. At most 64 headers, of 8 192 characters of
     * ASCII each; none of the handshake's own.
     *
     * @param headers the headers by name; cold, subscribed on the store's worker for each attempt, so it must not block. Values are never shown
     * @return changed options
     */
    public RemoteOptions webSocketHeaders(Mono<Map<String, String>> headers) {
        return with(changed -> changed.headers = headers);
    }

    /**
     * Logs in with a user name and a password. Replaces {@link #tickets}.
     *
     * @param username the user, also the one whose roots are listed where roots have owners
     * @param password the password; never shown in logs or messages
     * @return changed options
     * @throws SchemaException if one of them cannot be sent over MQTT: with NUL in the user name, or more than 65 535 bytes
     */
    public RemoteOptions login(String username, String password) {
        Credentials credentials = credentials(username, password);
        return with(changed -> {
            changed.credentials = credentials;
            changed.tickets = null;
        });
    }

    private static Credentials credentials(String username, String password) {
        try {
            return new Credentials(username, password);
        } catch (IllegalArgumentException e) {
            throw new SchemaException("remote: login: " + e.getMessage());
        }
    }

    /**
     * Logs in with tickets, by MQTT 5 enhanced authentication with the method {@code JWT}. Replaces {@link #login}.
     *
     * @param provider asked for a ticket before each attempt to connect, and once for the user
     * @return changed options
     */
    public RemoteOptions tickets(TicketProvider provider) {
        return with(changed -> {
            changed.tickets = provider;
            changed.credentials = null;
        });
    }

    /**
     * Sets whom to trust and which certificate to show, for {@code mqtts} and {@code wss}. By default the authorities that
     * the Java runtime trusts, and none.
     *
     * @param options the TLS options
     * @return changed options
     */
    public RemoteOptions tls(TlsOptions options) {
        return with(changed -> changed.tls = options);
    }

    /**
     * Sets what the broker publishes when the connection ends without a word, by default nothing.
     *
     * @param will the last will
     * @return changed options
     */
    public RemoteOptions lastWill(LastWill will) {
        return with(changed -> changed.lastWill = will);
    }

    /**
     * Says that a password, a ticket or a session may be sent in the clear to another machine, because the network in between is trusted.
     * Otherwise the store warns of it, in its log and as {@link DiagnosticCode#PLAIN_SECRET}.
     *
     * @return changed options
     */
    public RemoteOptions allowPlain() {
        return with(changed -> changed.plainAllowed = true);
    }

    /**
     * {@return what everybody on the way could read, in words that do not show it; empty if nothing, or that was allowed}
     */
    public Optional<String> plainSecret() {
        if (settings.plainAllowed) {
            return Optional.empty();
        }
        if (settings.tickets instanceof HttpTicketProvider http && http.sendsPlainly()) {
            return Optional.of("the session at the ticket server is sent over http to another machine; use https");
        }
        boolean login = settings.tickets != null || settings.credentials != null;
        return addresses().stream()
                .filter(uri -> login || (settings.headers != null && isWebSocket(uri)))
                .filter(uri -> !isTls(uri) && isOtherMachine(uri.getHost()))
                .findFirst()
                .map(uri -> "%s is sent to another machine without TLS; use %s"
                        .formatted(
                                !login
                                        ? "each header of the web socket"
                                        : settings.tickets == null ? "the password" : "each ticket",
                                isWebSocket(uri) ? "wss" : "mqtts"));
    }

    private List<URI> addresses() {
        return Stream.concat(Stream.of(settings.uri), settings.others.stream()).toList();
    }

    private static boolean isTls(URI uri) {
        return List.of("mqtts", "wss").contains(uri.getScheme().toLowerCase(Locale.ROOT));
    }

    private static boolean isWebSocket(URI uri) {
        return uri.getScheme().toLowerCase(Locale.ROOT).startsWith("ws");
    }

    /** Only by what the name says: asking what it stands for would take a moment, and may change. */
    static boolean isOtherMachine(@Nullable String host) {
        if (host == null) {
            return true;
        }
        String name = host.toLowerCase(Locale.ROOT).replaceAll("[\\[\\]]", "");
        return !(name.equals("localhost")
                || name.endsWith(".localhost")
                || name.matches("127(\\.\\d{1,3}){3}")
                || name.matches("(0{0,4}:){2,7}0{0,3}1"));
    }

    /**
     * Sets how long one attempt to connect may take, 10 s by default.
     *
     * @param timeout the time, longer than zero and at most a hundred years
     * @return changed options
     */
    public RemoteOptions connectTimeout(Duration timeout) {
        return with(changed -> changed.connectTimeout = timeout);
    }

    /**
     * Sets the MQTT keep-alive, 60 s by default.
     *
     * @param interval the longest silence, in whole seconds, rounded up; zero turns it off
     * @return changed options
     */
    public RemoteOptions keepAlive(Duration interval) {
        return with(changed -> changed.keepAlive = interval);
    }

    /**
     * Sets how many messages the broker may send before they are acknowledged, 1 024 by default: the others wait there while this client is
     * busy.
     *
     * @param messages 1 to 65 535
     * @return changed options
     */
    public RemoteOptions receiveMaximum(int messages) {
        return with(changed -> changed.receiveMaximum = messages);
    }

    /**
     * Sets the largest packet that the broker may send, 16 MiB by default. It drops what is larger: an event is lost then, and a request gets
     * no reply.
     *
     * @param bytes 4 096 to 268 435 460
     * @return changed options
     */
    public RemoteOptions maximumPacketSize(int bytes) {
        return with(changed -> changed.maximumPacketSize = bytes);
    }

    /**
     * Sets how many bytes of messages may wait in memory while the store is busy. Among peers, where others may publish, 64 MiB by default, or the
     * maximum packet size if that is larger; with a server none, for each message has to be acknowledged by itself then, which makes the opening
     * of large scopes up to twice as slow. Beyond, messages are dropped and reported as {@link DiagnosticCode#RECEIVE_OVERFLOW}, and the scopes
     * that they were of are compared.
     *
     * @param bytes the maximum packet size, or more
     * @return changed options
     */
    public RemoteOptions waitingBytes(int bytes) {
        return with(changed -> changed.waitingBytes = bytes);
    }

    private static ReceiveLimits limits(Settings settings) {
        Integer waiting = settings.waitingBytes;
        return new ReceiveLimits(
                settings.receiveMaximum,
                settings.maximumPacketSize,
                waiting == null ? ReceiveLimits.UNBOUNDED : waiting);
    }

    /**
     * What a connector is asked for, without a ticket.
     *
     * @param clientId the MQTT client id
     * @return the request
     * @throws SchemaException if something cannot work, with the field and the fix
     */
    public ConnectRequest request(String clientId) {
        return requests(clientId).get(0);
    }

    /**
     * What a connector is asked for at each of the addresses, without a ticket and headers.
     *
     * @param clientId the MQTT client id
     * @return the requests, the one at the first address first
     * @throws SchemaException if something cannot work, with the field and the fix
     */
    public List<ConnectRequest> requests(String clientId) {
        List<URI> addresses = addresses();
        if (settings.headers != null && addresses.stream().noneMatch(RemoteOptions::isWebSocket)) {
            throw new SchemaException(
                    "remote: webSocketHeaders: set, but '%s' is no web socket. Write ws or wss, or leave the headers out."
                            .formatted(ConnectRequest.shown(settings.uri)));
        }
        try {
            return addresses.stream().map(uri -> request(uri, clientId)).toList();
        } catch (IllegalArgumentException e) {
            throw new SchemaException("remote: " + e.getMessage(), e);
        }
    }

    private ConnectRequest request(URI uri, String clientId) {
        return new ConnectRequest(
                uri,
                clientId,
                settings.credentials,
                settings.connectTimeout,
                settings.keepAlive,
                settings.tls,
                settings.lastWill,
                limits(settings),
                settings.proxy,
                Map.of());
    }

    /**
     * {@return where the headers of web sockets come from, if there are any}
     */
    public Optional<Mono<Map<String, String>>> webSocketHeaders() {
        return Optional.ofNullable(settings.headers);
    }

    /**
     * {@return where tickets come from, if the login is by tickets}
     */
    public Optional<TicketProvider> tickets() {
        return Optional.ofNullable(settings.tickets);
    }

    @Override
    public String toString() {
        return "RemoteOptions[%s, login=%s, tls=%s, lastWill=%s%s]"
                .formatted(
                        addresses().stream().map(ConnectRequest::shown).collect(Collectors.joining(" or ")),
                        settings.tickets == null ? settings.credentials : "tickets",
                        settings.tls,
                        settings.lastWill,
                        settings.proxy == null ? "" : ", proxy=" + settings.proxy);
    }
}
