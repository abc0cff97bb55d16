package io.stitch.reactive.peer;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.InMemoryPersistence;
import io.stitch.reactive.Scope;
import io.stitch.reactive.internal.digest.DigestTree;
import io.stitch.reactive.internal.wire.DigestNode;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.peer.Peers.Peer;
import io.stitch.reactive.peer.internal.wire.Hlc;
import io.stitch.reactive.spi.OutboundMessage;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import static io.stitch.reactive.peer.Peers.START;
import static io.stitch.reactive.peer.Peers.TASK;
import static io.stitch.reactive.peer.Peers.titles;
import static org.assertj.core.api.Assertions.assertThat;

/** How a comparison among peers goes: who is answered with what, what that costs, and what it says of who is there. */
class RoundsInVirtualTimeTest {
    private final Peers peers = new Peers();

    @AfterEach
    void close() {
        peers.close();
    }

    private List<JsonNode> hellos(String peer) {
        return peers.sent("p1/hello").stream()
                .filter(hello -> hello.path("clientId").asString("").equals(peer))
                .toList();
    }

    private List<JsonNode> answers() {
        return peers.sent("p1/hello").stream()
                .filter(answer -> answer.has("from"))
                .toList();
    }

    private List<JsonNode> events() {
        return peers.network.published.stream()
                .filter(message -> message.topic().contains("/events/"))
                .map(message -> Json.read(message.payload()))
                .toList();
    }

    private static <T> T last(List<T> list) {
        return list.get(list.size() - 1);
    }

    private void deliverTasks(int count) {
        for (int i = 0; i < count; i++) {
            peers.send("p1/task/events/created", Peers.task("t" + i, "one", START - i));
        }
        peers.settle();
    }

    /** What is delivered by nobody who says what they can do is forgotten as such by a hello that says it. */
    private void otherAnswers() {
        peers.deliver("p1/hello", Peers.answeringHello("other", "r0"));
        peers.pass(Duration.ofSeconds(1));
    }

    /** Peers that hold the same records, so many, and know each other. */
    private List<Scope> holders(int records, String... names) {
        List<Scope> scopes = new ArrayList<>();
        for (String name : names) {
            scopes.add(peers.peer(name).open("p1"));
        }
        deliverTasks(records);
        otherAnswers();
        peers.pass(Duration.ofSeconds(30));
        peers.network.published.clear();
        return scopes;
    }

    // ---- answers ----

    @Test
    void aHelloNamesItsRoundAndSaysWhatItsPeerCanDo() {
        Peer ada = peers.peer("ada");
        ada.open("p1");
        peers.network.breakConnection("ada");
        peers.pass(Duration.ofSeconds(2));

        List<JsonNode> hellos = hellos("ada");
        assertThat(hellos).hasSize(2).allSatisfy(hello -> {
            assertThat(hello.path("features").toString()).isEqualTo("[\"digest\",\"fields\"]");
            assertThat(hello.path("round").asString()).isNotEmpty();
        });
        assertThat(hellos.get(1).path("round")).isNotEqualTo(hellos.get(0).path("round"));
        assertThat(hellos.get(1).path("saidAt").asLong())
                .isGreaterThan(hellos.get(0).path("saidAt").asLong());
    }

    @Test
    void aReplayEndsWithTheNumberOfItsEvents() {
        peers.peer("ada").open("p1");
        deliverTasks(3);
        peers.deliver("p1/hello", Peers.answeringHello("fresh", "r1"));
        peers.pass(Duration.ofSeconds(1));

        assertThat(answers()).singleElement().satisfies(answer -> {
            assertThat(answer.path("from").asString()).isEqualTo("ada");
            assertThat(answer.path("to").asString()).isEqualTo("fresh");
            assertThat(answer.path("round").asString()).isEqualTo("r1");
            assertThat(answer.path("events").asInt()).isEqualTo(3);
            assertThat(answer.has("clientId"))
                    .as("to a peer that knows hellos alone it is none")
                    .isFalse();
        });
        List<String> topics =
                peers.network.published.stream().map(OutboundMessage::topic).toList();
        int end = topics.lastIndexOf(topics.stream()
                .filter(topic -> topic.endsWith("/created"))
                .findFirst()
                .orElseThrow());
        assertThat(peers.network.published.subList(end, topics.size()))
                .anySatisfy(message ->
                        assertThat(Json.read(message.payload()).has("events")).isTrue());
    }

    @Test
    void whereNothingIsLackingOneSaysSoForAll() {
        holders(3, "ada", "ben", "cleo");
        peers.deliver(
                "p1/hello",
                Peers.answeringHello("other", "r1", "t0", str(START), "t1", str(START - 1), "t2", str(START - 2)));
        peers.pass(Duration.ofSeconds(1));
        assertThat(events()).isEmpty();
        assertThat(answers())
                .singleElement()
                .satisfies(answer -> assertThat(answer.path("events").asInt(-1)).isZero());
    }

    private static String str(long number) {
        return String.valueOf(number);
    }

    @Test
    void whoNamesNoRoundIsAnsweredWithoutAWord() {
        peers.peer("ada").open("p1");
        deliverTasks(2);
        peers.deliver("p1/hello", Peers.hello("old"));
        peers.pass(Duration.ofSeconds(1));
        assertThat(events()).hasSize(2);
        assertThat(answers()).isEmpty();
    }

    @Test
    void whoGetsFewerEventsThanThereWereSaysHelloAgainAndElseWaitsForNothing() {
        Peer ada = peers.peer("ada");
        Scope scope = ada.open("p1");
        otherAnswers();
        peers.pass(Duration.ofSeconds(20));
        peers.network.breakConnection("ada");
        peers.pass(Duration.ofSeconds(2));
        int before = hellos("ada").size();
        String round = last(hellos("ada")).path("round").asString();
        peers.send("p1/task/events/created", Peers.replayed("t1", "one", START));
        peers.deliver("p1/hello", "{'from':'other','to':'ada','round':'" + round + "','events':2}");
        peers.pass(Duration.ofSeconds(2));
        assertThat(hellos("ada")).hasSize(before + 1);

        round = last(hellos("ada")).path("round").asString();
        peers.send("p1/task/events/created", Peers.replayed("t2", "two", START));
        peers.deliver("p1/hello", "{'from':'other','to':'ada','round':'" + round + "','events':1}");
        peers.pass(Duration.ofMinutes(4));
        assertThat(hellos("ada")).as("no quiet period").hasSize(before + 1);
        assertThat(titles(scope)).containsExactly("t1=one", "t2=two");
    }

    @Test
    void anEventThatComesBehindTheNumberIsWaitedForAMoment() {
        Peer ada = peers.peer("ada");
        ada.open("p1");
        otherAnswers();
        int before = hellos("ada").size();
        String round = last(hellos("ada")).path("round").asString();
        peers.deliver("p1/hello", "{'from':'other','to':'ada','round':'" + round + "','events':1}");
        peers.pass(Duration.ofMillis(800));
        peers.deliver("p1/task/events/created", Peers.replayed("t1", "one", START));
        peers.pass(Duration.ofMinutes(1));
        assertThat(hellos("ada")).hasSize(before);
    }

    @Test
    void anEventThatNeverComesIsAskedForMoreAndMoreSeldom() {
        Peer ada = peers.peer("ada");
        ada.open("p1");
        otherAnswers();
        peers.network.breakConnection("ada");
        peers.network.acknowledged = message -> {
            JsonNode hello = Json.read(message.payload());
            if (hello.has("round")) {
                String answer = "{'from':'%s','to':'ada','round':'"
                        + hello.path("round").asString() + "','events':%d}";
                peers.send("p1/hello", answer.formatted("other", 1));
                peers.send("p1/hello", answer.formatted("another", 0));
            }
        };
        peers.pass(Duration.ofMinutes(4));
        int before = hellos("ada").size();
        assertThat(before).isBetween(6, 11);
        peers.pass(Duration.ofMinutes(30));
        assertThat(hellos("ada").size() - before)
                .as("one in 5 minutes, and for no reason as many")
                .isLessThan(16);
    }

    @Test
    void whoIsNotAnsweredThoughSomebodyIsThereSaysHelloAgainThreeTimes() {
        Peer ada = peers.peer("ada");
        ada.open("p1");
        otherAnswers();
        peers.network.breakConnection("ada");
        peers.pass(Duration.ofSeconds(3));
        int before = hellos("ada").size();
        peers.pass(Duration.ofSeconds(6));
        assertThat(hellos("ada")).hasSize(before + 1);
        peers.pass(Duration.ofMinutes(3));
        assertThat(hellos("ada")).hasSize(before + 3);
    }

    @Test
    void whoIsAloneIsNotAnsweredAndSaysHelloOnce() {
        peers.peer("ada").open("p1");
        peers.pass(Duration.ofMinutes(4));
        assertThat(hellos("ada")).hasSize(1);
    }

    // ---- digests ----

    @Test
    void aHelloSaysTheFingerprintOfWhatIsMoreThanSixteenRecords() {
        peers.peer("ada").open("p1");
        deliverTasks(40);
        otherAnswers();
        peers.network.breakConnection("ada");
        peers.pass(Duration.ofSeconds(2));

        JsonNode hello = last(hellos("ada"));
        assertThat(hello.has("manifest")).isFalse();
        assertThat(hello.path("digest").path("n").asInt()).isEqualTo(40);
        DigestTree expected = new DigestTree(record -> record.version() + ".0.other");
        for (int i = 0; i < 40; i++) {
            expected.put(new StoredRecord(new RecordKey("task", "t" + i), "p1", START - i, new byte[0]));
        }
        assertThat(hello.path("digest").path("fp").asString())
                .isEqualTo(expected.node("").fp());
    }

    @Test
    void whereBothHoldTheSameAReconnectCostsLessThanAKilobyte() {
        holders(500, "ada", "ben");
        peers.network.breakConnection("ada");
        peers.pass(Duration.ofSeconds(3));

        List<OutboundMessage> said = peers.network.publishedTo("p1/hello");
        assertThat(peers.sent("p1/hello")).hasSize(2);
        assertThat(answers())
                .singleElement()
                .satisfies(answer -> assertThat(answer.path("events").asInt(-1)).isZero());
        int bytes = said.stream()
                .mapToInt(message -> message.topic().length() + message.payload().length)
                .sum();
        assertThat(2 * bytes).as("in and out").isLessThan(1_024);
        peers.pass(Duration.ofMinutes(4));
        assertThat(peers.network.publishedTo("p1/hello")).as("that was all").hasSize(2);
    }

    @Test
    void whatDiffersIsFoundAndCostsTheDifference() {
        List<Scope> scopes = holders(3_000, "ada", "ben");
        Scope adas = scopes.get(0);
        peers.network.cut("ada");
        peers.settle();
        for (int i = 0; i < 10; i++) {
            peers.send("p1/task/events/updated", Peers.task("t" + i * 100, "two", START + 1));
            peers.send("p1/task/events/created", Peers.task("new" + i, "new", START + 1));
            peers.send("p1/task/events/deleted", Peers.deleted("t" + (i * 100 + 1), START + 1));
        }
        peers.settle();
        peers.network.published.clear();
        peers.network.reconnect("ada");
        peers.pass(Duration.ofSeconds(60));

        assertThat(titles(adas)).isEqualTo(titles(scopes.get(1))).hasSize(3_000);
        assertThat(events()).hasSize(30);
        int bytes = peers.network.publishedTo("p1/hello").stream()
                .mapToInt(message -> message.payload().length)
                .sum();
        assertThat(bytes).as("a manifest has 300 000").isLessThan(80_000);
    }

    @Test
    void whatWasWrittenHereMeanwhileReachesTheOthersThoughItsEventsWereLost() {
        List<Scope> scopes = holders(300, "ada", "ben");
        peers.network.cut("ben");
        peers.settle();
        peers.send("p1/task/events/updated", Peers.task("t7", "two", START + 1));
        peers.settle();
        peers.network.reconnect("ben");
        peers.network.cut("ada");
        peers.pass(Duration.ofSeconds(20));
        peers.network.reconnect("ada");
        peers.pass(Duration.ofSeconds(30));
        assertThat(titles(scopes.get(1))).contains("t7=two").isEqualTo(titles(scopes.get(0)));
    }

    @Test
    void aDigestIsAnsweredOnceByThoseWhoHoldTheSame() {
        holders(100, "ada", "ben", "cleo");
        DigestNode theirs = new DigestNode(99, "AAAAAAAAAAAAAAAAAAAAAA");
        peers.deliver("p1/hello", digest("other", "r1", theirs));
        peers.pass(Duration.ofSeconds(1));
        assertThat(answers()).singleElement().satisfies(answer -> {
            assertThat(answer.path("to").asString()).isEqualTo("other");
            assertThat(answer.path("nodes").path("")).hasSize(16);
            assertThat(answer.path("nodes").path("").path(0)).hasSize(2);
        });
    }

    private static String digest(String peer, String round, DigestNode node) {
        return "{'clientId':'%s','features':['digest'],'digest':{'round':'%s','n':%d,'fp':'%s'}}"
                .formatted(peer, round, node.n(), node.fp());
    }

    @Test
    void aQuestionIsAnsweredByTheOneWhoIsAsked() {
        holders(100, "ada", "ben");
        peers.deliver(
                "p1/hello",
                "{'clientId':'other','features':['digest'],'to':'ben','digest':{'round':'r1','ask':['3','a']}}");
        peers.pass(Duration.ofSeconds(1));
        assertThat(answers()).singleElement().satisfies(answer -> {
            assertThat(answer.path("from").asString()).isEqualTo("ben");
            assertThat(answer.path("nodes").propertyNames()).containsExactly("3", "a");
        });
    }

    @Test
    void aPartialHelloIsAnsweredForItsPrefixesAlone() {
        holders(100, "ada");
        DigestTree tree = new DigestTree(record -> record.version() + ".0.other");
        for (int i = 0; i < 100; i++) {
            tree.put(new StoredRecord(new RecordKey("task", "t" + i), "p1", START - i, new byte[0]));
        }
        peers.deliver(
                "p1/hello", "{'clientId':'other','features':['digest'],'round':'r1','within':['3','a'],'manifest':[]}");
        peers.pass(Duration.ofSeconds(1));
        int expected = tree.node("3").n() + tree.node("a").n();
        assertThat(events()).hasSize(expected);
        assertThat(last(answers()).path("events").asInt()).isEqualTo(expected);
    }

    @Test
    void wholeManifestsAreSaidWhereAPeerThatKnowsNothingElseWasHeard() {
        InMemoryPersistence disk = new InMemoryPersistence();
        Peer ada = peers.peer("ada", disk);
        ada.open("p1");
        deliverTasks(40);
        peers.pass(Duration.ofSeconds(20));
        peers.network.breakConnection("ada");
        peers.pass(Duration.ofSeconds(2));
        assertThat(last(hellos("ada")).path("manifest"))
                .as("somebody published who never said what they can do")
                .hasSize(40);
        peers.deliver("p1/hello", Peers.hello("other"));
        peers.pass(Duration.ofSeconds(20));
        assertThat(last(hellos("ada")).path("manifest")).hasSize(40);
        ada.stop();

        Peer again = peers.peer("ada", disk);
        again.open("p1");
        assertThat(last(hellos("ada")).path("manifest")).as("after a restart").hasSize(40);
        peers.deliver("p1/hello", Peers.answeringHello("other", "r1"));
        peers.pass(Duration.ofSeconds(20));
        again.store.disconnect().subscribe();
        peers.settle();
        again.store.connect().subscribe();
        peers.pass(Duration.ofSeconds(2));
        assertThat(last(hellos("ada")).has("digest")).as("it was updated").isTrue();
    }

    @Test
    void peersOfBothVersionsKeepAScopeTogether() {
        Peer ada = peers.peer("ada");
        Peer old = peers.plainPeer("old");
        Scope adas = ada.open("p1");
        Scope olds = old.open("p1");
        for (int i = 0; i < 20; i++) {
            ada.create(adas, "a" + i, "one");
            old.create(olds, "o" + i, "one");
        }
        Peer ben = peers.peer("ben");
        Scope bens = ben.open("p1");
        peers.pass(Duration.ofSeconds(2));
        assertThat(titles(bens)).hasSize(40);
        peers.network.cut("old");
        ada.title(adas, "a3", "two");
        old.title(olds, "o3", "two");
        peers.network.reconnect("old");
        peers.pass(Duration.ofSeconds(30));
        assertThat(titles(olds)).contains("a3=two", "o3=two").hasSize(40);
        assertThat(titles(adas)).isEqualTo(titles(olds));
        assertThat(titles(bens)).isEqualTo(titles(olds));
        assertThat(hellos("old")).noneMatch(hello -> hello.has("features") || hello.has("round"));
    }

    // ---- who is there ----

    @Test
    void aNewcomerIsGreetedByAllWithinAMomentAndNobodyElse() {
        holders(1, "ada", "ben", "cleo");
        Peer dan = peers.peer("dan");
        List<List<String>> present = new ArrayList<>();
        dan.sync
                .presence("p1")
                .map(list -> list.stream().map(PresentPeer::clientId).toList())
                .subscribe(present::add);
        dan.open("p1");
        peers.pass(Duration.ofMillis(500));

        assertThat(last(present)).contains("ada", "ben", "cleo");
        assertThat(hellos("ada"))
                .singleElement()
                .satisfies(hello ->
                        assertThat(hello.path("inTurn").path(0).asString()).isEqualTo("dan"));
        assertThat(hellos("dan")).as("who is greeted is known").hasSize(1);
        peers.network.published.clear();
        peers.pass(Duration.ofSeconds(20));
        peers.network.breakConnection("dan");
        peers.pass(Duration.ofSeconds(5));
        assertThat(hellos("ada")).as("not again").isEmpty();
    }

    @Test
    void whoWasStartedAnewIsANewcomerAgain() {
        Peer ada = peers.peer("ada");
        ada.open("p1");
        Peer ben = peers.peer("ben");
        ben.open("p1");
        peers.pass(Duration.ofSeconds(20));
        ben.stop();
        Peer again = peers.peer("ben");
        List<List<String>> present = new ArrayList<>();
        again.sync
                .presence("p1")
                .map(list -> list.stream().map(PresentPeer::clientId).toList())
                .subscribe(present::add);
        again.open("p1");
        peers.pass(Duration.ofMillis(500));
        assertThat(last(present)).containsExactly("ada");
    }

    @Test
    void aScopeThatIsOpenedAFourthTimeWithinSecondsHasItsRecordsAtOnce() {
        holders(3, "ada");
        Peer ben = peers.peer("ben");
        Scope scope = ben.open("p1");
        for (int i = 0; i < 3; i++) {
            peers.pass(Duration.ofMillis(500));
            scope.close();
            peers.settle();
            scope = ben.open("p1");
        }
        peers.pass(Duration.ofMillis(100));
        assertThat(titles(scope)).hasSize(3);
    }

    @Test
    void aScopeThatIsOpenedMoreOftenHasItsRecordsInSeconds() {
        holders(3, "ada");
        Peer ben = peers.peer("ben");
        Scope scope = ben.open("p1");
        for (int i = 0; i < 7; i++) {
            peers.pass(Duration.ofMillis(100));
            scope.close();
            peers.settle();
            scope = ben.open("p1");
        }
        peers.pass(Duration.ofSeconds(7));
        assertThat(titles(scope)).hasSize(3);
    }

    // ---- clocks, and what is sent again ----

    @Test
    void aDeviceWhoseClockWasWrongWhenItBeganIsFilledSoonAfterItsClockIsSet() {
        holders(30, "ada");
        Peer ben = peers.peer("ben");
        ben.clock.offset(-Duration.ofDays(400).toMillis());
        Scope scope = ben.open("p1");
        peers.pass(Duration.ofSeconds(10));
        assertThat(titles(scope)).isEmpty();
        assertThat(ben.store.diagnosticCounts()).containsKey(DiagnosticCode.CLOCK_AHEAD);
        ben.clock.offset(0);
        peers.pass(Duration.ofSeconds(12));
        assertThat(titles(scope)).hasSize(30);
    }

    @Test
    void aDigestThatIsTheSameShowsWhichDeletesItsPeerKnows() {
        InMemoryPersistence disk = new InMemoryPersistence();
        Peer ada = peers.peer("ada", disk);
        Scope adas = ada.open("p1");
        deliverTasks(40);
        otherAnswers();
        ada.write(adas.delete(TASK, "t0"));
        peers.pass(Duration.ofDays(40));
        assertThat(disk.tombstones("p1").collectList().block()).hasSize(1);
        DigestTree tree = new DigestTree(record -> record.version() + ".0.other");
        for (int i = 1; i < 40; i++) {
            tree.put(new StoredRecord(new RecordKey("task", "t" + i), "p1", START - i, new byte[0]));
        }
        peers.deliver("p1/hello", digest("other", "r1", new DigestNode(39, "AAAAAAAAAAAAAAAAAAAAAA")));
        peers.pass(Duration.ofDays(1));
        assertThat(disk.tombstones("p1").collectList().block()).hasSize(1);
        peers.deliver("p1/hello", digest("other", "r2", tree.node("")));
        peers.pass(Duration.ofDays(1));
        assertThat(disk.tombstones("p1").collectList().block()).isEmpty();
    }

    private static KeyPair keys() {
        try {
            return KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aSignedHelloThatIsSentAgainDoesNotEndTheMemoryOfADelete() {
        KeyPair adas = keys();
        KeyPair bens = keys();
        InMemoryPersistence disk = new InMemoryPersistence();
        InMemoryPersistence bensDisk = new InMemoryPersistence();
        Peer ada = peers.peer(
                "ada",
                disk,
                builder -> builder.signed(adas, List.of(bens.getPublic())).compareInterval(Duration.ofHours(12)));
        Scope scope = ada.open("p1");
        Peer ben = peers.peer("ben", bensDisk, builder -> builder.signed(bens, List.of(adas.getPublic())));
        Scope theirs = ben.open("p1");
        OutboundMessage heard = peers.network.publishedTo("p1/hello").stream()
                .filter(message -> Json.read(message.payload())
                        .path("clientId")
                        .asString("")
                        .equals("ben"))
                .findFirst()
                .orElseThrow();
        ben.create(theirs, "t1", "one");
        ben.stop();
        ada.write(scope.delete(TASK, "t1"));
        peers.network.deliver(heard); // It shows an empty scope, in which nothing that was deleted is alive.
        peers.pass(Duration.ofDays(40));
        peers.network.deliver(heard);
        peers.pass(Duration.ofDays(1));

        assertThat(disk.tombstones("p1").collectList().block()).hasSize(1);
        assertThat(ada.store.diagnosticCounts()).containsKey(DiagnosticCode.OUTDATED);
        Peer again = peers.peer("ben", bensDisk, builder -> builder.signed(bens, List.of(adas.getPublic())));
        Scope theirsAgain = again.open("p1");
        peers.pass(Duration.ofMinutes(1));
        assertThat(titles(scope)).isEmpty();
        assertThat(titles(theirsAgain)).isEmpty();
        again.store.disconnect().subscribe();
        peers.settle();
        again.store.connect().subscribe();
        peers.settle();
        again.stop();
        peers.pass(Duration.ofDays(1));
        assertThat(disk.tombstones("p1").collectList().block())
                .as("its own next hello ends it")
                .isEmpty();
    }

    @Test
    void aStampInADigestIsTheWholeStamp() {
        assertThat(new Hlc(START, 7, "ada~1").text()).isEqualTo(START + ".7.ada~1");
    }
}
