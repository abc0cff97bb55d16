package io.stitch.reactive.peer.internal.wire;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.internal.wire.DigestNode;
import io.stitch.reactive.internal.wire.Inbound;
import io.stitch.reactive.internal.wire.RejectedMessage;
import io.stitch.reactive.internal.wire.Topics;
import io.stitch.reactive.internal.wire.WireSchema;
import io.stitch.reactive.peer.internal.merge.BookkeepingRules;
import io.stitch.reactive.peer.internal.trust.Authors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What peers say on hello topics: what is written is read, and what breaks a rule is not. */
class PeerHellosTest {
    private static final Hlc STAMP = new Hlc(1_714_694_400_000L, 3, "ada~k3");
    private static final PeerPayloads.Entry ENTRY = new PeerPayloads.Entry("task", "t1", STAMP);
    private static final PeerHellos.Head HEAD =
            new PeerHellos.Head("ada", "key", 5, 7, Set.of("digest"), true, List.of("ben"));
    private static final PeerDecoder DECODER = new PeerDecoder(
            new Topics("stitch/peer", "stitch/peer", "project"),
            new WireSchema("project", Map.of("task", "projectId"), Set.of()),
            (topic, payload, property) -> null,
            new BookkeepingRules(),
            (scope, topic, payload) -> payload,
            Authors.OFF,
            16 << 20);

    private static byte[] bytes(String json) {
        return json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    }

    private static Inbound decode(byte[] payload) {
        return DECODER.decode("stitch/peer/project/p1/hello", payload, false, name -> null);
    }

    private static Inbound decode(String payload) {
        return decode(bytes(payload));
    }

    // ---- hellos ----

    @Test
    void aManifestMayHaveMoreEntriesThanOtherMessagesHaveTokens() {
        PeerHello hello = PeerHelloReader.read(PeerHellos.whole(HEAD, "r1", Collections.nCopies(300_000, ENTRY)));
        assertThat(hello.connectedAt()).isEqualTo(5);
        assertThat(hello.saidAt()).isEqualTo(7);
        assertThat(hello.answers()).isTrue();
        assertThat(hello.newcomer()).isTrue();
        assertThat(hello.inTurn()).containsExactly("ben");
        assertThat(hello.said()).isInstanceOfSatisfying(PeerHello.Whole.class, said -> {
            assertThat(said.round()).isEqualTo("r1");
            assertThat(said.manifest().entries()).hasSize(300_000).endsWith(ENTRY);
            assertThat(said.manifest().skipped()).isZero();
        });
    }

    @Test
    void whatIsWrittenIsRead() {
        DigestNode node = new DigestNode(100_000, "sV30V4REXWaLeOuVaJo0LQ");
        assertThat(PeerHelloReader.read(PeerHellos.part(HEAD, "r1", List.of("3a", ""), List.of(ENTRY)))
                        .said())
                .isEqualTo(new PeerHello.Part("r1", Set.of("3a", ""), new PeerHello.Manifest(List.of(ENTRY), 0)));
        assertThat(PeerHelloReader.read(PeerHellos.root(HEAD, "r1", node)).said())
                .isEqualTo(new PeerHello.Root("r1", node));
        assertThat(PeerHelloReader.read(PeerHellos.ask(HEAD, "r1", "ben", List.of("3", "a")))
                        .said())
                .isEqualTo(new PeerHello.Ask("r1", "ben", Set.of("3", "a")));
        assertThat(decode(PeerHellos.events("ben", Set.of("digest"), "ada", "r1", 3)))
                .isEqualTo(new PeerInbound.Answer("p1", "ben", "ada", "r1", true, false, 3, Map.of()));
        List<DigestNode> children = Collections.nCopies(16, node);
        assertThat(decode(PeerHellos.nodes("ben", Set.of(), "ada", "r1", Map.of("", children))))
                .isEqualTo(new PeerInbound.Answer(
                        "p1", "ben", "ada", "r1", false, false, PeerInbound.Answer.NODES, Map.of("", children)));
    }

    @Test
    void aHelloOfAPeerThatKnowsNothingElseHasNoneOfIt() {
        PeerHello hello = PeerHelloReader.read(bytes("{'clientId':'ada','manifest':[]}"));
        assertThat(hello.answers()).isFalse();
        assertThat(hello.saidAt()).isEqualTo(-1);
        assertThat(hello.said()).isEqualTo(new PeerHello.Whole(null, new PeerHello.Manifest(List.of(), 0)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "7",
                "[{}]",
                "{'id':['t1'],'entity':'task','hlc':{'ts':1,'counter':0,'nodeId':'a'}}",
                "{'id':'t1','entity':{'id':'task'},'hlc':{'ts':1,'counter':0,'nodeId':'a'}}",
                "{'id':'t1','entity':'task','hlc':{'ts':[1],'counter':0,'nodeId':'a'}}",
                "{'id':'t1','entity':'task','hlc':{'ts':1E400,'counter':0,'nodeId':null}}",
                "{'id':'t1','entity':'task','hlc':[1]}"
            })
    void whatIsNoEntryOfAManifestIsSkipped(String entry) {
        String good = "{'more':[{}],'id':'t1','entity':'task','hlc':{'more':{},'ts':1,'counter':0,'nodeId':'a'}}";
        PeerHello hello = PeerHelloReader.read(
                bytes("{'connectedAt':[7],'features':7,'inTurn':[[1],7],'manifest':[" + entry + ',' + good + "]}"));
        assertThat(hello.connectedAt()).isEqualTo(-1);
        assertThat(hello.inTurn()).isEmpty();
        assertThat(hello.said())
                .isEqualTo(new PeerHello.Whole(
                        null,
                        new PeerHello.Manifest(List.of(new PeerPayloads.Entry("task", "t1", new Hlc(1, 0, "a"))), 1)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[]",
                "{'clientId':'ada'}",
                "{'clientId':'ada','manifest':7}",
                "{'clientId':'ada','round':'r','within':[],'manifest':[]}",
                "{'clientId':'ada','round':'r','within':'3','manifest':[]}",
                "{'clientId':'ada','round':'r','within':['A'],'manifest':[]}",
                "{'clientId':'ada','round':'r','within':['0123456789abcdef0'],'manifest':[]}",
                "{'clientId':'ada','round':'r','within':[3],'manifest':[]}",
                "{'clientId':'ada','within':['3'],'manifest':[]}",
                "{'clientId':'ada','round':'r','within':['3']}",
                "{'clientId':'ada','digest':7}",
                "{'clientId':'ada','digest':{'n':7,'fp':'x'}}",
                "{'clientId':'ada','digest':{'round':'','n':7,'fp':'x'}}",
                "{'clientId':'ada','digest':{'round':'r','n':-7,'fp':'x'}}",
                "{'clientId':'ada','digest':{'round':'r','n':1e99,'fp':'x'}}",
                "{'clientId':'ada','digest':{'round':'r','n':7,'fp':7}}",
                "{'clientId':'ada','digest':{'round':'r','ask':['3']}}",
                "{'clientId':'ada','to':'a/b','digest':{'round':'r','ask':['3']}}",
                "{'clientId':'ada','to':'ben','digest':{'round':'r','ask':['0123456789abcdef']}}"
            })
    void whatIsNoHelloIsRejected(String hello) {
        assertThatThrownBy(() -> PeerHelloReader.read(bytes(hello))).isInstanceOf(RejectedMessage.class);
    }

    @Test
    void aPartOfARoundIsBounded() {
        String prefixes = String.join(",", Collections.nCopies(257, "'3'"));
        assertThatThrownBy(() -> PeerHelloReader.read(
                        bytes("{'clientId':'ada','round':'r','within':[" + prefixes + "],'manifest':[]}")))
                .hasMessageContaining("256 prefixes");
        byte[] large = PeerHellos.part(HEAD, "r", List.of("3"), Collections.nCopies(4_000, ENTRY));
        assertThatThrownBy(() -> PeerHelloReader.read(large)).hasMessageContaining("262144 bytes");
        String round = "r".repeat(129);
        assertThat(PeerHelloReader.read(PeerHellos.whole(HEAD, round, List.of()))
                        .said())
                .isEqualTo(new PeerHello.Whole(null, new PeerHello.Manifest(List.of(), 0)));
        assertThatThrownBy(() -> PeerHelloReader.read(PeerHellos.root(HEAD, round, DigestNode.EMPTY)))
                .hasMessageContaining("round");
        List<String> names = IntStream.range(0, 40).mapToObj(i -> "peer" + i).toList();
        PeerHellos.Head head = new PeerHellos.Head("ada", null, 5, 7, Set.of(), false, names);
        assertThat(PeerHelloReader.read(PeerHellos.whole(head, null, List.of())).inTurn())
                .hasSize(16);
    }

    // ---- who says it, before anything else is read ----

    @Test
    void thePartsOfARoundAreKnownBeforeTheyAreRead() {
        assertThat(decode(PeerHellos.whole(HEAD, "r1", List.of(ENTRY))))
                .isInstanceOfSatisfying(PeerInbound.Hello.class, hello -> {
                    assertThat(hello.peer()).isEqualTo("ada");
                    assertThat(hello.round()).as("a whole hello is none").isNull();
                });
        for (byte[] part : List.of(
                PeerHellos.part(HEAD, "r1", List.of("3"), List.of(ENTRY)),
                PeerHellos.root(HEAD, "r1", DigestNode.EMPTY),
                PeerHellos.ask(HEAD, "r1", "ben", List.of("3")))) {
            assertThat(decode(part))
                    .isInstanceOfSatisfying(
                            PeerInbound.Hello.class,
                            hello -> assertThat(hello.round()).isEqualTo("r1"));
        }
        assertThat(decode(PeerHellos.root(HEAD, "r".repeat(129), DigestNode.EMPTY)))
                .isInstanceOfSatisfying(
                        PeerInbound.Hello.class,
                        hello -> assertThat(hello.round()).isNull());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'from':'ben'}",
                "{'from':'ben','to':'a/b','round':'r','events':1}",
                "{'from':7,'to':'ada','round':'r','events':1}",
                "{'from':'ben','to':'ada','events':1}",
                "{'from':'ben','to':'ada','round':'r','events':-1}",
                "{'from':'ben','to':'ada','round':'r','events':4294967296}",
                "{'from':'ben','to':'ada','round':'r','nodes':{}}",
                "{'from':'ben','to':'ada','round':'r','nodes':{'':[[1,'x']]}}",
                "{'from':'ben','to':'ada','round':'r','nodes':{'X':[]}}",
                "{'round':'r','events':1}"
            })
    void whatIsNoAnswerIsDropped(String answer) {
        assertThat(decode(answer)).isInstanceOf(Inbound.Dropped.class);
    }

    @Test
    void anAnswerIsBounded() {
        String more = "x".repeat(DigestNode.MAX_BYTES);
        assertThat(decode("{'from':'ben','to':'ada','round':'r','events':1,'more':'" + more + "'}"))
                .isInstanceOfSatisfying(
                        Inbound.Dropped.class,
                        dropped -> assertThat(dropped.code()).isEqualTo(DiagnosticCode.MALFORMED_EVENT));
        assertThat(decode("{'from':'ben','to':'ada','round':'r','events':1,'more':[{}]}"))
                .isInstanceOf(PeerInbound.Answer.class);
    }
}
