package io.stitch.samples.webflux;

import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotEmpty;
import jakarta.validation.constraints.Pattern;
import org.hibernate.validator.constraints.time.DurationMin;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * The service's own settings.
 *
 * @param embedded the server that the service runs where no broker is named
 * @param scopeLinger how long a board stays in memory after its last viewer has gone
 * @param heartbeat how often a viewer to whom nothing happens hears something, so that proxies keep the line open
 * @param maxViewers how many viewers the service takes; one more gets 503
 * @param maxStreamsPerAddress how many streams one address holds; one more gets 429
 * @param allowedHosts the names by which the service is asked for, without ports; any other is answered with 421
 * @param allowedOrigins the origins of pages besides the service's own that may have a browser write; any other gets 403
 */
@Validated
@ConfigurationProperties("board")
record BoardProperties(
        @Valid @DefaultValue Embedded embedded,
        @DefaultValue("60s") @DurationMin Duration scopeLinger,
        @DefaultValue("15s") @DurationMin(millis = 100) Duration heartbeat,
        @DefaultValue("5000") @Min(1) int maxViewers,
        @DefaultValue("100") @Min(1) int maxStreamsPerAddress,

        @DefaultValue({"localhost", "127.0.0.1", "[::1]"}) @NotEmpty
        List<
                        @Pattern(
                                regexp = HOST,
                                message = "is a name without a scheme and a port, such as board.example.org or [::1]")
                        String>
                allowedHosts,

        @DefaultValue
        List<@Pattern(regexp = ORIGIN, message = "is an origin, such as https://board.example.org") String>
                allowedOrigins) {
    private static final String HOST = "[^:/@\\s\\[\\]]+|\\[[0-9a-fA-F:.]+]";
    private static final String ORIGIN = "https?://[^/@\\s]+";

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
