package io.stitch.reactive.peer.internal.wire;

import io.stitch.reactive.internal.wire.DigestNode;
import io.stitch.reactive.internal.wire.Operation;
import io.stitch.reactive.internal.wire.Topics;
import io.stitch.reactive.internal.wire.WireSchema;
import io.stitch.reactive.peer.internal.merge.BookkeepingRules;
import io.stitch.reactive.peer.internal.trust.Authors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/** What docs/protocol.md shows of peers is what peers write, and they read it as the chapter says. */
class PeerProtocolGuideTest {
    private static final Pattern MESSAGE = Pattern.compile("^```json\n(.*?)^```", Pattern.DOTALL | Pattern.MULTILINE);
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final Topics TOPICS = new Topics("stitch/peer", "stitch/peer", "project");
    private static final PeerTopics PEER_TOPICS = new PeerTopics(TOPICS);
    private static final WireSchema SCHEMA = new WireSchema("project", Map.of("task", "projectId"), Set.of());
    private static final Hlc STAMP = new Hlc(1_714_694_400_000L, 0, "c-123~k3x9q0");

    private static String page = "";

    @BeforeAll
    static void readThePage() throws IOException {
        page = Files.readString(Path.of("..", "docs", "protocol.md"));
    }

    private static List<String> messages() {
        return MESSAGE.matcher(page)
                .results()
                .map((MatchResult found) -> found.group(1))
                .toList();
    }

    private static byte[] messageWith(String part) {
        return messages().stream()
                .filter(message -> message.contains(part))
                .findFirst()
                .orElseThrow()
                .getBytes(StandardCharsets.UTF_8);
    }

    private static PeerHellos.Head head(long saidAt) {
        return new PeerHellos.Head(
                "c-123", null, 1_714_694_390_000L, saidAt, Set.of(PeerHello.DIGEST), false, List.of());
    }

    @Test
    void whatPeersWriteIsInTheChapter() {
        byte[] record = ("{\"id\":\"t1\",\"projectId\":\"apollo\",\"title\":\"Refit the gimbal\",\"_hlc\":"
                        + STAMP.toJson() + '}')
                .getBytes(StandardCharsets.UTF_8);
        List<JsonNode> written = Stream.of(
                        PeerPayloads.event(Operation.UPDATE, "task", "t1", record, STAMP, "c-123", false),
                        PeerPayloads.event(
                                Operation.DELETE,
                                "task",
                                "t1",
                                null,
                                new Hlc(1_714_694_460_000L, 2, "c-456~8a1zz4"),
                                "c-456",
                                false),
                        PeerHellos.whole(
                                head(1_714_694_400_123L),
                                "k3x9q0f1",
                                List.of(new PeerPayloads.Entry("task", "t1", STAMP))),
                        PeerHellos.root(
                                head(1_714_694_400_124L), "9a1zz4b7", new DigestNode(10_000, "sV30V4REXWaLeOuVaJo0LQ")),
                        PeerHellos.events("c-456", Set.of(PeerHello.DIGEST), "c-123", "k3x9q0f1", 3),
                        PeerPayloads.gone("c-456", 1_714_694_395_000L))
                .map(JSON::readTree)
                .toList();

        List<JsonNode> shown = messages().stream()
                .filter(message ->
                        message.contains("\"hlc\"") || message.contains("connectedAt") || message.contains("\"from\""))
                .map(JSON::readTree)
                .toList();

        assertThat(shown).containsExactlyInAnyOrderElementsOf(written);
    }

    @Test
    void whatTheChapterShowsIsReadByPeers() {
        PeerDecoder peer = new PeerDecoder(
                TOPICS,
                SCHEMA,
                (topic, payload, property) -> null,
                new BookkeepingRules(),
                (scope, topic, payload) -> payload,
                Authors.OFF,
                16_384);

        assertThat(peer.decode(
                        TOPICS.event("apollo", "task", Operation.UPDATE), messageWith("_hlc"), false, property -> null))
                .isInstanceOfSatisfying(PeerInbound.Event.class, read -> {
                    assertThat(read.stamp()).isEqualTo(STAMP);
                    assertThat(read.sender()).isEqualTo("c-123");
                });
        assertThat(peer.decode(PEER_TOPICS.gone("c-456"), messageWith("1714694395000"), false, property -> null))
                .isEqualTo(new PeerInbound.Gone("c-456", 1_714_694_395_000L));
    }

    @Test
    void theTopicsAreThoseOfTheCode() {
        assertThat(List.of(PEER_TOPICS.scopeFilter("{scope}"), PEER_TOPICS.hellosFilter(), PEER_TOPICS.goneFilter()))
                .allSatisfy(filter -> assertThat(page)
                        .contains('`' + filter.replace("stitch/peer", "P").replace("/project", "/{root}") + '`'));
    }
}
