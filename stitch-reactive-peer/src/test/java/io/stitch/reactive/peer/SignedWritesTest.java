package io.stitch.reactive.peer;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.EntityType;
import io.stitch.reactive.InMemoryPersistence;
import io.stitch.reactive.Patch;
import io.stitch.reactive.RecordSafety;
import io.stitch.reactive.Scope;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.peer.Author.Event;
import io.stitch.reactive.peer.Peers.Peer;
import io.stitch.reactive.spi.OutboundMessage;
import io.stitch.reactive.spi.Persistence;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Sinks;
import tools.jackson.databind.node.ObjectNode;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;

import static io.stitch.reactive.peer.Peers.START;
import static io.stitch.reactive.peer.Peers.TASK;
import static io.stitch.reactive.peer.Peers.titles;
import static org.assertj.core.api.Assertions.assertThat;

/** Writes that their authors sign: who is believed, through whomever it comes. */
class SignedWritesTest {
    private final Peers peers = new Peers();
    private final Author ada = new Author("ada");
    private final Author ben = new Author("ben");
    private final Author cleo = new Author("cleo");

    @AfterEach
    void close() {
        peers.close();
    }

    private static Peer peer(Peers world, String name, Author own, Persistence disk, Trust trust) {
        return world.peer(name, disk, builder -> builder.signed(own.keys, trust));
    }

    private Peer peer(Author own, Trust trust) {
        return peer(peers, own.name, own, Persistence.none(), trust);
    }

    private static Trust all(Author... authors) {
        return Trust.of(
                Arrays.stream(authors).map(author -> author.keys.getPublic()).toList());
    }

    private void deliver(Event event) {
        deliver(peers, event);
    }

    private static void deliver(Peers world, Event event) {
        world.network.deliver(event.topic(), event.payload());
        world.settle();
    }

    /** Trust that somebody changes. */
    private static final class Changing implements Trust {
        private final Set<String> authors = new HashSet<>();
        private final Sinks.Many<Boolean> changes = Sinks.many().multicast().directBestEffort();
        private final Map<String, Long> until = new HashMap<>();

        void trust(Author author) {
            authors.add(author.fingerprint());
            until.remove(author.fingerprint());
            changes.tryEmitNext(true);
        }

        void withdraw(Author author, long since) {
            until.put(author.fingerprint(), since);
            changes.tryEmitNext(true);
        }

        @Override
        public boolean isTrusted(Write write) {
            return authors.contains(write.author())
                    && write.time() <= until.getOrDefault(write.author(), Long.MAX_VALUE);
        }

        @Override
        public Publisher<?> changes() {
            return changes.asFlux();
        }
    }

    @Test
    void whatAnAuthorWroteIsTakenFromWhoeverPassesItOnWithTheAuthorsSignature() {
        Peer first = peer(ada, all(ada, ben, cleo));
        Scope hers = first.open("p1");
        Peer second = peer(ben, all(ada, ben, cleo));
        second.open("p1");
        first.create(hers, "t1", "by ada");
        first.create(hers, "t2", "to go");
        first.write(hers.delete(TASK, "t2"));
        first.stop();
        peers.network.published.clear();
        Scope theirs = peer(cleo, all(ada, ben, cleo)).open("p1");
        peers.pass(Duration.ofSeconds(2));

        assertThat(titles(theirs)).containsExactly("t1=by ada");
        OutboundMessage relayed =
                peers.network.publishedTo("task/events/created").get(0);
        assertThat(Json.read(relayed.payload()).path("sender").stringValue()).isEqualTo("ben");
        assertThat(Json.read(relayed.payload())
                        .path("data")
                        .path("_hlc")
                        .path("nodeId")
                        .stringValue())
                .endsWith('~' + ada.fingerprint());
    }

    /** An event has its author's signature: who sends it may be anybody, and say any name. */
    @Test
    void whoeverRepeatsAnEventUnderAMadeUpNameHoldsNothing() {
        Peer first = peer(ada, all(ada));
        Scope hers = first.open("p1");
        first.create(hers, "t1", "by ada");
        OutboundMessage own = peers.network.publishedTo("task/events/created").get(0);
        String forged = new String(own.payload(), StandardCharsets.UTF_8)
                .replace("\"sender\":\"ada\"", "\"sender\":\"mallory\"");
        assertThat(forged).contains("mallory");
        List<RecordSafety> told = new ArrayList<>();
        hers.safety(TASK, "t1").subscribe(told::add);

        peers.network.deliver(own.topic(), forged.getBytes(StandardCharsets.UTF_8));
        peers.pass(Duration.ofSeconds(1));

        assertThat(told).isNotEmpty().allMatch(safety -> safety.holders() == 0);
    }

    /** Where peers sign, it is proved who wrote an event, and not who sends it. */
    @Test
    void whoeverSendsAnEventUnderAMadeUpNameIsNotThere() {
        Peer first = peer(ada, all(ada, ben));
        first.open("p1");
        List<List<String>> there = new ArrayList<>();
        first.sync
                .presence("p1")
                .map(list -> list.stream().map(PresentPeer::clientId).toList())
                .subscribe(there::add);
        Event genuine = ben.task("p1", "t1", "by ben", START);
        String forged = new String(genuine.payload(), StandardCharsets.UTF_8)
                .replace("\"sender\":\"ben\"", "\"sender\":\"mallory\"");
        assertThat(forged).contains("mallory");
        peers.network.deliver(genuine.topic(), forged.getBytes(StandardCharsets.UTF_8));
        peers.settle();
        assertThat(there.get(there.size() - 1)).isEmpty();

        Peer second = peer(ben, all(ada, ben));
        second.open("p1");
        peers.pass(Duration.ofSeconds(1));
        assertThat(there.get(there.size() - 1)).containsExactly("ben");
    }

    @Test
    void aHelloThatIsSentAgainDoesNotShowThatItsPeerIsThere() {
        Peer first = peer(ada, all(ada, ben));
        first.open("p1");
        Peer second = peer(ben, all(ada, ben));
        second.open("p1");
        peers.pass(Duration.ofSeconds(1));
        List<List<String>> there = new ArrayList<>();
        first.sync
                .presence("p1")
                .map(list -> list.stream().map(PresentPeer::clientId).toList())
                .subscribe(there::add);
        peers.settle();
        assertThat(there.get(there.size() - 1)).containsExactly("ben");
        List<OutboundMessage> said = List.copyOf(peers.network.publishedTo("p1/hello"));
        second.stop();
        assertThat(there.get(there.size() - 1)).isEmpty();

        said.forEach(peers.network::deliver);
        peers.pass(Duration.ofSeconds(1));
        assertThat(there.get(there.size() - 1)).isEmpty();
    }

    @Test
    void anAnswerThatIsSentAgainDoesNotShowThatItsPeerIsThere() {
        Peer second = peer(ben, all(ada, ben));
        second.open("p1");
        Peer first = peer(ada, all(ada, ben));
        first.open("p1");
        List<List<String>> there = new ArrayList<>();
        first.sync
                .presence("p1")
                .map(list -> list.stream().map(PresentPeer::clientId).toList())
                .subscribe(there::add);
        peers.pass(Duration.ofMinutes(6));
        List<OutboundMessage> answers = peers.network.publishedTo("p1/hello").stream()
                .filter(message -> new String(message.payload(), StandardCharsets.UTF_8).contains("\"from\":\"ben\""))
                .toList();
        assertThat(answers).isNotEmpty();
        assertThat(there.get(there.size() - 1)).containsExactly("ben");
        second.stop();
        assertThat(there.get(there.size() - 1)).isEmpty();

        answers.forEach(peers.network::deliver);
        peers.pass(Duration.ofSeconds(1));
        assertThat(there.get(there.size() - 1)).isEmpty();
    }

    @Test
    void aHelloOfAConnectionThatEndedDoesNotShowThatItsPeerIsThereToWhoHasNeverHeardIt() {
        Peer first = peer(ada, all(ada, ben));
        List<List<String>> there = new ArrayList<>();
        first.sync
                .presence("p1")
                .map(list -> list.stream().map(PresentPeer::clientId).toList())
                .subscribe(there::add);
        peers.settle();
        Peer second = peer(ben, all(ada, ben));
        second.open("p1");
        peers.settle();
        List<OutboundMessage> said = List.copyOf(peers.network.publishedTo("p1/hello"));
        assertThat(said).isNotEmpty();
        second.stop();
        first.open("p1");
        there.clear();

        said.forEach(peers.network::deliver);
        peers.pass(Duration.ofSeconds(1));
        assertThat(there).isEmpty();

        peer(ben, all(ada, ben)).open("p1");
        peers.pass(Duration.ofSeconds(1));
        assertThat(there.get(there.size() - 1)).containsExactly("ben");
    }

    /** Questions are signed as hellos are, and say nothing of deletes: they count once, too. */
    @Test
    void aQuestionThatIsSentAgainDoesNotShowThatItsPeerIsThere() {
        Peer first = peer(ada, all(ada, ben));
        Scope hers = first.open("p1");
        Peer second = peer(ben, all(ada, ben));
        Scope theirs = second.open("p1");
        for (int i = 0; i < 400; i++) { // Of fewer nobody asks, but says them.
            first.create(hers, "a" + i, "by ada");
        }
        peers.pass(Duration.ofMinutes(1));
        second.store.disconnect().subscribe();
        peers.settle();
        for (int i = 0; i < 20; i++) {
            first.create(hers, "t" + i, "while ben was away");
            second.create(theirs, "b" + i, "by ben");
        }
        List<List<String>> there = new ArrayList<>();
        first.sync
                .presence("p1")
                .map(list -> list.stream().map(PresentPeer::clientId).toList())
                .subscribe(there::add);
        second.store.connect().subscribe();
        peers.pass(Duration.ofMinutes(1));
        List<OutboundMessage> asked = peers.network.publishedTo("p1/hello").stream()
                .filter(message -> new String(message.payload(), StandardCharsets.UTF_8).contains("\"ask\""))
                .toList();
        assertThat(asked).isNotEmpty();
        assertThat(there.get(there.size() - 1)).containsExactly("ben");
        second.stop();
        assertThat(there.get(there.size() - 1)).isEmpty();

        asked.forEach(peers.network::deliver);
        peers.pass(Duration.ofMinutes(1));
        assertThat(there.get(there.size() - 1)).isEmpty();
    }

    @Test
    void aHelloOfDaysAgoDoesNotShowThatItsPeerIsThereNotEvenToWhoHasNeverHeardIt() {
        peer(ben, all(ada, ben)).open("p1");
        peers.settle();
        List<OutboundMessage> said = List.copyOf(peers.network.publishedTo("p1/hello"));
        assertThat(said).isNotEmpty();
        peers.pass(Duration.ofHours(30));
        Peer first = peer(ada, all(ada, ben));
        List<List<String>> there = new ArrayList<>();
        first.sync
                .presence("p1")
                .map(list -> list.stream().map(PresentPeer::clientId).toList())
                .subscribe(there::add);
        first.open("p1");
        peers.pass(Duration.ofSeconds(1));
        there.clear();

        said.forEach(peers.network::deliver);
        said.forEach(peers.network::deliver);
        peers.pass(Duration.ofSeconds(10));
        assertThat(there).isEmpty();
    }

    @Test
    void everyChangeOnTheWayIsFoundOut() {
        Peer own = peer(ben, all(ada, ben));
        Scope scope = own.open("p1");
        Scope other = own.open("p2");
        Event genuine = ada.task("p1", "t1", "genuine", START);
        Event gone = ada.delete("p1", "t1", START - 5);
        String text = new String(genuine.payload(), StandardCharsets.UTF_8);
        String sig = Json.read(genuine.payload()).path("data").path("_sig").toString();
        String deleteSig = Json.read(gone.payload()).path("_sig").toString();
        String updated = genuine.topic();
        List<String[]> tries = List.of(
                new String[] {updated, text.replace("genuine", "changed")}, // An old signature on a changed record.
                new String[] {updated, text.replace("\"title\"", "\"label\"")},
                new String[] {updated, text.replace("\"counter\":0", "\"counter\":1")},
                new String[] {updated, text.replace("ada~", "adb~")},
                new String[] {updated, text.replace(ada.fingerprint(), ben.fingerprint())}, // Another's node id.
                new String[] {updated, text.replace("\"t1\"", "\"t2\"")}, // For another id, entity and scope.
                new String[] {
                    updated.replace("/p1/task/", "/p1/"),
                    text.replace("t1", "p1").replace("task", "project")
                },
                new String[] {updated.replace("/p1/", "/p2/"), text.replace("\"p1\"", "\"p2\"")},
                new String[] {updated.replace("updated", "deleted"), text}, // For another operation.
                new String[] {gone.topic(), new String(gone.payload(), StandardCharsets.UTF_8).replace(deleteSig, sig)
                }, // A delete with a record's signature.
                new String[] {updated, text.replace(sig, deleteSig)},
                new String[] {updated, text.replace(sig, "null")},
                new String[] {updated, text.replace(sig, "{}")},
                new String[] {updated, text.replace(",\"_sig\":" + sig, "")},
                new String[] {updated, text.replace("\"sig\":\"", "\"sig\":\"A")},
                new String[] {updated, text.replace("\"sig\":\"", "\"sig\":\"+")},
                new String[] {updated, text.replace("\"key\":\"", "\"key\":\"A")},
                new String[] {updated, text.replace("\"key\":\"", "\"more\":1,\"key\":\"")},
                new String[] {updated, text.replace("\"sig\":\"", "\"sig\":\"" + "A".repeat(100_000))});
        int before = tries.size();
        for (String[] each : tries) {
            peers.network.deliver(each[0], each[1].getBytes(StandardCharsets.UTF_8));
        }
        peers.settle();
        assertThat(titles(scope)).isEmpty();
        assertThat(titles(other)).isEmpty();
        assertThat(own.store.diagnosticCounts()).isEqualTo(Map.of(DiagnosticCode.FORGED, (long) before));

        // What only writes the same otherwise is the same: other white space, another order of fields, a number with
        // zeros.
        peers.network.deliver(
                updated, text.replace("\"data\":{", "\"data\": { ").getBytes(StandardCharsets.UTF_8));
        peers.settle();
        assertThat(titles(scope)).containsExactly("t1=genuine");
    }

    @Test
    void aSignatureStaysOverARestartWithRecordsAndDeletes() {
        Persistence disk = new InMemoryPersistence();
        Peer before = peer(peers, "ben", ben, disk, all(ada, ben, cleo));
        before.open("p1");
        deliver(ada.task("p1", "t1", "kept", START));
        deliver(ada.task("p1", "t2", "gone", START));
        deliver(ada.delete("p1", "t2", START + 1));
        before.stop();
        peers.network.published.clear();
        peer(peers, "ben", ben, disk, all(ada, ben, cleo)).open("p1");
        Peer third = peer(cleo, all(ada, ben, cleo));
        Scope theirs = third.open("p1");
        peers.pass(Duration.ofSeconds(2));
        deliver(ada.task("p1", "t2", "gone", START)); // Only cleo has missed the delete.
        peers.pass(Duration.ofSeconds(2));

        assertThat(titles(theirs)).containsExactly("t1=kept");
        assertThat(peers.sent("task/events/deleted"))
                .isNotEmpty()
                .allSatisfy(event ->
                        assertThat(event.path("_sig").path("sig").stringValue()).hasSize(86));
        assertThat(third.store.diagnosticCounts()).doesNotContainKey(DiagnosticCode.FORGED);
    }

    @Test
    void whatAStrangerWroteIsReportedOnceAndTakenWhenAComparisonBringsItAndTheyAreTrusted() {
        Changing trust = new Changing();
        trust.trust(ben);
        Peer first = peer(cleo, all(ada, ben, cleo));
        Scope theirs = first.open("p1");
        deliver(ada.task("p1", "t1", "by a stranger", START));
        Peer own = peer(ben, trust);
        trust.trust(cleo);
        List<String> reports = new ArrayList<>();
        own.store.diagnostics().map(each -> each.code().name()).subscribe(reports::add);
        Scope scope = own.open("p1");
        deliver(ada.task("p1", "t2", "by a stranger, too", START));
        peers.pass(Duration.ofMinutes(11));
        assertThat(titles(theirs)).hasSize(2);
        assertThat(titles(scope)).isEmpty();
        assertThat(own.store.diagnosticCounts().get(DiagnosticCode.UNTRUSTED)).isGreaterThan(1);
        assertThat(reports)
                .filteredOn("UNTRUSTED"::equals)
                .hasSizeLessThan(12); // Once by write, and once by comparison.

        trust.trust(ada);
        peers.pass(Duration.ofSeconds(8));
        assertThat(titles(scope)).containsExactly("t1=by a stranger", "t2=by a stranger, too");
    }

    @Test
    void whatWasWrittenAfterTrustEndedIsHiddenNotToldAndGivesWayToWhatCounts() {
        Changing trust = new Changing();
        List.of(ada, ben, cleo).forEach(trust::trust);
        Peer own = peer(peers, "ben", ben, new InMemoryPersistence(), trust);
        Scope scope = own.open("p1");
        deliver(ada.task("p1", "t1", "before", START - 100));
        deliver(ada.task("p1", "t2", "after", START - 10));
        deliver(cleo.task("p1", "t3", "by cleo", START - 90));
        deliver(ada.task("p1", "t3", "over it", START - 10));
        deliver(cleo.task("p1", "t4", "by cleo", START - 90));
        deliver(ada.delete("p1", "t4", START - 10));
        assertThat(titles(scope)).containsExactly("t1=before", "t2=after", "t3=over it");

        trust.withdraw(ada, START - 50);
        peers.settle();
        assertThat(titles(scope)).containsExactly("t1=before");
        peers.network.published.clear();
        Peer fresh = peer(cleo, all(ada, ben, cleo));
        Scope theirs = fresh.open("p1");
        peers.pass(Duration.ofSeconds(3));
        assertThat(titles(theirs)).containsExactly("t1=before");

        deliver(cleo.task("p1", "t3", "by cleo", START - 90)); // Older than what is hidden.
        deliver(cleo.task("p1", "t4", "by cleo", START - 90));
        assertThat(titles(scope)).containsExactly("t1=before", "t3=by cleo", "t4=by cleo");
        own.title(scope, "t1", "still written");

        trust.trust(ada);
        peers.pass(Duration.ofSeconds(1));
        assertThat(titles(scope)).contains("t1=still written", "t2=after");
    }

    @Test
    void aStoreWhoseOwnKeyIsNotTrustedWritesNothing() {
        Changing trust = new Changing();
        Peer own = peer(ben, trust);
        Scope scope = own.open("p1");
        own.create(scope, "t1", "refused");
        assertThat(own.outcomes).singleElement().asString().startsWith("NotTrustedException");
        trust.trust(ben);
        own.create(scope, "t1", "taken");
        assertThat(titles(scope)).containsExactly("t1=taken");
        trust.withdraw(ben, START - 1);
        peers.settle();
        assertThat(titles(scope)).isEmpty();
    }

    @Test
    void membersAreGrantedAndWithdrawnByTheOwnerAndByAdminsWhomTheOwnerNames() {
        Author owner = ada;
        Author admin = ben;
        Author member = cleo;
        Peer own = peer(peers, "reader", new Author("reader"), new InMemoryPersistence(), membership(owner));
        own.open("team");
        Scope scope = own.open("p1");
        deliver(member.task("p1", "t1", "before any grant", START));
        deliver(admin.grant("team", "member-" + member.fingerprint(), null, START)); // Not an admin yet.
        deliver(member.grant("team", "admin-" + member.fingerprint(), null, START));
        deliver(member.task("p1", "t1", "before any grant", START));
        assertThat(titles(scope)).isEmpty();

        deliver(owner.grant("team", "admin-" + admin.fingerprint(), null, START));
        deliver(admin.grant("team", "admin-" + member.fingerprint(), null, START + 1)); // The owner alone names admins.
        deliver(admin.grant("team", "member-" + member.fingerprint(), null, START));
        peers.settle();
        deliver(member.task("p1", "t1", "granted", START));
        deliver(member.task("p1", "t2", "later", START + 1_000));
        assertThat(titles(scope)).containsExactly("t1=granted", "t2=later");

        deliver(admin.grant("team", "member-" + member.fingerprint(), START + 500, START + 2_000));
        peers.settle();
        assertThat(titles(scope)).containsExactly("t1=granted");

        deliver(owner.grant(
                "team", "admin-" + admin.fingerprint(), START - 1, START + 3_000)); // With all that he granted.
        peers.settle();
        assertThat(titles(scope)).isEmpty();
    }

    private static Trust membership(Author owner) {
        return Trust.membership("team", "task", owner.keys.getPublic());
    }

    /** Grants may be read before, while and after what they count for is read. */
    @Test
    void whateverIsReadFirstWhatMembersWroteIsShown() {
        for (int delay = -300; delay <= 300; delay += 10) {
            InMemoryPersistence disk = new InMemoryPersistence();
            Author reader = new Author("reader");
            try (Peers world = new Peers()) {
                Peer before = peer(world, "reader", reader, disk, membership(ada));
                before.open("team");
                before.open("p1");
                deliver(world, ada.grant("team", "member-" + ben.fingerprint(), null, START));
                deliver(world, ben.task("p1", "t1", "kept", START));
                before.stop();
                Persistence slow = new SlowDisk(disk, world.network.time, Duration.ofMillis(50));
                Peer again = peer(world, "reader", reader, slow, membership(ada));
                world.pass(Duration.ofSeconds(1));
                String first = delay < 0 ? "team" : "p1";
                again.store.openScope(first);
                world.pass(Duration.ofMillis(Math.abs(delay)));
                again.store.openScope(first.equals("p1") ? "team" : "p1");
                world.pass(Duration.ofSeconds(2));
                assertThat(titles(again.store.openScope("p1")))
                        .as("%d ms", delay)
                        .containsExactly("t1=kept");
            }
        }
    }

    /** Nobody else would tell: who is not trusted is not answered, and who was away when it ended asks. */
    @Test
    void whoWasAwayWhenTrustEndedIsToldByTheGrants() {
        EntityType<ObjectNode> grant = EntityType.json("task");
        String id = "member-" + ben.fingerprint();
        Peer owner = peer(peers, "ada", ada, Persistence.none(), membership(ada));
        Scope team = owner.open("team");
        owner.open("p1");
        owner.write(team.create(grant, Peers.json("{'id':'" + id + "','projectId':'team'}")));
        InMemoryPersistence disk = new InMemoryPersistence();
        Peer member = peer(peers, "ben", ben, disk, membership(ada));
        member.open("team");
        Scope scope = member.open("p1");
        peers.pass(Duration.ofSeconds(2));
        member.create(scope, "t1", "before");
        member.stop();
        peers.pass(Duration.ofSeconds(2));
        long until = peers.network.time.now(TimeUnit.MILLISECONDS);
        owner.write(team.update(grant, id, Patch.of("until", until)));
        peers.pass(Duration.ofMinutes(1));

        Peer again = peer(peers, "ben", ben, disk, membership(ada));
        again.open("team");
        Scope same = again.open("p1");
        peers.pass(Duration.ofSeconds(10));
        assertThat(titles(same)).containsExactly("t1=before");
        again.create(same, "t2", "after");
        assertThat(again.outcomes).last().asString().startsWith("NotTrustedException");
    }

    @Test
    void aStoreThatStartsAnewKnowsTheMembersWhenTheirScopeIsRead() {
        Persistence disk = new InMemoryPersistence();
        Author reader = new Author("reader");
        Peer before = peer(peers, "reader", reader, disk, membership(ada));
        before.open("team");
        before.open("p1");
        deliver(ada.grant("team", "member-" + ben.fingerprint(), null, START));
        peers.settle();
        deliver(ben.task("p1", "t1", "kept", START));
        deliver(ben.task("p1", "t2", "gone", START));
        deliver(ben.delete("p1", "t2", START + 1));
        before.stop();
        Peer again = peer(peers, "reader", reader, disk, membership(ada));
        Scope scope = again.open("p1");
        assertThat(titles(scope)).isEmpty();
        again.open("team");
        peers.settle();

        assertThat(titles(scope)).containsExactly("t1=kept");
        deliver(ben.task("p1", "t2", "gone", START));
        assertThat(titles(scope)).containsExactly("t1=kept");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void theOrderInWhichGrantsAndWritesArriveDoesNotMatter(long seed) {
        Random random = new Random(seed);
        List<Author> writers = List.of(ben, cleo, new Author("dora"));
        List<Event> events = new ArrayList<>();
        Map<String, Long> until = new HashMap<>();
        Map<String, Long> grantedAt = new HashMap<>();
        for (Author writer : writers) {
            for (int i = 0; i < 3; i++) {
                boolean ends = random.nextBoolean();
                long end = START - random.nextInt(1_000);
                long at = START + 1 + random.nextInt(1_000);
                if (at > grantedAt.getOrDefault(writer.name, 0L)) {
                    grantedAt.put(writer.name, at);
                    until.put(writer.name, ends ? end : Long.MAX_VALUE);
                }
                events.add(ada.grant("team", "member-" + writer.fingerprint(), ends ? end : null, at));
            }
        }
        for (int i = 0; i < 40; i++) {
            Author writer = writers.get(random.nextInt(writers.size()));
            long ts = START - random.nextInt(1_000);
            String id = "t" + random.nextInt(5);
            events.add(
                    random.nextInt(4) == 0 ? writer.delete("p1", id, ts) : writer.task("p1", id, writer.name + i, ts));
        }
        Map<String, Event> winners = new HashMap<>();
        for (Event event : events) {
            String writer = event.stamp().nodeId().replaceAll("~.*", "");
            if (event.scope().equals("p1") && event.stamp().ts() <= until.getOrDefault(writer, -1L)) {
                winners.merge(event.id(), event, (one, other) -> {
                    int order = one.stamp().compareTo(other.stamp());
                    return order > 0 || (order == 0 && one.title() == null) ? one : other;
                });
            }
        }
        List<String> expected = winners.values().stream()
                .filter(event -> event.title() != null)
                .map(event -> event.id() + '=' + event.title())
                .sorted()
                .toList();
        for (int order = 0; order < 2; order++) {
            Collections.shuffle(events, random);
            assertThat(shownAfter(events, ada)).isEqualTo(expected);
        }
    }

    /** What a peer shows that gets events in an order, and once more, as a comparison with others would bring them. */
    private static List<String> shownAfter(List<Event> events, Author owner) {
        try (Peers world = new Peers()) {
            Peer own = peer(world, "reader", new Author("reader"), new InMemoryPersistence(), membership(owner));
            own.open("team");
            Scope scope = own.open("p1");
            for (int round = 0; round < 2; round++) {
                events.forEach(event -> {
                    world.network.deliver(event.topic(), event.payload());
                    world.pass(Duration.ofMillis(2));
                });
            }
            world.pass(Duration.ofSeconds(1));
            return titles(scope);
        }
    }
}
