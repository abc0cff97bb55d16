package io.stitch.samples.webflux;

import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.Pattern;
import org.hibernate.validator.constraints.time.DurationMin;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

import java.nio.file.Path;
import java.time.Duration;

/**
 * The service's own settings.
 *
 * @param broker the broker to connect to; without a URL the service runs a server of its own
 * @param embedded that server
 * @param scopeLinger how long a board stays in memory after its last viewer has gone
 * @param heartbeat how often a viewer to whom nothing happens hears something, so that proxies keep the line open
 * @param maxViewers how many viewers the service takes; one more gets 503
 * @param shutdownFlush how long the end of the service waits for writes that the broker's server has not settled
 */
@Validated
@ConfigurationProperties("board")
record BoardProperties(
        @Valid @DefaultValue Broker broker,
        @Valid @DefaultValue Embedded embedded,
        @DefaultValue("60s") @DurationMin Duration scopeLinger,
        @DefaultValue("15s") @DurationMin(millis = 100) Duration heartbeat,
        @DefaultValue("5000") @Min(1) int maxViewers,
        @DefaultValue("5s") @DurationMin Duration shutdownFlush) {

    /**
     * Where the records come from.
     *
     * @param url such as {@code mqtts://broker.example.org}
     * @param clientId the MQTT client id, which no other process may use; by default the store makes one
     * @param username the user, if the broker wants a login
     * @param password the user's password
     */
    record Broker(
            @Nullable
            @Pattern(regexp = "(mqtts?|wss?)://.+", message = "must be mqtt://…, mqtts://…, ws://… or wss://…")
            String url,

            @Nullable String clientId,
            @Nullable String username,
            @Nullable String password) {
        /** The password stays out of logs. */
        @Override
        public String toString() {
            return "Broker[url=%s, clientId=%s, username=%s]".formatted(url, clientId, username);
        }
    }

    /**
     * The reference server inside this process.
     *
     * @param port the port of its broker; 0 takes a free one
     * @param data its database file, without the suffix; in memory without it
     * @param sampleTasks how many tasks the sample board has when there is no project yet; 0 for no sample
     */
    record Embedded(
            @DefaultValue("0") @Min(0) @Max(65535) int port,
            @Nullable Path data,
            @DefaultValue("1000") @Min(0) @Max(10_000) int sampleTasks) {}
}
