package io.stitch.reactive.peer;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.InMemoryPersistence;
import io.stitch.reactive.ListQuery;
import io.stitch.reactive.Patch;
import io.stitch.reactive.RecordSafety;
import io.stitch.reactive.Safety;
import io.stitch.reactive.Scope;
import io.stitch.reactive.ScopeRefusal;
import io.stitch.reactive.ScopeSafety;
import io.stitch.reactive.ScopeStatus;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.peer.Peers.Peer;
import io.stitch.reactive.peer.internal.wire.PeerEnvelope;
import io.stitch.reactive.spi.OutboundMessage;
import io.stitch.reactive.spi.Persistence;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import static io.stitch.reactive.peer.Peers.START;
import static io.stitch.reactive.peer.Peers.TASK;
import static io.stitch.reactive.peer.Peers.titles;
import static org.assertj.core.api.Assertions.assertThat;

/** Scopes whose messages are encrypted: what is sent, what is taken, and what a store without the key shows. */
class EncryptedScopesTest {
    private static final ScopeKey FIRST = key("k1", 1);
    private static final ScopeKey SECOND = key("k2", 2);
    private final Peers peers = new Peers();

    @AfterEach
    void close() {
        peers.close();
    }

    private static ScopeKey key(String kid, int fill) {
        byte[] secret = new byte[ScopeKey.SECRET_BYTES];
        Arrays.fill(secret, (byte) fill);
        return ScopeKey.of(kid, secret);
    }

    private Peer peer(String name, ScopeKeys keys) {
        return peer(name, Persistence.none(), keys);
    }

    private Peer peer(String name, Persistence disk, ScopeKeys keys) {
        return peers.peer(name, disk, builder -> builder.encrypted(keys));
    }

    private static ScopeKeyTable with(ScopeKey key) {
        return new ScopeKeyTable().put("p1", key);
    }

    @Test
    void peersWithOneKeySeeTheSameAndNothingOfItIsReadableOnTheWay() {
        Peer ada = peer("ada", with(FIRST));
        Scope hers = ada.open("p1");
        ada.create(hers, "t1", "a secret title");
        Scope his = peer("ben", with(FIRST)).open("p1");
        peers.pass(Duration.ofSeconds(2));
        ada.title(hers, "t1", "another secret");
        ada.write(hers.delete(TASK, "t2"));

        assertThat(titles(his)).containsExactly("t1=another secret");
        assertThat(peers.network.published).isNotEmpty().allSatisfy(message -> {
            ObjectNode payload = Json.readObject(message.payload());
            assertThat(payload.propertyNames()).containsExactly("enc", "kid", "iv", "ct");
            assertThat(payload.path("enc").intValue()).isEqualTo(1);
            assertThat(payload.path("kid").stringValue()).isEqualTo("k1");
        });
        assertThat(ada.store.diagnosticCounts()).doesNotContainKey(DiagnosticCode.NOT_DECRYPTED);
    }

    @Test
    void noTwoMessagesHaveOneNonce() {
        Peer ada = peer("ada", with(FIRST));
        Scope hers = ada.open("p1");
        for (int i = 0; i < 50; i++) {
            ada.create(hers, "t" + i, "the same");
        }

        assertThat(peers.network.published)
                .extracting(message -> Json.read(message.payload()).path("iv").stringValue())
                .hasSizeGreaterThan(50)
                .doesNotHaveDuplicates();
    }

    @Test
    void aMessageThatWasChangedOrMovedToAnotherTopicIsDroppedAndReportedOnce() {
        Peer ada = peer("ada", with(FIRST));
        Peer ben = peer("ben", new ScopeKeyTable().put("p1", FIRST).put("p2", FIRST));
        Scope his = ben.open("p1");
        Scope other = ben.open("p2");
        List<String> reports = new ArrayList<>();
        ben.store.diagnostics().map(each -> each.code().name()).subscribe(reports::add);
        Scope hers = ada.open("p1");
        ada.create(hers, "t1", "title");
        OutboundMessage said = peers.network.publishedTo("task/events/created").get(0);
        PeerEnvelope envelope = PeerEnvelope.read(said.payload());
        byte[] changed = envelope.ciphertext().clone();
        changed[3] ^= 1;
        byte[] forged = new PeerEnvelope("k1", envelope.iv(), changed).write();

        peers.network.deliver(said.topic().replace("/p1/", "/p2/"), said.payload());
        peers.network.deliver(said.topic().replace("/created", "/deleted"), said.payload());
        peers.network.deliver(said.topic(), forged);
        peers.network.deliver(said.topic(), forged);
        peers.settle();

        assertThat(titles(his)).containsExactly("t1=title");
        assertThat(titles(other)).isEmpty();
        assertThat(ben.store.diagnosticCounts()).containsEntry(DiagnosticCode.NOT_DECRYPTED, 4L);
        assertThat(reports).filteredOn("NOT_DECRYPTED"::equals).hasSize(2); // One for each scope.
    }

    @Test
    void whatIsNotEncryptedWhereAKeyIsSetIsDroppedAndReportedOnce() {
        Peer ada = peer("ada", with(FIRST));
        Scope hers = ada.open("p1");
        List<String> reports = new ArrayList<>();
        ada.store.diagnostics().map(each -> each.code().name()).subscribe(reports::add);

        peers.deliver("p1/task/events/updated", Peers.task("t1", "plain", START + 1));
        peers.deliver("p1/task/events/updated", Peers.task("t2", "plain", START + 1));
        peers.deliver("p1/hello", Peers.hello("mallory"));

        assertThat(titles(hers)).isEmpty();
        assertThat(ada.store.diagnosticCounts()).containsEntry(DiagnosticCode.NOT_ENCRYPTED, 3L);
        assertThat(reports).containsOnlyOnce("NOT_ENCRYPTED");
    }

    @Test
    void whatIsEncryptedWhereNoKeyIsSetIsDroppedAndReportedOncePerKey() {
        Peer ada = peer("ada", with(FIRST));
        Peer ben = peers.peer("ben");
        Peer cleo = peer("cleo", new ScopeKeyTable().plain("p1"));
        Scope his = ben.open("p1");
        Scope cleos = cleo.open("p1");
        ben.create(his, "t0", "plain");
        Scope hers = ada.open("p1");
        List<String> reports = new ArrayList<>();
        ben.store
                .diagnostics()
                .filter(each -> each.code() == DiagnosticCode.NOT_DECRYPTED)
                .map(each -> each.detail())
                .subscribe(reports::add);
        ada.create(hers, "t1", "title");
        ada.create(hers, "t2", "title");
        peers.pass(Duration.ofSeconds(10));

        assertThat(titles(his)).containsExactly("t0=plain");
        assertThat(titles(cleos)).containsExactly("t0=plain");
        assertThat(titles(hers)).containsExactly("t1=title", "t2=title");
        assertThat(ben.store.diagnosticCounts().get(DiagnosticCode.NOT_DECRYPTED))
                .isGreaterThan(2L);
        assertThat(reports).hasSizeLessThanOrEqualTo(1).allMatch(detail -> detail.contains("k1"));
    }

    @Test
    void manyMadeUpKeysAreRememberedUpToABound() {
        Peer ada = peer("ada", with(FIRST));
        ada.open("p1");
        List<String> reports = new ArrayList<>();
        ada.store.diagnostics().map(each -> each.code().name()).subscribe(reports::add);
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < 1_000; i++) {
                byte[] made = new PeerEnvelope("made-up-" + i, new byte[12], new byte[16]).write();
                peers.network.deliver("stitch/peer/project/p1/task/events/updated", made);
            }
            peers.settle();
        }

        assertThat(ada.store.diagnosticCounts()).containsEntry(DiagnosticCode.NOT_DECRYPTED, 2_000L);
        assertThat(reports).filteredOn("NOT_DECRYPTED"::equals).hasSize(1_000);
    }

    @Test
    void keysChangeWhileStoresRun() {
        ScopeKeyTable adas = with(FIRST);
        ScopeKeyTable bens = with(FIRST);
        Peer ada = peer("ada", adas);
        Peer ben = peer("ben", bens);
        Scope hers = ada.open("p1");
        Scope his = ben.open("p1");
        adas.put("p1", FIRST, SECOND);
        bens.put("p1", SECOND, FIRST); // Ben writes with the second already, and ada reads it.
        peers.pass(Duration.ofSeconds(10));
        ben.create(his, "t1", "by the second");
        ada.create(hers, "t2", "by the first");
        adas.put("p1", SECOND);
        bens.put("p1", SECOND);
        ada.title(hers, "t1", "by the second, too");

        assertThat(titles(hers)).containsExactly("t1=by the second, too", "t2=by the first");
        assertThat(titles(his)).isEqualTo(titles(hers));
        assertThat(Json.read(peers.network
                                .published
                                .get(peers.network.published.size() - 1)
                                .payload())
                        .path("kid")
                        .stringValue())
                .isEqualTo("k2");
        assertThat(ada.store.diagnosticCounts()).doesNotContainKey(DiagnosticCode.NOT_DECRYPTED);
    }

    @Test
    void whoeverGetsAKeyLateLearnsByComparingWhatItHasMissed() {
        ScopeKeyTable bens = with(FIRST);
        Peer ada = peer("ada", new ScopeKeyTable().put("p1", SECOND, FIRST));
        Peer ben = peer("ben", bens);
        Scope hers = ada.open("p1");
        Scope his = ben.open("p1");
        ada.create(hers, "t1", "by a key that ben does not have");
        assertThat(titles(his)).isEmpty();

        bens.put("p1", FIRST, SECOND);
        peers.pass(Duration.ofSeconds(7));

        assertThat(titles(his)).containsExactly("t1=by a key that ben does not have");
    }

    @Test
    void aScopeWithoutItsKeyShowsNothingTakesNothingAndOpensWhenTheKeyComes() {
        Persistence disk = new InMemoryPersistence();
        ScopeKeyTable keys = with(FIRST);
        Peer before = peer("ada", disk, keys);
        before.create(before.open("p1"), "t1", "on disk");
        before.stop();
        keys.remove("p1");
        Peer ada = peer("ada", disk, keys);
        List<ScopeRefusal> refusals = new ArrayList<>();
        ada.store.scopeErrors().subscribe(refusals::add);
        int published = peers.network.published.size();
        Scope hers = ada.open("p1");
        List<ScopeStatus.State> states = new ArrayList<>();
        hers.status().subscribe(status -> states.add(status.state()));
        ada.write(hers.create(TASK, new Peers.Task("t2", "p1", "refused")));
        ada.write(hers.update(TASK, "t1", Patch.of("title", "refused")));
        peers.pass(Duration.ofMinutes(6));

        assertThat(titles(hers)).isEmpty();
        assertThat(refusals).singleElement().satisfies(refusal -> {
            assertThat(refusal.scopeId()).isEqualTo("p1");
            assertThat(refusal.code()).isEqualTo(423);
            assertThat(refusal.message()).contains("key of scope 'p1' is missing");
        });
        assertThat(ada.store.diagnosticCounts()).containsEntry(DiagnosticCode.KEY_MISSING, 1L);
        assertThat(ada.outcomes).hasSize(2).first().asString().startsWith("KeyMissingException");
        assertThat(peers.network.published).hasSize(published);
        List<Peers.Task> listed = new ArrayList<>();
        ada.store.list(TASK, ListQuery.all()).subscribe(listed::addAll);
        peers.settle();
        assertThat(listed).isEmpty();

        keys.put("p1", FIRST);
        peers.settle();

        assertThat(titles(hers)).containsExactly("t1=on disk");
        peers.pass(Duration.ofSeconds(3));
        assertThat(states)
                .startsWith(ScopeStatus.State.REFUSED, ScopeStatus.State.OPENING, ScopeStatus.State.COMPARING);
        ada.title(hers, "t1", "written again");
        assertThat(titles(hers)).containsExactly("t1=written again");
        assertThat(ada.outcomes).last().asString().contains("SYNCED");
    }

    @Test
    void whatIsToldOfAScopeGoesOnWhenItsKeyHasComeOrHasGone() {
        Persistence disk = new InMemoryPersistence();
        ScopeKeyTable keys = with(FIRST);
        Peer before = peer("ada", disk, keys);
        before.create(before.open("p1"), "t1", "on disk");
        before.stop();
        keys.remove("p1");
        peers.network.cut("ada");
        Scope hers = peer("ada", disk, keys).open("p1");
        List<ScopeStatus.State> states = new ArrayList<>();
        List<ScopeSafety> safety = new ArrayList<>();
        List<RecordSafety> one = new ArrayList<>();
        hers.status().subscribe(status -> states.add(status.state()));
        hers.safety().subscribe(safety::add);
        hers.safety(TASK, "t1").subscribe(one::add);
        peers.settle();
        assertThat(states).containsExactly(ScopeStatus.State.REFUSED);
        assertThat(safety).isEmpty();

        keys.put("p1", FIRST);
        peers.pass(Duration.ofSeconds(1));
        assertThat(states).endsWith(ScopeStatus.State.OFFLINE);
        assertThat(safety).endsWith(new ScopeSafety(0, 1, 0, 0));
        assertThat(one).endsWith(new RecordSafety(Safety.ONLY_HERE, 0));

        keys.remove("p1");
        peers.pass(Duration.ofSeconds(1));
        keys.put("p1", FIRST);
        peers.network.reconnect("ada");
        Peer ben = peer("ben", with(FIRST));
        ben.open("p1");
        peers.pass(Duration.ofMinutes(2));
        assertThat(safety).endsWith(new ScopeSafety(0, 0, 0, 1));
        assertThat(one).endsWith(new RecordSafety(Safety.HELD, 1));
        assertThat(states).endsWith(ScopeStatus.State.COMPARED);
    }

    @Test
    void aScopeWhoseKeyGoesIsEmptiedAndComesBackWithTheKey() {
        ScopeKeyTable keys = with(FIRST);
        Peer ada = peer("ada", new InMemoryPersistence(), keys);
        Scope hers = ada.open("p1");
        ada.create(hers, "t1", "title");
        List<String> events = new ArrayList<>();
        hers.events().subscribe(event -> events.add(event.operation() + " " + event.id()));
        peers.settle();

        keys.remove("p1");
        peers.settle();
        assertThat(titles(hers)).isEmpty();
        int published = peers.network.published.size();
        peers.deliver("p1/task/events/updated", Peers.task("t2", "plain", START + 1));
        peers.pass(Duration.ofMinutes(6));
        assertThat(peers.network.published).hasSize(published);

        keys.put("p1", FIRST);
        peers.settle();
        assertThat(titles(hers)).containsExactly("t1=title");
        assertThat(events).containsExactly("CREATED t1", "DELETED t1", "CREATED t1");
    }

    @Test
    void whatWaitsToBeSentWaitsForTheKey() {
        Persistence disk = new InMemoryPersistence();
        ScopeKeyTable keys = with(FIRST);
        Peer before = peer("ada", disk, keys);
        Scope hers = before.open("p1");
        peers.network.cut("ada");
        before.create(hers, "t1", "written offline");
        before.stop();
        keys.remove("p1");
        peers.network.reconnect("ada");
        int published = peers.network.published.size();
        Peer ada = peer("ada", disk, keys);
        peers.pass(Duration.ofMinutes(2));
        assertThat(peers.network.published).hasSize(published);
        assertThat(titles(ada.open("p1"))).isEmpty();

        keys.put("p1", FIRST);
        peers.pass(Duration.ofSeconds(40));

        assertThat(peers.network.publishedTo("task/events/created")).hasSize(1);
    }

    @Test
    void anEncryptedScopeIsAnnouncedThoughItCannotBeRead() {
        peer("ada", with(FIRST)).open("p1");
        Peer ben = peers.peer("ben");
        List<String> announced = new ArrayList<>();
        ben.sync.announcedScopes().subscribe(ids -> {
            announced.clear();
            announced.addAll(ids);
        });
        peers.pass(Duration.ofMinutes(6));

        assertThat(announced).containsExactly("p1");
        assertThat(ben.store.diagnosticCounts()).doesNotContainKey(DiagnosticCode.SCOPE_NOT_OPEN);
    }

    @Test
    void aRecordThatFitsUntilItIsEncryptedIsRefused() {
        Peer ada = peer("ada", with(FIRST));
        Scope hers = ada.open("p1");
        ada.store.disconnect().subscribe();
        peers.settle();
        peers.network.maximumPacketSize = 14_000;
        ada.store.connect().subscribe();
        peers.settle();
        ada.create(hers, "t1", "x".repeat(9_000)); // 12 000 characters in Base64, and the headers' room.
        ada.create(hers, "t2", "x".repeat(8_000));

        assertThat(ada.outcomes.get(0)).contains("more than the broker takes");
        assertThat(ada.outcomes.get(1)).contains("SYNCED");
        assertThat(peers.network.published).allMatch(message -> message.payload().length < 12_000);
    }

    @Test
    void keysThatCannotBeAskedForAreMissingAndNoSecretIsQuoted() {
        Peer ada = peer("ada", scope -> {
            throw new IllegalStateException(
                    "secret " + new String(FIRST.secret().getEncoded(), StandardCharsets.UTF_8));
        });
        List<String> details = new ArrayList<>();
        ada.store.diagnostics().subscribe(each -> details.add(each.detail()));
        ada.open("p1");

        assertThat(ada.store.diagnosticCounts())
                .containsKeys(DiagnosticCode.KEY_MISSING, DiagnosticCode.INTERNAL_ERROR);
        assertThat(details).noneMatch(detail -> detail.contains("secret "));
        assertThat(FIRST + " " + with(FIRST) + " " + new ScopeKeys.Encrypted(FIRST))
                .doesNotContain(new String(FIRST.secret().getEncoded(), StandardCharsets.UTF_8), "[B@")
                .contains("k1");
    }
}
