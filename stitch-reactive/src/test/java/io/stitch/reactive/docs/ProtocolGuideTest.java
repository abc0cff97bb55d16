package io.stitch.reactive.docs;

import io.stitch.reactive.internal.wire.Decoder;
import io.stitch.reactive.internal.wire.Hello;
import io.stitch.reactive.internal.wire.Inbound;
import io.stitch.reactive.internal.wire.ManifestEntry;
import io.stitch.reactive.internal.wire.Operation;
import io.stitch.reactive.internal.wire.Requests;
import io.stitch.reactive.internal.wire.Topics;
import io.stitch.reactive.internal.wire.Vectors;
import io.stitch.reactive.internal.wire.WireSchema;
import io.stitch.reactive.spi.InboundMessage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/** The messages of docs/protocol.md are what a server said or what this library writes, and it reads them as the chapter says. */
class ProtocolGuideTest {
    private static final Path PAGE = Pages.DOCS.resolve("protocol.md");
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final Topics TOPICS = new Topics("$DB", "$DB/clients", "project");
    private static final WireSchema SCHEMA = new WireSchema("project", Map.of("task", "projectId"), Set.of());

    /** What only a server sends, and the recorded one did not: read here, and written by the reference server. */
    private static final List<String> OF_A_NEW_SERVER = List.of("__server_replay__", "scopeId");

    /** What only peers say is held against the code of the peer module. */
    private static final List<String> OF_PEERS = List.of("\"hlc\"", "connectedAt", "\"from\"");

    static List<String> messages() {
        return Pages.blocks(PAGE, "json");
    }

    @ParameterizedTest
    @MethodSource("messages")
    void aMessageIsOneThatWasSent(String message) {
        if (Stream.concat(OF_A_NEW_SERVER.stream(), OF_PEERS.stream()).anyMatch(message::contains)) {
            return;
        }
        assertThat(sent().contains(JSON.readTree(message)))
                .as("recorded, or written by this library:%n%s", message)
                .isTrue();
    }

    private static List<JsonNode> sent() {
        List<JsonNode> sent = new ArrayList<>();
        for (Vectors.Vector vector : Vectors.all()) {
            String payload = new String(vector.payload(), StandardCharsets.UTF_8);
            if (payload.startsWith("{\"")) {
                sent.add(JSON.readTree(payload));
            }
        }
        List.of(
                        Requests.page("projectId", "p1", "t0999", 1_000),
                        new Hello("c-123", true)
                                .whole(
                                        null,
                                        List.of(
                                                new ManifestEntry("project", "apollo", 4),
                                                new ManifestEntry("task", "t1", 3))))
                .forEach(payload -> sent.add(JSON.readTree(payload)));
        return sent;
    }

    private static byte[] messageWith(String part) {
        return messages().stream()
                .filter(message -> message.contains(part))
                .findFirst()
                .orElseThrow()
                .getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void aReplayedEventAndARefusalAreReadAsTheChapterSays() {
        Decoder decoder = new Decoder(TOPICS, SCHEMA, "c-123", "mqdb-internal-", 16_384, "updatedAt");

        assertThat(decoder.decode(new InboundMessage(
                        TOPICS.event("apollo", "task", Operation.CREATE),
                        messageWith("__server_replay__"),
                        false,
                        List.of())))
                .isInstanceOfSatisfying(Inbound.Event.class, event -> {
                    assertThat(event.event().replay()).isTrue();
                    assertThat(event.event().version()).isOne();
                });
        assertThat(decoder.decode(new InboundMessage(
                        TOPICS.reply("c-123", "scope-open-error"), messageWith("scopeId"), false, List.of())))
                .isEqualTo(new Inbound.ScopeRefused("apollo", 403, "not yours"));
    }

    @Test
    void whatPeersSayIsDroppedInServerMode() {
        Decoder decoder = new Decoder(TOPICS, SCHEMA, "c-123", "mqdb-internal-", 16_384, "updatedAt");

        assertThat(decoder.decode(new InboundMessage(
                        TOPICS.event("apollo", "task", Operation.UPDATE), messageWith("_hlc"), false, List.of())))
                .isInstanceOfSatisfying(
                        Inbound.Dropped.class,
                        dropped -> assertThat(dropped.code().toString()).isEqualTo("WRONG_MODE"));
    }

    @Test
    void theTopicsAreThoseOfTheCode() {
        String page = Pages.read(PAGE);
        List<String> filters = new ArrayList<>(TOPICS.scopeFilters("{scope}"));
        filters.addAll(List.of(
                TOPICS.rootsFilter(), TOPICS.inbox("{own client id}"), TOPICS.topLevelFilter("{entity}", "events/#")));

        assertThat(filters)
                .allSatisfy(filter -> assertThat(page)
                        .contains('`'
                                + filter.replace("$DB/clients", "R")
                                        .replace("$DB", "P")
                                        .replace("/project", "/{root}")
                                + '`'));
    }
}
