package io.stitch.server;

import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;

/**
 * How a {@link StitchServer} behaves. Immutable; start from {@link #builder()}.
 *
 * @param port the port to listen on; 0 takes a free one
 * @param webSocketPort the port to listen on for WebSockets, with the path /mqtt; 0 takes a free one, and empty is none
 * @param root the root entity
 * @param scopeField the field by which a child names its root
 * @param prefix the sync topic prefix
 * @param responsePrefix the response prefix
 * @param data the database file, without H2's suffix; null keeps the records in memory
 * @param legacy whether this is an old server: no capability, no replay, versions that start again
 * @param features what it can do beyond version 2; an old server can nothing of it
 * @param matchById whether manifests are compared by ids alone, as by a server that does not know of their entities
 * @param users passwords by user name; empty lets everybody in
 * @param tickets the user whom a ticket names, empty if it is not known; null takes no tickets
 * @param owners the field that names the owner, by entity; empty turns ownership off
 * @param schemas what is checked, by entity; an entity without an entry is free
 * @param dollarTopics whether the broker takes topics that begin with $; a HiveMQ that nobody told otherwise does not
 * @param queueSize how many messages the broker queues for one client
 * @param helloSpacing the time after which one more hello of a client for a scope is answered; with digests, four are at once
 * @param tombstoneRetention how long deletes are remembered
 * @param maxWaiting how many requests may wait; beyond it a new server refuses with 0x97, and an old one loses them
 * @param replayWindow how many publishes of a replay may be unacknowledged
 * @param legacyInFlight on an old server: requests beyond this number at once are lost
 * @param legacyBurst on an old server: a request that causes more events than this stops all events
 * @param replyRights whether clients may publish below their own response topics; a request of one that may not is dropped, without a reply
 * @param presence whether it tells who is connected, by retained messages
 * @param scopedEvents whether the events of records that have owners go to those who may see them, each on a topic of their own
 */
public record StitchServerOptions(
        int port,
        OptionalInt webSocketPort,
        String root,
        String scopeField,
        String prefix,
        String responsePrefix,
        @Nullable Path data,
        boolean legacy,
        Set<Feature> features,
        boolean matchById,
        Map<String, String> users,
        @Nullable Function<String, Optional<String>> tickets,
        Map<String, String> owners,
        Map<String, EntitySchema> schemas,
        boolean dollarTopics,
        int queueSize,
        Duration helloSpacing,
        Duration tombstoneRetention,
        int maxWaiting,
        int replayWindow,
        int legacyInFlight,
        int legacyBurst,
        boolean replyRights,
        boolean presence,
        boolean scopedEvents) {

    /**
     * Checks the values and copies the collections.
     *
     * @param port the port to listen on; 0 takes a free one
     * @param webSocketPort the port to listen on for WebSockets, with the path /mqtt; 0 takes a free one, and empty is none
     * @param root the root entity
     * @param scopeField the field by which a child names its root
     * @param prefix the sync topic prefix
     * @param responsePrefix the response prefix
     * @param data the database file, without H2's suffix; null keeps the records in memory
     * @param legacy whether this is an old server: no capability, no replay, versions that start again
     * @param features what it can do beyond version 2; an old server can nothing of it
     * @param matchById whether manifests are compared by ids alone, as by a server that does not know of their entities
     * @param users passwords by user name; empty lets everybody in
     * @param tickets the user whom a ticket names, empty if it is not known; null takes no tickets
     * @param owners the field that names the owner, by entity; empty turns ownership off
     * @param schemas what is checked, by entity; an entity without an entry is free
     * @param dollarTopics whether the broker takes topics that begin with $; a HiveMQ that nobody told otherwise does not
     * @param queueSize how many messages the broker queues for one client
     * @param helloSpacing the time after which one more hello of a client for a scope is answered; with digests, four are at once
     * @param tombstoneRetention how long deletes are remembered
     * @param maxWaiting how many requests may wait; beyond it a new server refuses with 0x97, and an old one loses them
     * @param replayWindow how many publishes of a replay may be unacknowledged
     * @param legacyInFlight on an old server: requests beyond this number at once are lost
     * @param legacyBurst on an old server: a request that causes more events than this stops all events
     * @param replyRights whether clients may publish below their own response topics; otherwise their requests are dropped, without a reply
     * @param presence whether it tells who is connected, by retained messages
     * @param scopedEvents whether the events of records that have owners go to those who may see them, each on a topic of their own
     */
    public StitchServerOptions {
        checkPort("port", port);
        webSocketPort.ifPresent(given -> checkPort("webSocketPort", given));
        check(Names.validEntity(root), "root must be an entity's name, not " + root);
        check(!scopeField.isEmpty(), "scopeField must not be empty");
        checkPrefix("prefix", prefix);
        checkPrefix("responsePrefix", responsePrefix);
        check(!prefix.equals(responsePrefix), "prefix and responsePrefix must differ: both are " + prefix);
        users.forEach((user, password) -> check(
                Names.validUser(user),
                "a user's name must not be empty, reserved, or begin with mqdb-internal-: " + user));
        check(queueSize > 0, "queueSize must be positive, not " + queueSize);
        check(maxWaiting > 0, "maxWaiting must be positive, not " + maxWaiting);
        check(replayWindow > 0, "replayWindow must be positive, not " + replayWindow);
        check(legacyInFlight > 0, "legacyInFlight must be positive, not " + legacyInFlight);
        check(legacyBurst > 0, "legacyBurst must be positive, not " + legacyBurst);
        check(!helloSpacing.isNegative(), "helloSpacing must not be negative: " + helloSpacing);
        check(!tombstoneRetention.isNegative(), "tombstoneRetention must not be negative: " + tombstoneRetention);
        check(
                !features.contains(Feature.DIGEST) || features.contains(Feature.ANSWERS),
                "features must not have DIGEST without ANSWERS: a digest is compared by answers");
        features = Set.copyOf(features);
        users = Map.copyOf(users);
        owners = Map.copyOf(owners);
        schemas = Map.copyOf(schemas);
    }

    private static void check(boolean valid, String otherwise) {
        if (!valid) {
            throw new IllegalArgumentException(otherwise);
        }
    }

    private static void checkPort(String what, int port) {
        check(port >= 0 && port <= 65_535, what + " must be between 0 and 65535, not " + port);
    }

    private static void checkPrefix(String what, String prefix) {
        check(
                !prefix.isEmpty() && !prefix.startsWith("/") && !prefix.endsWith("/"),
                what + " must be one or more topic levels without a slash at either end, not '" + prefix + "'");
        check(!prefix.contains("+") && !prefix.contains("#"), what + " must not contain wildcards: " + prefix);
    }

    /**
     * Whether the server has a feature.
     *
     * @param feature the feature
     * @return false on an old server
     */
    public boolean has(Feature feature) {
        return !legacy && features.contains(feature);
    }

    /**
     * {@return whether a write may name the version that it is for: an old server understands it without having said so, as MQDB since agent
     * 0.8.26 does, unless it was told to do {@linkplain Builder#without(Feature...) without}}
     */
    public boolean comparesVersions() {
        return features.contains(Feature.EXPECTED_VERSION);
    }

    /** Passwords stay out of logs. */
    @Override
    public String toString() {
        return "StitchServerOptions[port=" + port + ", data=" + data + ", legacy=" + legacy + ", features="
                + features + ", users="
                + users.keySet() + "]";
    }

    /** The same, listening for WebSockets on a port that is known by now, if it does at all. */
    StitchServerOptions boundTo(int webSocketPort) {
        return new StitchServerOptions(
                port,
                this.webSocketPort.isEmpty() ? OptionalInt.empty() : OptionalInt.of(webSocketPort),
                root,
                scopeField,
                prefix,
                responsePrefix,
                data,
                legacy,
                features,
                matchById,
                users,
                tickets,
                owners,
                schemas,
                dollarTopics,
                queueSize,
                helloSpacing,
                tombstoneRetention,
                maxWaiting,
                replayWindow,
                legacyInFlight,
                legacyBurst,
                replyRights,
                presence,
                scopedEvents);
    }

    /**
     * The options of a server at version 2, in memory, on a free port, for everybody.
     *
     * @return the options
     */
    public static StitchServerOptions defaults() {
        return builder().build();
    }

    /**
     * Starts from the defaults.
     *
     * @return a builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /** Collects the options. Not thread-safe. */
    public static final class Builder {
        private int port = 0;
        private OptionalInt webSocketPort = OptionalInt.empty();
        private String root = "project";
        private String scopeField = "projectId";
        private String prefix = "$DB";
        private String responsePrefix = "$DB/clients";
        private @Nullable Path data = null;
        private boolean legacy = false;
        private Set<Feature> features = EnumSet.allOf(Feature.class);
        private boolean matchById = false;
        private Map<String, String> users = Map.of();
        private @Nullable Function<String, Optional<String>> tickets = null;
        private Map<String, String> owners = Map.of();
        private Map<String, EntitySchema> schemas = Map.of();
        private boolean dollarTopics = true;
        private int queueSize = 1_000_000;
        private Duration helloSpacing = Duration.ofSeconds(5);
        private Duration tombstoneRetention = Duration.ofDays(30);
        private int maxWaiting = 10_000;
        private int replayWindow = 512;
        private int legacyInFlight = Integer.MAX_VALUE;
        private int legacyBurst = Integer.MAX_VALUE;
        private boolean replyRights = true;
        private @Nullable Boolean presence = null;
        private boolean scopedEvents = false;

        private Builder() {}

        /**
         * Sets the port to listen on; 0 takes a free one.
         *
         * @param port the port to listen on; 0 takes a free one
         * @return this
         */
        public Builder port(int port) {
            this.port = port;
            return this;
        }

        /**
         * Has the server listen for WebSockets as well, with the path {@code /mqtt}.
         *
         * @param webSocketPort the port to listen on; 0 takes a free one
         * @return this
         */
        public Builder webSocketPort(int webSocketPort) {
            this.webSocketPort = OptionalInt.of(webSocketPort);
            return this;
        }

        /**
         * Sets the root entity.
         *
         * @param root the root entity
         * @return this
         */
        public Builder root(String root) {
            this.root = Objects.requireNonNull(root, "root");
            return this;
        }

        /**
         * Sets the field by which a child names its root.
         *
         * @param scopeField the field by which a child names its root
         * @return this
         */
        public Builder scopeField(String scopeField) {
            this.scopeField = Objects.requireNonNull(scopeField, "scopeField");
            return this;
        }

        /**
         * Sets the sync topic prefix.
         *
         * @param prefix the sync topic prefix
         * @return this
         */
        public Builder prefix(String prefix) {
            this.prefix = Objects.requireNonNull(prefix, "prefix");
            return this;
        }

        /**
         * Sets the response prefix.
         *
         * @param responsePrefix the response prefix
         * @return this
         */
        public Builder responsePrefix(String responsePrefix) {
            this.responsePrefix = Objects.requireNonNull(responsePrefix, "responsePrefix");
            return this;
        }

        /**
         * Sets the database file, without H2's suffix; null keeps the records in memory.
         *
         * @param data the database file, without H2's suffix; null keeps the records in memory
         * @return this
         */
        public Builder data(@Nullable Path data) {
            this.data = data;
            return this;
        }

        /**
         * Sets whether this is an old server: no capability, no replay, versions that start again.
         *
         * @param legacy whether this is an old server: no capability, no replay, versions that start again
         * @return this
         */
        public Builder legacy(boolean legacy) {
            this.legacy = legacy;
            return this;
        }

        /**
         * Sets what it can do beyond version 2; by default everything. An old server can nothing of it.
         *
         * @param features the features; {@link Feature#DIGEST} only with {@link Feature#ANSWERS}
         * @return this
         */
        public Builder features(Set<Feature> features) {
            this.features = Objects.requireNonNull(features, "features");
            return this;
        }

        /**
         * Takes features away, and with {@link Feature#ANSWERS} also {@link Feature#DIGEST}, which needs it.
         *
         * @param unwanted the features
         * @return this
         */
        public Builder without(Feature... unwanted) {
            Set<Feature> left = EnumSet.noneOf(Feature.class);
            left.addAll(features);
            left.removeAll(List.of(unwanted));
            if (!left.contains(Feature.ANSWERS)) {
                left.remove(Feature.DIGEST);
            }
            return features(left);
        }

        /**
         * Sets whether manifests are compared by ids alone, as by a server that does not know of their entities: where an id repeats,
         * each entry stands for all its records, and the lowest version counts.
         *
         * @param matchById whether they are
         * @return this
         */
        public Builder matchById(boolean matchById) {
            this.matchById = matchById;
            return this;
        }

        /**
         * Makes it a server at version 2 and nothing more: no features, and manifests are compared by ids alone.
         *
         * @return this
         */
        public Builder plain() {
            return features(Set.of()).matchById(true);
        }

        /**
         * Sets passwords by user name; empty lets everybody in.
         *
         * @param users passwords by user name; empty lets everybody in
         * @return this
         */
        public Builder users(Map<String, String> users) {
            this.users = Objects.requireNonNull(users, "users");
            return this;
        }

        /**
         * Lets clients in that show a ticket: by MQTT 5 enhanced authentication with the method {@code JWT}, the ticket as authentication
         * data. Who is let in by a ticket is the user that it names, as if by a user name. Who shows none is let in or not as before.
         *
         * @param userOfTicket the user whom a ticket names, or empty, upon which it is refused with 0x87; asked once for each login, on
         *     the broker's threads, so that it must not block
         * @return this
         */
        public Builder tickets(Function<String, Optional<String>> userOfTicket) {
            this.tickets = Objects.requireNonNull(userOfTicket, "userOfTicket");
            return this;
        }

        /**
         * Sets the field that names the owner, by entity; empty turns ownership off.
         *
         * @param owners the field that names the owner, by entity; empty turns ownership off
         * @return this
         */
        public Builder owners(Map<String, String> owners) {
            this.owners = Objects.requireNonNull(owners, "owners");
            return this;
        }

        /**
         * Adds what is checked on each write of an entity.
         *
         * @param schema the schema
         * @return this
         */
        public Builder schema(EntitySchema schema) {
            Map<String, EntitySchema> changed = new LinkedHashMap<>(schemas);
            changed.put(schema.entity(), schema);
            this.schemas = changed;
            return this;
        }

        /**
         * Adds several schemas.
         *
         * @param all the schemas
         * @return this
         */
        public Builder schemas(Collection<EntitySchema> all) {
            all.forEach(this::schema);
            return this;
        }

        /**
         * Sets whether the broker takes topics that begin with $. All brokers of a JVM must agree while they start.
         *
         * @param dollarTopics whether it does; a HiveMQ that nobody told otherwise does not
         * @return this
         */
        public Builder dollarTopics(boolean dollarTopics) {
            this.dollarTopics = dollarTopics;
            return this;
        }

        /**
         * Sets how many messages the broker queues for one client.
         *
         * @param queueSize how many messages the broker queues for one client
         * @return this
         */
        public Builder queueSize(int queueSize) {
            this.queueSize = queueSize;
            return this;
        }

        /**
         * Sets the time after which one more hello of a client for a scope is answered. A server with {@link Feature#DIGEST} answers four
         * at once before that, others one.
         *
         * @param helloSpacing the time after which one more hello of a client for a scope is answered; with digests, four are at once
         * @return this
         */
        public Builder helloSpacing(Duration helloSpacing) {
            this.helloSpacing = Objects.requireNonNull(helloSpacing, "helloSpacing");
            return this;
        }

        /**
         * Sets how long deletes are remembered.
         *
         * @param tombstoneRetention how long deletes are remembered
         * @return this
         */
        public Builder tombstoneRetention(Duration tombstoneRetention) {
            this.tombstoneRetention = Objects.requireNonNull(tombstoneRetention, "tombstoneRetention");
            return this;
        }

        /**
         * Sets how many requests may wait; beyond it a new server refuses with 0x97, and an old one loses them.
         *
         * @param maxWaiting how many requests may wait
         * @return this
         */
        public Builder maxWaiting(int maxWaiting) {
            this.maxWaiting = maxWaiting;
            return this;
        }

        /**
         * Sets how many publishes of a replay may be unacknowledged.
         *
         * @param replayWindow how many publishes of a replay may be unacknowledged
         * @return this
         */
        public Builder replayWindow(int replayWindow) {
            this.replayWindow = replayWindow;
            return this;
        }

        /**
         * Sets on an old server: requests beyond this number at once are lost.
         *
         * @param legacyInFlight on an old server: requests beyond this number at once are lost
         * @return this
         */
        public Builder legacyInFlight(int legacyInFlight) {
            this.legacyInFlight = legacyInFlight;
            return this;
        }

        /**
         * Sets on an old server: a request that causes more events than this stops all events.
         *
         * @param legacyBurst on an old server: a request that causes more events than this stops all events
         * @return this
         */
        public Builder legacyBurst(int legacyBurst) {
            this.legacyBurst = legacyBurst;
            return this;
        }

        /**
         * Sets whether clients may publish below their own response topics, which they may by default. With an access list that lets them only
         * subscribe there, MQDB since 0.8.33 drops their requests, without a reply; so does this one.
         *
         * @param replyRights whether they may
         * @return this
         */
        public Builder replyRights(boolean replyRights) {
            this.replyRights = replyRights;
            return this;
        }

        /**
         * Sets whether the server tells who is connected, on {@code {prefix}/_presence/{clientId}}, as MQDB does where its operator wants it.
         * By default a new server does, and an old one does not.
         *
         * @param presence whether it does
         * @return this
         */
        public Builder presence(boolean presence) {
            this.presence = presence;
            return this;
        }

        /**
         * Sets whether the events of records that have owners are scoped, as MQDB does where its operator wants it: each goes to those who may
         * see the record, on {@code {prefix}/u/{user}/events/{entity}/{id}}, and to nobody else. Off by default. Clients listen to them with
         * {@code ServerSync.builder().perUserEvents()}.
         *
         * @param scopedEvents whether they are
         * @return this
         */
        public Builder scopedEvents(boolean scopedEvents) {
            this.scopedEvents = scopedEvents;
            return this;
        }

        /**
         * Makes the options.
         *
         * @return the options
         */
        public StitchServerOptions build() {
            return new StitchServerOptions(
                    port,
                    webSocketPort,
                    root,
                    scopeField,
                    prefix,
                    responsePrefix,
                    data,
                    legacy,
                    features,
                    matchById,
                    users,
                    tickets,
                    owners,
                    schemas,
                    dollarTopics,
                    queueSize,
                    helloSpacing,
                    tombstoneRetention,
                    maxWaiting,
                    replayWindow,
                    legacyInFlight,
                    legacyBurst,
                    replyRights,
                    presence == null ? !legacy : presence,
                    scopedEvents);
        }
    }
}
