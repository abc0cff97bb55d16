package io.stitch.reactive.spring;

import io.stitch.reactive.ProxyOptions;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.convert.DurationUnit;
import org.springframework.util.unit.DataSize;

import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * What can be set of the store.
 *
 * @param url Broker that the store connects to: mqtt://host:port, or mqtts, ws, wss. Without it, and without a RemoteOptions bean, there is
 *     no store.
 * @param moreUrls Addresses of the same broker, or of others that serve the same records, which are tried in turn when one cannot be reached.
 * @param webSocketHeaders What the request that opens a web socket carries, by the header's name. For ws and wss.
 * @param proxy what to connect through
 * @param name Name of the store: the value of the tag 'store' of its meters. By default spring.application.name, or 'stitch'.
 * @param clientId MQTT client id, which no other store that runs may have. By default one is made, and kept with the file.
 * @param connectTimeout How long one attempt to connect may take. In seconds unless a unit is given.
 * @param keepAlive Longest silence on the connection; zero turns the MQTT keep-alive off. In seconds unless a unit is given.
 * @param autoStart Whether the store starts with the application. Otherwise the application calls StitchStore.start().
 * @param autoConnect Whether a store that starts begins to connect. Otherwise it is offline until StitchStore.connect().
 * @param maxPendingWrites How many writes may wait for the server. One more fails and is not applied.
 * @param keepWarm How long a scope stays as if it were open after its last handle was closed. In seconds unless a unit is given.
 * @param keepWarmAtMost How many scopes are kept so. Of one more, the one that was closed longest ago is let go.
 * @param warmScopes Ids of scopes that are opened at the start and kept open.
 * @param mode Who owns the truth: a server, or all peers together. The latter needs stitch-reactive-peer.
 * @param login a user and a password
 * @param tickets where tickets come from
 * @param tls whom to trust, and which certificate to show
 * @param server settings of server mode
 * @param peer settings of peer mode
 * @param persistence what outlives the application
 * @param shutdown how the store ends
 */
@ConfigurationProperties("stitch")
public record StitchProperties(
        @Nullable String url,
        @DefaultValue List<String> moreUrls,
        @DefaultValue Map<String, String> webSocketHeaders,
        @DefaultValue Proxy proxy,
        @Nullable String name,
        @Nullable String clientId,

        @DefaultValue("10s") @DurationUnit(ChronoUnit.SECONDS)
        Duration connectTimeout,

        @DefaultValue("60s") @DurationUnit(ChronoUnit.SECONDS)
        Duration keepAlive,

        @DefaultValue("true") boolean autoStart,
        @DefaultValue("true") boolean autoConnect,
        @DefaultValue("100000") int maxPendingWrites,

        @DefaultValue("0s") @DurationUnit(ChronoUnit.SECONDS)
        Duration keepWarm,

        @DefaultValue("100") int keepWarmAtMost,
        @DefaultValue List<String> warmScopes,
        @DefaultValue("server") Mode mode,
        @DefaultValue Login login,
        @DefaultValue Tickets tickets,
        @DefaultValue Tls tls,
        @DefaultValue Server server,
        @DefaultValue Peer peer,
        @DefaultValue Persistence persistence,
        @DefaultValue Shutdown shutdown) {

    /** {@return the broker, if there is one} Here and elsewhere an empty text is not set: that is how a variable of a container is left out. */
    @Override
    public @Nullable String url() {
        return text(url);
    }

    /** {@return the name of the store, if it is set} */
    @Override
    public @Nullable String name() {
        return text(name);
    }

    /** {@return the client id, if it is set} */
    @Override
    public @Nullable String clientId() {
        return text(clientId);
    }

    /** {@return the other addresses} */
    @Override
    public List<String> moreUrls() {
        return moreUrls.stream().filter(each -> text(each) != null).toList();
    }

    /** The values of headers stay out of logs. */
    @Override
    public String toString() {
        return "StitchProperties[url=%s, name=%s, clientId=%s, mode=%s, webSocketHeaders=%s, proxy=%s, login=%s, tickets=%s, persistence=%s]"
                .formatted(url, name, clientId, mode, webSocketHeaders.keySet(), proxy, login, tickets, persistence);
    }

    /** Who owns the truth. */
    public enum Mode {
        /** A server does. */
        SERVER,
        /** No server: the peers have it together. */
        PEER
    }

    /**
     * A proxy to connect through.
     *
     * @param type Protocol of the proxy.
     * @param host Host of the proxy. Without it there is none.
     * @param port Port of the proxy.
     * @param username User to log in as at the proxy.
     * @param password Password of the user at the proxy.
     */
    public record Proxy(
            @DefaultValue("http") ProxyOptions.Type type,
            @Nullable String host,
            @Nullable Integer port,
            @Nullable String username,
            @Nullable String password) {
        /**
         * Takes an empty text as not set.
         *
         * @param type its protocol
         * @param host its host
         * @param port its port
         * @param username the user
         * @param password the password
         */
        public Proxy {
            host = text(host);
            username = text(username);
            password = secret(password);
        }

        /** The password stays out of logs. */
        @Override
        public String toString() {
            return "Proxy[type=%s, host=%s, port=%s, username=%s, password=%s]"
                    .formatted(type, host, port, username, hidden(password));
        }
    }

    /**
     * A user and a password. Not together with tickets.
     *
     * @param username User to log in as.
     * @param password Password of the user.
     */
    public record Login(@Nullable String username, @Nullable String password) {
        /**
         * Takes an empty text as not set.
         *
         * @param username the user
         * @param password the password
         */
        public Login {
            username = text(username);
            password = secret(password);
        }

        /** The password stays out of logs. */
        @Override
        public String toString() {
            return "Login[username=%s, password=%s]".formatted(username, hidden(password));
        }
    }

    /**
     * Where tickets come from. Not together with a login.
     *
     * @param url Address of the ticket server, http or https: /auth/ticket and /auth/session are below it.
     * @param bearer Bearer token that identifies the application there. Not together with a cookie.
     * @param userIdField Field of the session's user that holds the id. By default 'canonical_id', or 'id' where there is none.
     * @param cookie a cookie that identifies the application there
     * @param tls whom to trust there, and which certificate to show
     * @param proxy what to ask through
     */
    public record Tickets(
            @Nullable String url,
            @Nullable String bearer,
            @Nullable String userIdField,
            @DefaultValue Cookie cookie,
            @DefaultValue Tls tls,
            @DefaultValue Proxy proxy) {
        /**
         * Takes an empty text as not set.
         *
         * @param url the ticket server
         * @param bearer a token
         * @param userIdField the field of the id
         * @param cookie a cookie
         * @param tls whom to trust there
         * @param proxy what to ask through
         */
        public Tickets {
            url = text(url);
            bearer = secret(bearer);
            userIdField = text(userIdField);
        }

        /** Whether anything says how to get tickets, apart from where. */
        boolean saysHow() {
            return Stream.of(
                            bearer,
                            userIdField,
                            cookie.name(),
                            cookie.value(),
                            tls.bundle(),
                            tls.trust(),
                            tls.certificate(),
                            tls.key(),
                            proxy.host())
                    .anyMatch(Objects::nonNull);
        }

        /** The token stays out of logs. */
        @Override
        public String toString() {
            return "Tickets[url=%s, bearer=%s, userIdField=%s, cookie=%s, tls=%s, proxy=%s]"
                    .formatted(url, hidden(bearer), userIdField, cookie, tls, proxy);
        }
    }

    /**
     * A cookie.
     *
     * @param name Name of the session cookie.
     * @param value Value of the session cookie.
     */
    public record Cookie(@Nullable String name, @Nullable String value) {
        /**
         * Takes an empty text as not set.
         *
         * @param name its name
         * @param value its value
         */
        public Cookie {
            name = text(name);
            value = secret(value);
        }

        /** The value stays out of logs. */
        @Override
        public String toString() {
            return "Cookie[name=%s, value=%s]".formatted(name, hidden(value));
        }
    }

    /**
     * Whom to trust, and which certificate to show. Either a bundle, or files.
     *
     * @param bundle Name of an SSL bundle, from spring.ssl.bundle, with what to trust and what to show. Not together with files.
     * @param trust PEM file with the certificates to trust. By default those that the Java runtime trusts.
     * @param certificate PEM file with the client certificate to show, and those of its issuers if the other side needs them.
     * @param key PEM file with the private key of the client certificate: PKCS 8, not encrypted.
     */
    public record Tls(
            @Nullable String bundle,
            @Nullable Path trust,
            @Nullable Path certificate,
            @Nullable Path key) {
        /**
         * Takes an empty text as not set.
         *
         * @param bundle a bundle
         * @param trust whom to trust
         * @param certificate what to show
         * @param key its key
         */
        public Tls {
            bundle = text(bundle);
            trust = named(trust);
            certificate = named(certificate);
            key = named(key);
        }
    }

    /**
     * Settings of server mode.
     *
     * @param topicPrefix Topic prefix of the server.
     * @param responsePrefix Topic prefix of the server's answers.
     * @param trustedSender How the user names of the server's own publishers begin. What others publish in its name is dropped.
     * @param rootVersionField Field of a root that gets the time as a version, on a server that does not do so itself.
     * @param rootUpdatedAtField Field of a root that gets the time as a time, on a server that does not do so itself.
     * @param topLevelEvents Which events of a top-level entity are subscribed to, by the entity's name, such as 'events/7/#'. By default all.
     * @param requestTimeout How long a request waits for its reply. In seconds unless a unit is given.
     * @param requestsInFlight How many requests may be in flight at once.
     * @param requestsInFlightOldServer How many requests may be in flight at once on a server that speaks version 1.
     * @param compareInterval How often an open scope is compared with the server without a reason; zero turns it off. In seconds unless a unit is given.
     * @param helloSpacing Shortest time between two comparisons of one scope. In seconds unless a unit is given.
     * @param quietPeriod How long a scope that a comparison changed must be quiet before it is compared again. In seconds unless a unit is given.
     * @param echoTimeout How long the event of an own write may take before its scope is compared; zero turns it off. In seconds unless a unit is given.
     * @param maxMessageSize Largest message that is read. Larger ones are dropped and counted. In bytes unless a unit is given.
     */
    public record Server(
            @DefaultValue("$DB") String topicPrefix,
            @DefaultValue("$DB/clients") String responsePrefix,
            @DefaultValue("mqdb-internal-") String trustedSender,
            @DefaultValue("version") String rootVersionField,
            @DefaultValue("updatedAt") String rootUpdatedAtField,
            @DefaultValue Map<String, String> topLevelEvents,

            @DefaultValue("10s") @DurationUnit(ChronoUnit.SECONDS)
            Duration requestTimeout,

            @DefaultValue("256") int requestsInFlight,
            @DefaultValue("16") int requestsInFlightOldServer,

            @DefaultValue("5m") @DurationUnit(ChronoUnit.SECONDS)
            Duration compareInterval,

            @DefaultValue("6s") @DurationUnit(ChronoUnit.SECONDS)
            Duration helloSpacing,

            @DefaultValue("10s") @DurationUnit(ChronoUnit.SECONDS)
            Duration quietPeriod,

            @DefaultValue("10s") @DurationUnit(ChronoUnit.SECONDS)
            Duration echoTimeout,

            @DefaultValue("16MB") DataSize maxMessageSize) {}

    /**
     * Settings of peer mode.
     *
     * @param topicPrefix Topic prefix that the peers share.
     * @param announceLeaving Whether other peers are told when this one goes.
     * @param announceRoots Field of a root with its name, which others may then read in lists of roots. By default nothing is told.
     * @param mergeRecords What becomes of two edits of one record that were made apart. Alike at all peers.
     * @param publishTimeout How long the broker may take to acknowledge a publish. In seconds unless a unit is given.
     * @param publishesInFlight How many publishes may be unacknowledged at once.
     * @param compareInterval How often an open scope is compared with the other peers without a reason; zero turns it off. In seconds unless a unit is given.
     * @param helloSpacing Shortest time between two comparisons of one scope. In seconds unless a unit is given.
     * @param quietPeriod How long a scope that a comparison changed must be quiet before it is compared again. In seconds unless a unit is given.
     * @param presenceTimeout After what silence a peer is no longer listed as present; zero for never. In seconds unless a unit is given.
     * @param maxDrift How far ahead of this machine's clock the stamp of a write may be. In seconds unless a unit is given.
     * @param tombstoneRetention How long a delete is remembered at least. In seconds unless a unit is given.
     * @param peerMemory How long a peer that is not heard counts as one that may not know of a delete. In seconds unless a unit is given.
     * @param maxTombstones How many deletes of one scope are remembered.
     * @param maxMessageSize Largest message that is read, and largest comparison that is sent. Alike at all peers. In bytes unless a unit is given.
     */
    public record Peer(
            @DefaultValue("stitch/peer") String topicPrefix,
            @DefaultValue("true") boolean announceLeaving,
            @Nullable String announceRoots,
            @DefaultValue("field-by-field") MergeRecords mergeRecords,

            @DefaultValue("10s") @DurationUnit(ChronoUnit.SECONDS)
            Duration publishTimeout,

            @DefaultValue("256") int publishesInFlight,

            @DefaultValue("5m") @DurationUnit(ChronoUnit.SECONDS)
            Duration compareInterval,

            @DefaultValue("6s") @DurationUnit(ChronoUnit.SECONDS)
            Duration helloSpacing,

            @DefaultValue("10s") @DurationUnit(ChronoUnit.SECONDS)
            Duration quietPeriod,

            @DefaultValue("12m") @DurationUnit(ChronoUnit.SECONDS)
            Duration presenceTimeout,

            @DefaultValue("24h") @DurationUnit(ChronoUnit.SECONDS)
            Duration maxDrift,

            @DefaultValue("30d") @DurationUnit(ChronoUnit.SECONDS)
            Duration tombstoneRetention,

            @DefaultValue("180d") @DurationUnit(ChronoUnit.SECONDS)
            Duration peerMemory,

            @DefaultValue("100000") int maxTombstones,
            @DefaultValue("16MB") DataSize maxMessageSize) {
        /** {@return the field with a root's name, if it is told} */
        @Override
        public @Nullable String announceRoots() {
            return text(announceRoots);
        }
    }

    /** What becomes of two edits of one record that were made apart: peer mode's own names, for its module may be missing. */
    public enum MergeRecords {
        /** Each field is as it was written last. */
        FIELD_BY_FIELD,
        /** The record is as it was written last. */
        WHOLE
    }

    /**
     * What outlives the application.
     *
     * @param file Database file that keeps records and pending writes, without its ending. One for each store. Needs stitch-reactive-h2. By
     *     default nothing is kept.
     * @param passphrase Passphrase that the file is encrypted with. By default it is not encrypted.
     */
    public record Persistence(@Nullable Path file, @Nullable String passphrase) {
        /**
         * Takes an empty name as not set; an empty passphrase is a mistake.
         *
         * @param file the file
         * @param passphrase the passphrase
         */
        public Persistence {
            file = named(file);
        }

        /** The passphrase stays out of logs. */
        @Override
        public String toString() {
            return "Persistence[file=%s, passphrase=%s]".formatted(file, hidden(passphrase));
        }
    }

    /**
     * How the store ends.
     *
     * @param timeout How long the end of the application waits for writes that are not settled, at most until 2 s before
     *     spring.lifecycle.timeout-per-shutdown-phase is over. In seconds unless a unit is given.
     */
    public record Shutdown(
            @DefaultValue("5s") @DurationUnit(ChronoUnit.SECONDS)
            Duration timeout) {}

    /** What must not be shown anywhere. */
    List<String> secrets() {
        return Stream.concat(
                        webSocketHeaders.values().stream(),
                        Stream.of(
                                login.password(),
                                proxy.password(),
                                tickets.bearer(),
                                tickets.cookie().value(),
                                tickets.proxy().password(),
                                persistence.passphrase()))
                .filter(secret -> secret != null && !secret.isEmpty())
                .map(String::valueOf)
                .toList();
    }

    private static @Nullable String text(@Nullable String value) {
        return value == null || value.isBlank() ? null : value;
    }

    /** Of a secret blanks may be part. */
    private static @Nullable String secret(@Nullable String value) {
        return value == null || value.isEmpty() ? null : value;
    }

    private static @Nullable Path named(@Nullable Path file) {
        return file == null || file.toString().isBlank() ? null : file;
    }

    private static @Nullable String hidden(@Nullable String secret) {
        return secret == null ? null : "***";
    }
}
