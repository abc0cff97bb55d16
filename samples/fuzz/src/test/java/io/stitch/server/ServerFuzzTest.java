package io.stitch.server;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.stitch.fuzz.Cost;
import io.stitch.fuzz.Letter;

import java.nio.charset.StandardCharsets;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What clients publish to the reference server. An input is some {@link Letter}s with a line of three hyphens between them, which one client
 * publishes one after the other; a first line {@code legacy} makes it an old server.
 */
class ServerFuzzTest {
    private static final String BETWEEN = "\n---\n";
    private static final int MOST_MESSAGES = 32;

    @FuzzTest
    void messages(byte[] input) {
        String text = new String(input, StandardCharsets.ISO_8859_1);
        boolean legacy = text.startsWith("legacy\n");
        String[] letters = (legacy ? text.substring("legacy\n".length()) : text).split(BETWEEN, MOST_MESSAGES);
        FuzzedHost host = new FuzzedHost();
        try (StitchServer server = host.start(legacy)) {
            Cost.bounded(16_384 * letters.length + input.length, () -> {
                for (String each : letters) {
                    host.publish(Letter.of(each.getBytes(StandardCharsets.ISO_8859_1)));
                }
                return true;
            });
            host.checkSaid();
            FuzzedHost.checkRecords(server);
            host.checkStillServes();
        }
    }

    /** What a client takes for an id the server takes for one, and the other way round. In UTF-16. */
    @FuzzTest
    void names(byte[] utf16) {
        String name = new String(utf16, StandardCharsets.UTF_16BE);
        if (!io.stitch.reactive.Names.isWellFormed(name)) {
            return; // No topic has it, and in JSON it is refused before.
        }
        assertThat(Names.validId(name)).isEqualTo(io.stitch.reactive.Names.idProblem(name) == null);
        assertThat(Names.validEntity(name)).isEqualTo(io.stitch.reactive.Names.entityProblem(name) == null);
        Names.overhears(name, "$DB/clients", "c1");
    }
}
