package io.stitch.reactive.spring;

import io.stitch.reactive.ServerSync;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.spi.SyncMode;

/** Makes server mode of the properties. */
final class Modes {
    private static final String PREFIX = "stitch.server.";

    private Modes() {}

    static ServerSync server(StitchProperties.Server server) {
        ServerSync.Builder mode = ServerSync.builder();
        Setting.apply(PREFIX + "topic-prefix", server.topicPrefix(), mode::topicPrefix);
        Setting.apply(PREFIX + "response-prefix", server.responsePrefix(), mode::responsePrefix);
        Setting.apply(PREFIX + "trusted-sender", server.trustedSender(), mode::trustedSender);
        // Of what is set together each is taken over beside the other's default first, so that the one that cannot work
        // is named.
        ServerSync defaults = ServerSync.create();
        Setting.apply(
                PREFIX + "root-version-field",
                server.rootVersionField(),
                version -> mode.rootFields(version, defaults.rootUpdatedAtField()));
        Setting.apply(
                PREFIX + "root-updated-at-field",
                server.rootUpdatedAtField(),
                updatedAt -> mode.rootFields(server.rootVersionField(), updatedAt));
        server.topLevelEvents()
                .forEach((entity, filter) -> Setting.apply(
                        PREFIX + "top-level-events." + entity, filter, each -> mode.topLevelEvents(entity, each)));
        Setting.apply(PREFIX + "request-timeout", server.requestTimeout(), mode::requestTimeout);
        Setting.apply(
                PREFIX + "requests-in-flight",
                server.requestsInFlight(),
                requests -> mode.requestsInFlight(requests, defaults.requestsInFlightOldServer()));
        Setting.apply(
                PREFIX + "requests-in-flight-old-server",
                server.requestsInFlightOldServer(),
                requests -> mode.requestsInFlight(server.requestsInFlight(), requests));
        Setting.apply(PREFIX + "compare-interval", server.compareInterval(), mode::compareInterval);
        Setting.apply(PREFIX + "hello-spacing", server.helloSpacing(), mode::helloSpacing);
        Setting.apply(PREFIX + "quiet-period", server.quietPeriod(), mode::quietPeriod);
        Setting.apply(PREFIX + "echo-timeout", server.echoTimeout(), mode::echoTimeout);
        Setting.applyBytes(PREFIX + "max-message-size", server.maxMessageSize(), mode::maxMessageBytes);
        return mode.build();
    }

    /** An entity that the schema does not have has no events, and its property would be as if it were not there. */
    static void requireKnown(StitchProperties.Server server, SyncMode mode, StitchSchema schema) {
        if (!(mode instanceof ServerSync)) {
            return;
        }
        for (String entity : server.topLevelEvents().keySet()) {
            if (!schema.topLevel().contains(entity)) {
                throw new StitchSettingException(
                        "The property %stop-level-events.%s is about '%s', which is no top-level entity of the StitchSchema."
                                .formatted(PREFIX, entity, entity),
                        schema.topLevel().isEmpty()
                                ? "Leave it out: the schema has no top-level entities."
                                : "Name one of %s."
                                        .formatted(schema.topLevel().stream()
                                                .sorted()
                                                .toList()));
            }
        }
    }
}
