package io.stitch.server;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.stitch.fuzz.Cost;
import io.stitch.fuzz.Letter;
import io.stitch.reactive.internal.wire.DigestNode;
import io.stitch.reactive.internal.wire.Hello;
import io.stitch.reactive.internal.wire.ManifestEntry;
import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a client says is what the reference server hears. The inputs are {@link Letter}s: the first line is the client, and the others are
 * {@code round: r1}, {@code direct}, and {@code task t1 5}, one for each record that it holds.
 */
class HelloFuzzTest {
    @FuzzTest
    void hellos(byte[] input) {
        Letter letter = Letter.of(input);
        String round = letter.value("round");
        List<ManifestEntry> manifest = new ArrayList<>();
        Map<Key, Long> held = new HashMap<>();
        for (String line : letter.lines()) {
            String[] parts = line.split(" ", 3);
            if (parts.length == 3
                    && io.stitch.reactive.Names.childEntityProblem(parts[0]) == null
                    && !parts[0].equals("project")
                    && io.stitch.reactive.Names.idProblem(parts[1]) == null
                    && parts[2].matches("[0-9]{1,15}")) {
                long version = Long.parseLong(parts[2]);
                manifest.add(new ManifestEntry(parts[0], parts[1], version));
                held.merge(new Key(parts[0], parts[1]), version, Math::min);
            }
        }
        Hello hello = new Hello(letter.topic(), letter.says("direct"));

        ObjectNode whole = Cost.bounded(input.length, () -> Json.read(hello.whole(round, manifest)));

        assertThat(whole.path("clientId").asString("")).isEqualTo(letter.topic());
        assertThat(whole.path("replay").asString("")).isEqualTo(letter.says("direct") ? "direct" : "");
        assertThat(whole.path("round").stringValue(null)).isEqualTo(round);
        assertThat(heard(whole)).isEqualTo(held);

        Set<String> prefixes = new HashSet<>();
        letter.lines().stream()
                .filter(line -> DigestNode.isPrefix(line, DigestNode.MAX_DIGITS - 1))
                .forEach(prefixes::add);
        if (!prefixes.isEmpty() && round != null) {
            ObjectNode part = Json.read(hello.within(round, prefixes, manifest));
            assertThat(Within.read("within", part.path("within"), Digest.MAX_DIGITS)
                            .prefixes())
                    .isEqualTo(prefixes);
            assertThat(heard(part)).isEqualTo(held);
            ObjectNode ask = Json.read(hello.ask(round, List.copyOf(prefixes)));
            assertThat(Within.read("ask", ask.path("digest").path("ask"), Digest.MAX_DIGITS - 1)
                            .prefixes())
                    .isEqualTo(prefixes);
        }
    }

    private static Map<Key, Long> heard(ObjectNode hello) {
        return Manifest.read(hello, "project", "p1", false).versions(Set.of(), List.of());
    }
}
