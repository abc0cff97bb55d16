package io.stitch.reactive.peer.internal.wire;

import io.stitch.fuzz.Cost;
import io.stitch.fuzz.Letter;
import io.stitch.fuzz.Same;
import io.stitch.reactive.Names;
import io.stitch.reactive.internal.wire.ChangeEvent;
import io.stitch.reactive.internal.wire.Inbound;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.wire.Operation;
import io.stitch.reactive.internal.wire.RejectedMessage;
import io.stitch.reactive.internal.wire.Topics;
import io.stitch.reactive.internal.wire.WireSchema;
import io.stitch.reactive.peer.internal.merge.BookkeepingRules;
import io.stitch.reactive.peer.internal.trust.Authors;
import io.stitch.reactive.spi.JsonBounds;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.node.ObjectNode;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What holds of all that peers send each other: what one has taken it tells others, who must take it for the same. A class of its own, because
 * what a test class names is loaded before it can be instrumented: JDK 17 mixes up the fields of a record with annotated types when it is
 * changed later.
 */
final class PeerInboundChecks {
    private static final int MAX_BYTES = 1 << 20;
    private static final Topics TOPICS = new Topics("stitch/peer", "stitch/peer/clients", "project");
    private static final PeerDecoder DECODER = new PeerDecoder(
            TOPICS,
            new WireSchema("project", Map.of("task", "projectId"), Set.of()),
            (topic, payload, property) -> property.apply("forged"),
            new BookkeepingRules(),
            (scope, topic, payload) -> payload,
            Authors.OFF,
            MAX_BYTES);
    private static final PeerHellos.Head HEAD = new PeerHellos.Head("p1", null, 7);

    private static Inbound decode(String topic, byte[] payload) {
        return DECODER.decode(topic, payload, false, name -> null);
    }

    private PeerInboundChecks() {}

    static void check(Letter letter) {
        Inbound inbound = Cost.bounded(
                letter.payload().length,
                () -> DECODER.decode(letter.topic(), letter.payload(), letter.says("retain"), letter::value));
        if (inbound instanceof Inbound.Dropped dropped) {
            assertThat(dropped.topic()).isEqualTo(letter.topic());
            return;
        }
        assertThat(letter.says("retain")).isFalse();
        assertThat(letter.value("forged")).isNull();
        if (inbound instanceof PeerInbound.Event event) {
            checkEvent(letter.payload(), event);
        } else if (inbound instanceof PeerInbound.Hello hello) {
            assertThat(Names.clientIdProblem(hello.peer())).isNull();
            assertThat(Names.idProblem(hello.scopeId())).isNull();
            assertThat(hello.round() == null || PeerHelloReader.isRound(hello.round()))
                    .isTrue();
            checkHello(hello.payload());
        } else if (inbound instanceof PeerInbound.Answer answer) {
            checkAnswer(letter.topic(), answer);
        } else {
            PeerInbound.Gone gone = (PeerInbound.Gone) inbound;
            assertThat(Names.clientIdProblem(gone.peer())).isNull();
            assertThat(gone.connectedAt()).isBetween(-1L, Hlc.MAX_TS);
            byte[] again = PeerPayloads.gone(gone.peer(), gone.connectedAt());
            assertThat(decode(letter.topic(), again)).isEqualTo(gone);
        }
    }

    /** What is taken is kept, and told to others, who must take the same of it. */
    private static void checkEvent(byte[] payload, PeerInbound.Event inbound) {
        ChangeEvent event = inbound.event();
        String scope = String.valueOf(event.scopeId());
        assertThat(Names.idProblem(event.id())).isNull();
        assertThat(Names.idProblem(scope)).isNull();
        assertThat(inbound.sender().isEmpty() || Names.clientIdProblem(inbound.sender()) == null)
                .isTrue();
        assertThat(event.version()).isEqualTo(inbound.stamp().ts());
        byte[] record = event.json();
        assertThat(record == null).isEqualTo(event.operation() == Operation.DELETE);
        if (record != null) {
            assertThat(JsonBounds.problem(record)).isNull();
            assertThat(Hlc.ofRecord(record)).isEqualTo(inbound.stamp());
            ObjectNode expected = (ObjectNode) Json.read(payload).path("data");
            expected.put("id", event.id());
            if (event.entity().equals("task")) {
                expected.put("projectId", scope);
            }
            expected.set(Hlc.FIELD, Json.readObject(record).path(Hlc.FIELD));
            Same.assertSame(Json.readObject(record), expected);
            checkWithoutStamp(record, expected);
        }
        byte[] told = PeerPayloads.event(
                event.operation(), event.entity(), event.id(), record, inbound.stamp(), "p2", event.replay());
        Inbound heard = decode(TOPICS.event(scope, event.entity(), event.operation()), told);
        assertThat(heard).isInstanceOfSatisfying(PeerInbound.Event.class, same -> {
            assertThat(same.stamp()).isEqualTo(inbound.stamp());
            assertThat(same.event().replay()).isEqualTo(event.replay());
            assertThat(same.event().json()).isEqualTo(record);
        });
        checkStamp(inbound.stamp());
        checkEntries(List.of(new PeerPayloads.Entry(event.entity(), event.id(), inbound.stamp())));
    }

    static void checkWithoutStamp(byte[] record, ObjectNode tree) {
        String canonical = Cost.bounded(record.length, () -> PeerPayloads.canonical(record));
        assertThat(PeerPayloads.canonical(Json.write(tree))).isEqualTo(canonical);
        byte[] rest = PeerPayloads.unstamped(record);
        if (rest != null) {
            Hlc stamp = Hlc.parse(tree.path(Hlc.FIELD));
            ObjectNode bare = tree.deepCopy().without(Hlc.FIELD);
            Same.assertSame(Json.readObject(rest), bare);
            assertThat(Hlc.ofRecord(PeerPayloads.stamped(rest, stamp))).isEqualTo(stamp);
        }
    }

    static void checkStamp(Hlc stamp) {
        assertThat(Hlc.parse(stamp.text())).isEqualTo(stamp);
        assertThat(Hlc.parse(stamp.toJson())).isEqualTo(stamp);
        assertThat(Hlc.parse(Json.read(Json.write(stamp.toJson())))).isEqualTo(stamp);
        // A database keeps the word as text.
        byte[] kept = stamp.text().getBytes(StandardCharsets.UTF_8);
        assertThat(Hlc.parse(new String(kept, StandardCharsets.UTF_8))).isEqualTo(stamp);
    }

    private static void checkEntries(List<PeerPayloads.Entry> entries) {
        PeerHello hello = PeerHelloReader.read(PeerHellos.whole(HEAD, null, entries));
        assertThat(hello.said()).isEqualTo(new PeerHello.Whole(null, new PeerHello.Manifest(entries, 0)));
    }

    private static void checkAnswer(String topic, PeerInbound.Answer answer) {
        assertThat(Names.clientIdProblem(answer.from())).isNull();
        assertThat(Names.clientIdProblem(answer.to())).isNull();
        assertThat(answer.events()).isGreaterThanOrEqualTo(PeerInbound.Answer.NODES);
        Set<String> features = answer.answers() ? Set.of(PeerHello.DIGEST) : Set.of();
        byte[] again = answer.isEnd()
                ? PeerHellos.events(answer.from(), features, answer.to(), answer.round(), answer.events())
                : PeerHellos.nodes(answer.from(), features, answer.to(), answer.round(), answer.nodes());
        assertThat(decode(topic, again)).isEqualTo(answer);
    }

    static void checkHello(byte[] payload) {
        PeerHello hello;
        try {
            hello = Cost.bounded(payload.length, () -> PeerHelloReader.read(payload));
        } catch (JacksonException | RejectedMessage refused) {
            assertThat(refused).hasMessageMatching("(?s).+");
            return;
        }
        assertThat(hello.connectedAt()).isBetween(-1L, Hlc.MAX_TS);
        assertThat(hello.saidAt()).isBetween(-1L, Hlc.MAX_TS);
        assertThat(hello.features()).hasSizeLessThanOrEqualTo(16);
        assertThat(hello.inTurn()).hasSizeLessThanOrEqualTo(16);
        PeerHellos.Head head = new PeerHellos.Head(
                "p1", null, hello.connectedAt(), hello.saidAt(), hello.features(), hello.newcomer(), hello.inTurn());
        PeerHello again = PeerHelloReader.read(written(head, hello.said()));
        assertThat(again.connectedAt()).isEqualTo(hello.connectedAt());
        assertThat(again.saidAt()).isEqualTo(hello.saidAt());
        assertThat(again.features()).isEqualTo(hello.features());
        assertThat(again.newcomer()).isEqualTo(hello.newcomer());
        assertThat(again.inTurn()).isEqualTo(hello.inTurn());
        assertThat(withoutSkipped(again.said())).isEqualTo(withoutSkipped(hello.said()));
        // Whoever hears one answers it in its round.
        String round = roundOf(hello.said());
        if (round != null) {
            Inbound answer = decode("stitch/peer/project/p1/hello", PeerHellos.events("p2", Set.of(), "p1", round, 0));
            assertThat(answer)
                    .isInstanceOfSatisfying(
                            PeerInbound.Answer.class,
                            same -> assertThat(same.round()).isEqualTo(round));
        }
    }

    private static byte[] written(PeerHellos.Head head, PeerHello.Said said) {
        if (said instanceof PeerHello.Whole whole) {
            whole.manifest().entries().forEach(entry -> checkStamp(entry.stamp()));
            return PeerHellos.whole(head, whole.round(), whole.manifest().entries());
        }
        if (said instanceof PeerHello.Part part) {
            assertThat(part.prefixes()).isNotEmpty().allMatch(prefix -> prefix.matches("[0-9a-f]{0,16}"));
            return PeerHellos.part(
                    head, part.round(), part.prefixes(), part.manifest().entries());
        }
        if (said instanceof PeerHello.Root root) {
            return PeerHellos.root(head, root.round(), root.node());
        }
        PeerHello.Ask ask = (PeerHello.Ask) said;
        assertThat(Names.clientIdProblem(ask.to())).isNull();
        return PeerHellos.ask(head, ask.round(), ask.to(), ask.prefixes());
    }

    private static PeerHello.Said withoutSkipped(PeerHello.Said said) {
        if (said instanceof PeerHello.Whole whole) {
            return new PeerHello.Whole(
                    whole.round(), new PeerHello.Manifest(whole.manifest().entries(), 0));
        }
        return said instanceof PeerHello.Part part
                ? new PeerHello.Part(
                        part.round(),
                        part.prefixes(),
                        new PeerHello.Manifest(part.manifest().entries(), 0))
                : said;
    }

    private static @Nullable String roundOf(PeerHello.Said said) {
        if (said instanceof PeerHello.Whole whole) {
            return whole.round();
        }
        if (said instanceof PeerHello.Part part) {
            return part.round();
        }
        return said instanceof PeerHello.Root root ? root.round() : ((PeerHello.Ask) said).round();
    }
}
