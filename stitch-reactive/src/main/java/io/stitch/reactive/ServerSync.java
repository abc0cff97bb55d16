package io.stitch.reactive;

import io.stitch.reactive.spi.SettingRules;
import io.stitch.reactive.spi.SyncMode;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * Server mode: an MQDB server owns the truth. New servers replay what this client lacks, old ones are listed; which it is
 * shows at each connect. Immutable; one instance may serve several stores.
 */
public final class ServerSync implements SyncMode {
    /** The default sync topic prefix. */
    public static final String DEFAULT_PREFIX = "$DB";
    /** The default response topic prefix. */
    public static final String DEFAULT_RESPONSE_PREFIX = "$DB/clients";

    private static final String ALL_EVENTS = "events/#";

    private final Builder settings;

    private ServerSync(Builder settings) {
        this.settings = settings;
    }

    /**
     * {@return server mode with the protocol's defaults}
     */
    public static ServerSync create() {
        return builder().build();
    }

    /**
     * {@return a builder that begins with the protocol's defaults}
     */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public String name() {
        return "server";
    }

    /**
     * {@return the sync topic prefix}
     */
    public String topicPrefix() {
        return settings.topicPrefix;
    }

    /**
     * {@return the response topic prefix}
     */
    public String responsePrefix() {
        return settings.responsePrefix;
    }

    /**
     * {@return the shortest time between two hellos for one scope}
     */
    public Duration helloSpacing() {
        return settings.helloSpacing;
    }

    /**
     * {@return how long a scope that a replay changed must be quiet before it is compared again}
     */
    public Duration quietPeriod() {
        return settings.quietPeriod;
    }

    /**
     * {@return how often an open scope is compared without a reason; zero for never}
     */
    public Duration compareInterval() {
        return settings.compareInterval;
    }

    /**
     * {@return how long the event of an own acknowledged write may take before the scope is compared; zero for ever}
     */
    public Duration echoTimeout() {
        return settings.echoTimeout;
    }

    /**
     * {@return how long a request waits for its reply}
     */
    public Duration requestTimeout() {
        return settings.requestTimeout;
    }

    /**
     * {@return how many requests may be in flight on a new server}
     */
    public int requestsInFlight() {
        return settings.requestsInFlight;
    }

    /**
     * {@return how many requests may be in flight on an old server}
     */
    public int requestsInFlightOldServer() {
        return settings.requestsInFlightOldServer;
    }

    /**
     * {@return the largest message that is read, in bytes}
     */
    public int maxMessageBytes() {
        return settings.maxMessageBytes;
    }

    /**
     * {@return the root's field that gets the time as a version on an old server}
     */
    public String rootVersionField() {
        return settings.rootVersionField;
    }

    /**
     * {@return the root's field that gets the time as a time on an old server}
     */
    public String rootUpdatedAtField() {
        return settings.rootUpdatedAtField;
    }

    /**
     * What is subscribed to for a top-level entity.
     *
     * @param entity the entity
     * @return a topic filter below the entity's topics
     */
    public String topLevelEvents(String entity) {
        return settings.topLevelEvents.getOrDefault(entity, ALL_EVENTS);
    }

    /**
     * {@return how the user names of the server's own publishers begin}
     */
    public String trustedSender() {
        return settings.trustedSender;
    }

    /**
     * {@return whether the events of the user are listened to as well}
     */
    public boolean perUserEvents() {
        return settings.perUserEvents;
    }

    /** Builds a {@link ServerSync}. Durations are checked when they are set. */
    public static final class Builder {
        private String topicPrefix = DEFAULT_PREFIX;
        private String responsePrefix = DEFAULT_RESPONSE_PREFIX;
        private String trustedSender = "mqdb-internal-";
        private Map<String, String> topLevelEvents = new HashMap<>();
        private String rootVersionField = "version";
        private String rootUpdatedAtField = "updatedAt";
        private Duration helloSpacing = Duration.ofSeconds(6);
        private Duration quietPeriod = Duration.ofSeconds(10);
        private Duration compareInterval = Duration.ofMinutes(5);
        private Duration echoTimeout = Duration.ofSeconds(10);
        private Duration requestTimeout = Duration.ofSeconds(10);
        private int requestsInFlight = 256;
        private int requestsInFlightOldServer = 16;
        private int maxMessageBytes = 16 * 1024 * 1024;
        private boolean perUserEvents;

        private Builder() {}

        /**
         * Sets the sync topic prefix, {@code $DB} by default.
         *
         * @param prefix the prefix, without a slash at its ends
         * @return this builder
         */
        public Builder topicPrefix(String prefix) {
            this.topicPrefix = Names.requirePrefix("The topic prefix", prefix);
            return this;
        }

        /**
         * Sets the response prefix, {@code $DB/clients} by default.
         *
         * @param prefix the prefix, without a slash at its ends
         * @return this builder
         */
        public Builder responsePrefix(String prefix) {
            this.responsePrefix = Names.requirePrefix("The response prefix", prefix);
            return this;
        }

        /**
         * Sets how the user names of the server's own publishers begin, {@code mqdb-internal-} by default. A message
         * whose {@code x-mqtt-sender} begins otherwise is a forgery and dropped.
         *
         * @param prefix the beginning, not empty
         * @return this builder
         */
        public Builder trustedSender(String prefix) {
            if (prefix.isEmpty()) {
                throw new IllegalArgumentException(
                        "The trusted sender must not be empty: every name begins with nothing, so every forgery would pass.");
            }
            this.trustedSender = prefix;
            return this;
        }

        /**
         * Sets which events of a top-level entity are subscribed to, {@code events/#} by default: all of them. On a server
         * that publishes them by partition, {@code events/7/#} brings those of one. Its records are listed all the same.
         *
         * @param entity the entity
         * @param filter a topic filter below the entity's topics that begins with {@code events/}
         * @return this builder
         * @throws IllegalArgumentException if it is not such a filter
         */
        public Builder topLevelEvents(String entity, String filter) {
            Names.requireEventFilter(entity, filter);
            topLevelEvents.put(entity, filter);
            return this;
        }

        /**
         * Sets the root's fields that are written on an old server after each write to a child, {@code version} and
         * {@code updatedAt} by default. A new server does that by itself.
         *
         * @param version the field that gets the time as a version
         * @param updatedAt the field that gets the time as a time
         * @return this builder
         */
        public Builder rootFields(String version, String updatedAt) {
            if (version.isBlank() || updatedAt.isBlank() || version.startsWith("_") || updatedAt.startsWith("_")) {
                throw new IllegalArgumentException(
                        "The root's fields must be names that do not begin with '_', not '%s' and '%s'."
                                .formatted(version, updatedAt));
            }
            this.rootVersionField = version;
            this.rootUpdatedAtField = updatedAt;
            return this;
        }

        /**
         * Sets the shortest time between two hellos for one scope, 6 s by default. A server answers one in 5 s. To one that compares
         * fingerprints (the feature {@code digest}) three may be said at once, and then one in this time.
         *
         * @param spacing the time, above zero
         * @return this builder
         */
        public Builder helloSpacing(Duration spacing) {
            this.helloSpacing = SettingRules.requirePositive("hello spacing", spacing);
            return this;
        }

        /**
         * Sets how long a scope that a replay changed must be quiet before it is compared again, 10 s by default. It
         * doubles, up to five minutes, with each comparison that changed nothing, and two in a row end it. A server that answers hellos
         * (the feature {@code answers}) says by itself whether there is more, so that nobody waits.
         *
         * @param quiet the time, above zero
         * @return this builder
         */
        public Builder quietPeriod(Duration quiet) {
            this.quietPeriod = SettingRules.requirePositive("quiet period", quiet);
            return this;
        }

        /**
         * Sets how often an open scope is compared without a reason, 5 minutes by default, with up to 10 % jitter. With a server that
         * numbers its events (the feature {@code event-count}) it is six times as long.
         *
         * @param interval the time; zero turns it off
         * @return this builder
         */
        public Builder compareInterval(Duration interval) {
            this.compareInterval = SettingRules.requireNotNegative("compare interval", interval);
            return this;
        }

        /**
         * Sets how long the event of an own acknowledged write may take before the scope is compared, 10 s by default. Where a server
         * numbers its events (the feature {@code event-count}) a missing number tells, and nothing is waited for.
         *
         * @param timeout the time; zero turns it off
         * @return this builder
         */
        public Builder echoTimeout(Duration timeout) {
            this.echoTimeout = SettingRules.requireNotNegative("echo timeout", timeout);
            return this;
        }

        /**
         * Sets how long a request waits for its reply, 10 s by default.
         *
         * @param timeout the time, above zero
         * @return this builder
         */
        public Builder requestTimeout(Duration timeout) {
            this.requestTimeout = SettingRules.requirePositive("request timeout", timeout);
            return this;
        }

        /**
         * Sets how many requests may be in flight, 256 on a new server and 16 on an old one by default; never more than
         * the server's receive maximum.
         *
         * @param newServer on a server that speaks version 2 or later, 1 or more
         * @param oldServer on an older one, 1 or more: it loses some without a word when many come at once
         * @return this builder
         */
        public Builder requestsInFlight(int newServer, int oldServer) {
            int onNewServer = SettingRules.requireAtLeast("requests in flight on a new server", 1, newServer);
            this.requestsInFlightOldServer =
                    SettingRules.requireAtLeast("requests in flight on an old server", 1, oldServer);
            this.requestsInFlight = onNewServer;
            return this;
        }

        /**
         * Sets the largest message that is read, 16 MiB by default. Larger ones are dropped and counted.
         *
         * @param bytes the bound, 1 024 or more
         * @return this builder
         */
        public Builder maxMessageBytes(int bytes) {
            this.maxMessageBytes = SettingRules.requireAtLeast("bytes of a message", 1_024, bytes);
            return this;
        }

        /**
         * Listens to the events of the user as well, which is necessary where the server's operator has switched <em>scoped events</em> on: such a
         * server tells of records that have owners on a topic of each user who may see them, and on no other. The store must be logged in, and
         * the user's id fit for a topic: without {@code + # /} and control characters, and at most 512 bytes. Where it is not, or the broker does not
         * grant the subscription, that is reported as {@link DiagnosticCode#NO_USER_EVENTS}, and changes are seen when a scope is next compared.
         *
         * @return this builder
         */
        public Builder perUserEvents() {
            this.perUserEvents = true;
            return this;
        }

        /**
         * {@return server mode with these settings}
         */
        public ServerSync build() {
            return new ServerSync(copy());
        }

        private Builder copy() {
            Builder copy = new Builder();
            copy.topicPrefix = topicPrefix;
            copy.responsePrefix = responsePrefix;
            copy.trustedSender = trustedSender;
            copy.topLevelEvents = Map.copyOf(topLevelEvents);
            copy.rootVersionField = rootVersionField;
            copy.rootUpdatedAtField = rootUpdatedAtField;
            copy.helloSpacing = helloSpacing;
            copy.quietPeriod = quietPeriod;
            copy.compareInterval = compareInterval;
            copy.echoTimeout = echoTimeout;
            copy.requestTimeout = requestTimeout;
            copy.requestsInFlight = requestsInFlight;
            copy.requestsInFlightOldServer = requestsInFlightOldServer;
            copy.maxMessageBytes = maxMessageBytes;
            copy.perUserEvents = perUserEvents;
            return copy;
        }
    }
}
