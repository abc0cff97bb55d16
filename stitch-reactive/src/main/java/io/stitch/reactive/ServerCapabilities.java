package io.stitch.reactive;

import org.jspecify.annotations.Nullable;

import java.util.Arrays;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What a server said of itself in its CONNACK (protocol sections 4.1 and 4.8).
 *
 * @param protocolVersion {@code stitch-protocol-version}; 1 for a server that does not say
 * @param features {@code stitch-features}
 */
public record ServerCapabilities(int protocolVersion, Set<String> features) {
    /** The feature that sends a replay only to the client that asked. */
    public static final String DIRECT_REPLAY = "direct-replay";
    /** The feature that answers a repeated request from memory. */
    public static final String REQUEST_IDS = "request-ids";
    /** The feature that executes an update or delete only at a version which it names. */
    public static final String EXPECTED_VERSION = "expected-version";
    /** The feature that has a last word on each hello. */
    public static final String ANSWERS = "answers";
    /** The feature that compares a scope by its fingerprints; worth nothing without {@link #ANSWERS}. */
    public static final String DIGEST = "digest";
    /** The feature that numbers the events of a scope. */
    public static final String EVENT_COUNT = "event-count";
    /** A server that says nothing of itself. */
    public static final ServerCapabilities OLD = new ServerCapabilities(1, Set.of());

    private static final int MAX_FEATURES = 64;
    /** Of what a feature's name is. What is none is nobody's feature, and would only be shown to people. */
    private static final Predicate<String> NAME = Pattern.compile("[!-~]{1,64}").asMatchPredicate();

    /**
     * Copies the features.
     *
     * @param protocolVersion the protocol version
     * @param features the features
     */
    public ServerCapabilities {
        features = Set.copyOf(features);
    }

    /**
     * Reads the two CONNACK user properties.
     *
     * @param protocolVersion the value of {@code stitch-protocol-version}, if present
     * @param features the value of {@code stitch-features}, if present
     * @return what they say; anything that is not a decimal integer of 2 or more is an old server
     */
    public static ServerCapabilities parse(@Nullable String protocolVersion, @Nullable String features) {
        if (protocolVersion == null
                || !protocolVersion.matches("[0-9]{1,9}")
                || Integer.parseInt(protocolVersion) < 2) {
            return OLD;
        }
        Set<String> names = features == null
                ? Set.of()
                : Arrays.stream(features.split(",", MAX_FEATURES))
                        .map(String::strip)
                        .filter(NAME)
                        .collect(Collectors.toUnmodifiableSet());
        return new ServerCapabilities(Integer.parseInt(protocolVersion), names);
    }

    /**
     * {@return whether the server answers a hello with a replay; an old one is listed instead}
     */
    public boolean replays() {
        return protocolVersion >= 2;
    }

    /**
     * Tells whether the server listed a feature.
     *
     * @param feature its name
     * @return whether it did
     */
    public boolean has(String feature) {
        return features.contains(feature);
    }
}
