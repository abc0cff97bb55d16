package io.stitch.samples.webflux;

import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
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
 * @param embedded the server that the service runs where no broker is named
 * @param scopeLinger how long a board stays in memory after its last viewer has gone
 * @param heartbeat how often a viewer to whom nothing happens hears something, so that proxies keep the line open
 * @param maxViewers how many viewers the service takes; one more gets 503
 */
@Validated
@ConfigurationProperties("board")
record BoardProperties(
        @Valid @DefaultValue Embedded embedded,
        @DefaultValue("60s") @DurationMin Duration scopeLinger,
        @DefaultValue("15s") @DurationMin(millis = 100) Duration heartbeat,
        @DefaultValue("5000") @Min(1) int maxViewers) {

    /**
     * The reference server inside this process.
     *
     * @param port the port of its broker; 0 takes a free one
     * @param data its database file, without the suffix; in memory if it is empty
     * @param sampleTasks how many tasks the sample board has when there is no project yet; 0 for no sample
     */
    record Embedded(
            @DefaultValue("0") @Min(0) @Max(65535) int port,
            @Nullable Path data,
            @DefaultValue("1000") @Min(0) @Max(10_000) int sampleTasks) {
        Embedded {
            data = data == null || data.toString().isBlank() ? null : data;
        }
    }
}
