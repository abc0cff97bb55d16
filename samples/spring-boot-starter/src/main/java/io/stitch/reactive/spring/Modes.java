package io.stitch.reactive.spring;

import io.stitch.reactive.ServerSync;

/** Makes server mode of the properties. */
final class Modes {
    private static final String PREFIX = "stitch.server.";

    private Modes() {}

    static ServerSync server(StitchProperties.Server server) {
        ServerSync.Builder mode = ServerSync.builder();
        Setting.apply(PREFIX + "topic-prefix", server.topicPrefix(), mode::topicPrefix);
        Setting.apply(PREFIX + "response-prefix", server.responsePrefix(), mode::responsePrefix);
        Setting.apply(PREFIX + "trusted-sender", server.trustedSender(), mode::trustedSender);
        Setting.apply(
                PREFIX + "root-version-field",
                server.rootVersionField(),
                version -> mode.rootFields(version, server.rootUpdatedAtField()));
        server.topLevelEvents()
                .forEach((entity, filter) -> Setting.apply(
                        PREFIX + "top-level-events." + entity, filter, each -> mode.topLevelEvents(entity, each)));
        Setting.apply(PREFIX + "request-timeout", server.requestTimeout(), mode::requestTimeout);
        Setting.apply(
                PREFIX + "requests-in-flight",
                server.requestsInFlight(),
                requests -> mode.requestsInFlight(requests, server.requestsInFlightOldServer()));
        Setting.apply(PREFIX + "compare-interval", server.compareInterval(), mode::compareInterval);
        Setting.apply(PREFIX + "hello-spacing", server.helloSpacing(), mode::helloSpacing);
        Setting.apply(PREFIX + "quiet-period", server.quietPeriod(), mode::quietPeriod);
        Setting.apply(PREFIX + "echo-timeout", server.echoTimeout(), mode::echoTimeout);
        Setting.applyBytes(PREFIX + "max-message-size", server.maxMessageSize(), mode::maxMessageBytes);
        return mode.build();
    }
}
