package io.stitch.reactive.peer;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.Scope;
import io.stitch.reactive.UserProperty;
import io.stitch.reactive.peer.Peers.Peer;
import io.stitch.reactive.peer.internal.Signatures;
import io.stitch.reactive.spi.ConnectRequest;
import io.stitch.reactive.spi.OutboundMessage;
import io.stitch.reactive.spi.Persistence;
import io.stitch.reactive.spi.TransportException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import static io.stitch.reactive.peer.Peers.START;
import static io.stitch.reactive.peer.Peers.TASK;
import static io.stitch.reactive.peer.Peers.titles;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Who is there, which scopes there are, and whom to believe. */
class NeighboursTest {
    private final Peers peers = new Peers();

    @AfterEach
    void close() {
        peers.close();
    }

    private List<List<String>> presence(Peer peer) {
        List<List<String>> lists = new ArrayList<>();
        peer.sync
                .presence("p1")
                .map(list -> list.stream().map(PresentPeer::clientId).toList())
                .subscribe(lists::add);
        peers.settle();
        return lists;
    }

    private static <T> T last(List<T> list) {
        return list.get(list.size() - 1);
    }

    // ---- presence ----

    @Test
    void aPeerIsPresentFromItsHelloUntilItSaysGoodbye() {
        Peer ada = peers.peer("ada");
        ada.open("p1");
        List<List<String>> lists = presence(ada);
        Peer ben = peers.peer("ben");
        ben.open("p1");
        assertThat(last(lists)).containsExactly("ben");
        ben.store.disconnect().subscribe();
        peers.settle();
        assertThat(last(lists)).isEmpty();
        ben.store.connect().subscribe();
        peers.pass(Duration.ofSeconds(7));
        assertThat(last(lists)).containsExactly("ben");
        ben.stop();
        assertThat(lists).containsExactly(List.of(), List.of("ben"), List.of(), List.of("ben"), List.of());
    }

    @Test
    void theBrokerSaysThatAPeerIsGoneWhoseConnectionBroke() {
        Peer ada = peers.peer("ada");
        ada.open("p1");
        List<List<String>> lists = presence(ada);
        peers.peer("ben").open("p1");
        peers.network.cut("ben");
        peers.settle();
        assertThat(lists).containsExactly(List.of(), List.of("ben"), List.of());
    }

    @Test
    void aPeerThatIsSilentForTooLongIsNoLongerPresentAndAWriteIsASignOfLife() {
        Peer ada = peers.peer("ada");
        ada.open("p1");
        List<List<String>> lists = presence(ada);
        peers.deliver("p1/task/events/created", Peers.task("t1", "one", START));
        assertThat(last(lists)).containsExactly("other");
        peers.pass(Duration.ofMinutes(11));
        assertThat(last(lists)).containsExactly("other");
        peers.deliver("p1/task/events/created", Peers.task("t1", "two", START + 1));
        peers.pass(Duration.ofMinutes(11));
        assertThat(last(lists)).containsExactly("other");
        peers.pass(Duration.ofMinutes(8));
        assertThat(last(lists)).isEmpty();
    }

    @Test
    void whereLeavingIsNotAnnouncedThereIsNeitherALastWillNorAGoodbye() {
        Peer ada = peers.peer("ada", Persistence.none(), builder -> builder.announceLeaving(false));
        ada.stop();
        Peer ben = peers.peer("ben");
        ben.stop();
        assertThat(peers.network.connects)
                .extracting(request -> request.lastWill() != null)
                .containsExactly(false, true);
        assertThat(peers.network.published).extracting(OutboundMessage::topic).containsExactly("stitch/peer/_gone/ben");
    }

    // ---- scopes ----

    @Test
    void theScopesThatPeersAnnounceAreListedWhetherTheyAreOpenHereOrNot() {
        Peer ada = peers.peer("ada");
        List<List<String>> lists = new ArrayList<>();
        ada.sync.announcedScopes().subscribe(lists::add);
        peers.settle();
        Scope bens = peers.peer("ben").open("p2");
        ada.open("p1");
        assertThat(lists).containsExactly(List.of(), List.of("p2"), List.of("p1", "p2"));
        peers.network.breakConnection("ada");
        peers.pass(Duration.ofSeconds(7));
        peers.peer("cleo").open("p3");
        assertThat(last(lists)).as("across connections").containsExactly("p1", "p2", "p3");
        bens.close();
        peers.pass(Duration.ofMinutes(20));
        assertThat(last(lists)).containsExactly("p1", "p3");
        assertThat(ada.store.diagnosticCounts()).doesNotContainKey(DiagnosticCode.SCOPE_NOT_OPEN);
    }

    // ---- signatures ----

    private static KeyPair keys() {
        try {
            return KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private Peer signing(String name, KeyPair own, PublicKey... trusted) {
        return peers.peer(name, Persistence.none(), builder -> builder.signed(own, List.of(trusted)));
    }

    @Test
    void peersThatTrustEachOtherUnderstandEachOther() {
        KeyPair adas = keys();
        KeyPair bens = keys();
        Peer ada = signing("ada", adas, bens.getPublic());
        Scope scope = ada.open("p1");
        ada.create(scope, "t1", "one");
        Peer ben = signing("ben", bens, PeerSync.publicKey(PeerSync.publicKeyText(adas.getPublic())));
        Scope other = ben.open("p1");
        peers.pass(Duration.ofSeconds(1));
        ben.title(other, "t1", "two");

        assertThat(titles(scope)).containsExactly("t1=two");
        assertThat(titles(other)).containsExactly("t1=two");
        assertThat(peers.sent("p1/hello").get(0).path("key").asString())
                .isEqualTo(PeerSync.publicKeyText(adas.getPublic()));
        assertThat(ada.store.diagnosticCounts()).doesNotContainKey(DiagnosticCode.FORGED);
    }

    @Test
    void whatIsNotSignedByATrustedPeerIsRefusedAndReported() {
        KeyPair adas = keys();
        Peer ada = signing("ada", adas);
        Scope scope = ada.open("p1");
        ada.create(scope, "t1", "one");
        Peer mallory = signing("mallory", keys(), adas.getPublic());
        Scope theirs = mallory.open("p1");
        peers.pass(Duration.ofSeconds(1));
        mallory.create(theirs, "t1", "signed by nobody one trusts");
        peers.deliver("p1/task/events/updated", Peers.task("t1", "not signed", START + 10_000));
        peers.deliver("p1/hello", Peers.hello("other"));
        peers.pass(Duration.ofSeconds(1));

        assertThat(titles(scope)).containsExactly("t1=one");
        assertThat(mallory.outcomes).containsExactly("SYNCED");
        assertThat(ada.store.diagnosticCounts().get(DiagnosticCode.FORGED)).isGreaterThanOrEqualTo(3);
        assertThat(ada.store.diagnosticCounts()).containsEntry(DiagnosticCode.UNTRUSTED, 1L);
    }

    @Test
    void aSignedWriteOrHelloCannotBeChangedOrMovedToAnotherTopic() {
        KeyPair adas = keys();
        Peer ada = signing("ada", adas);
        Scope scope = ada.open("p1");
        ada.create(scope, "t1", "one");
        OutboundMessage genuine =
                peers.network.publishedTo("/task/events/created").get(0);
        String text = new String(genuine.payload(), StandardCharsets.UTF_8);
        byte[] changed = text.replace("one", "two")
                .replace("\"counter\":0", "\"counter\":9")
                .getBytes(StandardCharsets.UTF_8);
        peers.network.deliver(new OutboundMessage(genuine.topic(), changed, null, null, genuine.userProperties()));
        peers.network.deliver(new OutboundMessage(
                "stitch/peer/project/p1/task/events/deleted", genuine.payload(), null, null, genuine.userProperties()));
        List<UserProperty> noBase64 = List.of(
                new UserProperty(Signatures.KEY_PROPERTY, PeerSync.publicKeyText(adas.getPublic())),
                new UserProperty(Signatures.SIGNATURE_PROPERTY, "?"));
        OutboundMessage hello = peers.network.publishedTo("/hello").get(0);
        peers.network.deliver(new OutboundMessage(hello.topic(), hello.payload(), null, null, noBase64));
        peers.settle();

        assertThat(titles(scope)).containsExactly("t1=one");
        assertThat(ada.store.diagnosticCounts()).containsEntry(DiagnosticCode.FORGED, 3L);
    }

    @Test
    void aGoodbyeIsSignedAndThatOfTheBrokerToo() {
        KeyPair adas = keys();
        KeyPair bens = keys();
        Peer ada = signing("ada", adas, bens.getPublic());
        ada.open("p1");
        List<List<String>> lists = presence(ada);
        Peer ben = signing("ben", bens, adas.getPublic());
        ben.open("p1");
        peers.network.breakConnection("ben");
        peers.settle();
        assertThat(last(lists)).isEmpty();
        peers.pass(Duration.ofSeconds(10));
        assertThat(last(lists)).containsExactly("ben");
        ben.stop();
        assertThat(last(lists)).isEmpty();
        assertThat(ada.store.diagnosticCounts()).doesNotContainKeys(DiagnosticCode.FORGED, DiagnosticCode.OUTDATED);
    }

    @Test
    void aGoodbyeThatSomebodyHasHeardCannotBeSentAgain() {
        KeyPair adas = keys();
        KeyPair bens = keys();
        Peer ada = signing("ada", adas, bens.getPublic());
        ada.open("p1");
        List<List<String>> lists = presence(ada);
        signing("ben", bens, adas.getPublic()).open("p1");
        peers.network.breakConnection("ben");
        peers.pass(Duration.ofSeconds(10));
        peers.network.breakConnection("ben");
        peers.pass(Duration.ofSeconds(10));
        assertThat(last(lists)).containsExactly("ben");
        peers.network.connects.stream()
                .filter(request -> request.clientId().equals("ben"))
                .map(ConnectRequest::lastWill)
                .limit(2)
                .forEach(heard -> peers.network.deliver(
                        new OutboundMessage(heard.topic(), heard.payload(), null, null, heard.userProperties())));
        peers.settle();
        assertThat(last(lists)).containsExactly("ben");
        assertThat(ada.store.diagnosticCounts()).containsEntry(DiagnosticCode.OUTDATED, 2L);
    }

    @Test
    void aGoodbyeMustSayOfWhichConnectionItIsWherePeersSign() {
        KeyPair keys = keys();
        Peer ada = signing("ada", keys);
        ada.open("p1");
        List<List<String>> lists = presence(ada);
        signing("ben", keys).open("p1");
        goodbye(keys, "{\"clientId\":\"ben\"}");
        goodbye(keys, "{\"clientId\":\"ben\",\"connectedAt\":-1}");
        goodbye(keys, "{\"clientId\":\"ben\",\"connectedAt\":\"now\"}");
        assertThat(last(lists)).containsExactly("ben");
        assertThat(ada.store.diagnosticCounts()).containsEntry(DiagnosticCode.FORGED, 3L);
    }

    private void goodbye(KeyPair keys, String payload) {
        String topic = "stitch/peer/_gone/ben";
        byte[] bytes = payload.getBytes(StandardCharsets.UTF_8);
        List<UserProperty> properties = new ArrayList<>();
        Signatures.of(keys).sign(topic, bytes, properties);
        peers.network.deliver(new OutboundMessage(topic, bytes, null, null, properties));
        peers.settle();
    }

    @Test
    void aGoodbyeOfAnEarlierConnectionEndsNoLaterOne() {
        Peer ada = peers.peer("ada");
        ada.open("p1");
        List<List<String>> lists = presence(ada);
        peers.deliver("p1/hello", "{'clientId':'other','connectedAt':2000,'manifest':[]}");
        String topic = "stitch/peer/_gone/other";
        peers.network.deliver(topic, "{\"connectedAt\":1999}".getBytes(StandardCharsets.UTF_8));
        peers.settle();
        assertThat(last(lists)).containsExactly("other");
        peers.network.deliver(topic, "{\"connectedAt\":2000}".getBytes(StandardCharsets.UTF_8));
        peers.settle();
        assertThat(last(lists)).isEmpty();
        peers.deliver("p1/task/events/created", Peers.task("t1", "one", START));
        peers.network.deliver(topic, "{\"connectedAt\":2000}".getBytes(StandardCharsets.UTF_8));
        peers.settle();
        assertThat(last(lists)).as("told once").containsExactly("other");
        peers.network.deliver(topic, "{}".getBytes(StandardCharsets.UTF_8));
        peers.settle();
        assertThat(last(lists)).as("by one who does not say it").isEmpty();
    }

    @Test
    void keysOfAnotherKindAreRefusedAtOnce() throws NoSuchAlgorithmException {
        KeyPair rsa = KeyPairGenerator.getInstance("RSA").generateKeyPair();
        assertThatThrownBy(() -> PeerSync.builder().signed(rsa, List.of())).hasMessageContaining("Ed25519");
        assertThatThrownBy(() ->
                        PeerSync.builder().signed(new KeyPair(keys().getPublic(), keys().getPrivate()), List.of()))
                .hasMessageContaining("does not belong");
        assertThatThrownBy(() -> PeerSync.publicKey("AAAA")).hasMessageContaining("Not the text");
    }

    // ---- what comes from outside ----

    @Test
    void whatBreaksARuleIsDroppedCountedAndHarmsNothing() {
        Peer ada = peers.peer("ada");
        Scope scope = ada.open("p1");
        String good = Peers.task("t1", "one", START);
        peers.deliver("p1/task/events/created", "no json");
        peers.deliver("p1/task/events/created", "[]");
        peers.deliver("p1/task/events/created", good.replace("'hlc'", "'other'").replace("'_hlc'", "'_other'"));
        peers.deliver("p1/task/events/created", good.replace("'title'", "'_version'"));
        peers.deliver("p1/task/events/deleted", good.replace("'title'", "'_version'"));
        peers.deliver("p1/task/events/created", good.replace("'counter':0", "'counter':-1"));
        peers.deliver("p1/task/events/created", good.replace("'counter':0", "'counter':2147483648"));
        peers.deliver("p1/task/events/created", good.replace("'ts':" + START, "'ts':9007199254740992"));
        peers.deliver("p1/task/events/created", good.replace("'ts':" + START, "'ts':1.5"));
        peers.deliver("p1/task/events/created", good.replace("'nodeId':'other'", "'nodeId':''"));
        peers.deliver("p1/task/events/created", good.replaceFirst("'counter':0", "'counter':1"));
        peers.deliver("p1/task/events/created", good.replace("'projectId':'p1'", "'projectId':'p2'"));
        peers.deliver("p1/task/events/created", good.replace("'id':'t1'", "'id':'a/b'"));
        peers.deliver("p1/task/events/created", good.replace("'sender':'other'", "'sender':'a/b'"));
        peers.deliver("p1/task/create", "{}");
        peers.deliver("p1/hello", "{'manifest':[]}");
        peers.deliver("p1/hello", "{'clientId':'a/b','manifest':[]}");
        peers.deliver("p1/hello", "{'clientId':'other'}");
        peers.deliver("p1/hello", "{'clientId':'other','manifest':{}}");
        peers.deliver("p1/hello", "{'clientId':'other2','manifest':[");
        peers.deliver(
                "p1/hello",
                "{'clientId':'other2','manifest':[1,null,{'id':'x'},{'id':'x','entity':'nobody','hlc':" + Peers.stamp(1)
                        + "}]}");
        peers.pass(Duration.ofSeconds(1));

        assertThat(scope.snapshot(TASK)).isEmpty();
        assertThat(ada.store.diagnosticCounts())
                .containsEntry(DiagnosticCode.WRONG_MODE, 3L)
                .containsEntry(DiagnosticCode.MALFORMED_JSON, 2L)
                .containsEntry(DiagnosticCode.INVALID_ID, 1L)
                .containsEntry(DiagnosticCode.CONTRADICTS_TOPIC, 1L)
                .containsEntry(DiagnosticCode.UNKNOWN_TOPIC, 1L)
                .containsEntry(DiagnosticCode.MALFORMED_EVENT, 13L)
                .doesNotContainKey(DiagnosticCode.INTERNAL_ERROR);
        peers.deliver("p1/task/events/created", good);
        assertThat(titles(scope)).containsExactly("t1=one");
    }

    @Test
    void aMessageAboveTheBoundIsNotRead() {
        Peer ada = peers.peer("ada", Persistence.none(), builder -> builder.maxMessageBytes(1_024));
        Scope scope = ada.open("p1");
        peers.deliver("p1/task/events/created", Peers.task("t1", "x".repeat(2_000), START));
        assertThat(scope.snapshot(TASK)).isEmpty();
        assertThat(ada.store.diagnosticCounts()).containsEntry(DiagnosticCode.TOO_LARGE, 1L);
    }

    @Test
    void aManifestThatNobodyWouldReadIsNotSentAndReported() {
        Peer ada = peers.peer("ada", Persistence.none(), builder -> builder.maxMessageBytes(1_024));
        List<String> reports = new ArrayList<>();
        ada.store
                .diagnostics()
                .filter(each -> each.code() == DiagnosticCode.MANIFEST_TOO_LARGE)
                .subscribe(each -> reports.add(each.detail()));
        ada.open("p1");
        for (int i = 0; i < 20; i++) {
            peers.deliver("p1/task/events/created", Peers.task("t" + i, "title", START));
        }
        peers.pass(Duration.ofMinutes(6));
        assertThat(peers.sent("p1/hello")).hasSize(1);
        assertThat(ada.store.diagnosticCounts()).containsEntry(DiagnosticCode.MANIFEST_TOO_LARGE, 1L);
        assertThat(reports)
                .singleElement()
                .satisfies(
                        detail -> assertThat(detail).contains("of 20 records", "maxMessageBytes", "split the scope"));
    }

    @Test
    void aScopeThatMayNotBeSubscribedToIsAnError() {
        Peer ada = peers.peer("ada");
        List<Integer> codes = new ArrayList<>();
        ada.store.scopeErrors().subscribe(refused -> codes.add(refused.code()));
        peers.network.refusals =
                message -> new TransportException(TransportException.Kind.REFUSED, 0x87, "not authorized", null);
        ada.open("p1");
        peers.pass(Duration.ofSeconds(30));
        assertThat(codes).containsExactly(403);
    }
}
