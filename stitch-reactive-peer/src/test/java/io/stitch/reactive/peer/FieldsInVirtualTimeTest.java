package io.stitch.reactive.peer;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.EntityType;
import io.stitch.reactive.InMemoryPersistence;
import io.stitch.reactive.ListQuery;
import io.stitch.reactive.Patch;
import io.stitch.reactive.RecordEvent;
import io.stitch.reactive.SchemaException;
import io.stitch.reactive.Scope;
import io.stitch.reactive.peer.Peers.Peer;
import io.stitch.reactive.spi.Persistence;
import org.junit.jupiter.api.Test;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Two writes of different fields of one record both stay, wherever and whenever they were written. */
class FieldsInVirtualTimeTest extends FieldsOfATask {
    private static final List<String> BOOKKEEPING = List.of("_stamps", "_counters", "_sets");

    @Test
    void twoWhoWereOfflineAndWroteOtherFieldsBothKeepWhatTheyWrote() {
        Peer ada = peers.peer("ada");
        Peer ben = peers.peer("ben");
        Scope adas = ada.open("p1");
        Scope bens = ben.open("p1");
        create(ada, adas, "t1");

        peers.network.cut("ada");
        peers.network.cut("ben");
        set(ada, adas, "title", "two");
        set(ben, bens, "due", 2);
        set(ben, bens, "note", "new");
        requireShown("{'title':'two','due':1}", adas);
        peers.network.reconnect("ada");
        peers.network.reconnect("ben");
        peers.pass(Duration.ofSeconds(20));

        assertThat(adas.get(TASK, "t1")).isEqualTo(bens.get(TASK, "t1"));
        JsonNode task = adas.get(TASK, "t1").orElseThrow();
        assertThat(task.path("title").stringValue()).isEqualTo("two");
        assertThat(task.path("due").intValue()).isEqualTo(2);
        assertThat(task.path("note").stringValue()).isEqualTo("new");
    }

    @Test
    void ofOneFieldTheLaterWriteStaysAndAClearedOneStaysCleared() {
        Peer ada = peers.peer("ada");
        Peer ben = peers.peer("ben");
        Scope adas = ada.open("p1");
        Scope bens = ben.open("p1");
        create(ada, adas, "t1");
        peers.network.cut("ada");
        set(ada, adas, "due", null);
        set(ada, adas, "title", "earlier");
        set(ben, bens, "title", "later");
        peers.network.reconnect("ada");
        peers.pass(Duration.ofSeconds(20));
        requireShown("{'title':'later'}", adas, bens);
    }

    @Test
    void aDeleteWinsOverWhatIsOlderInAllFieldsAndLosesWholeToWhatIsNewer() {
        Peer ada = peers.peer("ada");
        Peer ben = peers.peer("ben");
        Scope adas = ada.open("p1");
        Scope bens = ben.open("p1");
        create(ada, adas, "t1");
        peers.network.cut("ada");
        set(ada, adas, "due", 2);
        ben.write(bens.delete(TASK, "t1"));
        peers.network.reconnect("ada");
        peers.pass(Duration.ofSeconds(20));
        requireShown("nothing", adas, bens);

        create(ada, adas, "t1");
        peers.network.cut("ada");
        ben.write(bens.delete(TASK, "t1"));
        set(ada, adas, "due", 3);
        peers.network.reconnect("ada");
        peers.pass(Duration.ofSeconds(20));
        requireShown("{'title':'one','due':3}", adas, bens);
    }

    @Test
    void nobodySeesHowFieldsAreMerged() {
        InMemoryPersistence disk = new InMemoryPersistence();
        Peer ada = peers.peer("ada", disk);
        Scope scope = ada.open("p1");
        List<RecordEvent> events = new ArrayList<>();
        scope.mutations().subscribe(events::add);
        create(ada, scope, "t1");
        List<ObjectNode> results = new ArrayList<>();
        scope.update(TASK, "t1", Patch.of("due", 2)).subscribe(results::add);
        scope.update(TASK, "t1", task -> task.put("due", 3)).subscribe(results::add);
        EntityType<Map<String, Object>> map = EntityType.of("task", new TypeReference<Map<String, Object>>() {});
        peers.settle();

        List<Object> seen = new ArrayList<>(results);
        events.forEach(event -> seen.add(event.json()));
        ada.store.list(TASK, ListQuery.all()).subscribe(seen::add);
        ada.store.read(TASK, "t1").subscribe(seen::add);
        seen.addAll(scope.snapshot(TASK));
        seen.addAll(scope.snapshot(map));
        peers.settle();
        assertThat(seen).hasSizeGreaterThanOrEqualTo(8);
        assertThat(seen.toString()).contains("due").doesNotContain(BOOKKEEPING);
        assertThat(peers.sent("task/events/updated").toString()).contains("_stamps");
    }

    @Test
    void whatWasMergedOutlivesARestart() {
        InMemoryPersistence disk = new InMemoryPersistence();
        Peer ada = peers.peer("ada", disk);
        Peer ben = peers.peer("ben");
        Scope adas = ada.open("p1");
        Scope bens = ben.open("p1");
        create(ada, adas, "t1");
        peers.network.cut("ada");
        set(ada, adas, "title", "two");
        ada.stop();
        set(ben, bens, "due", 2);
        peers.network.reconnect("ada");
        Peer again = peers.peer("ada", disk);
        Scope reopened = again.open("p1");
        peers.pass(Duration.ofSeconds(20));
        requireShown("{'title':'two','due':2}", reopened, bens);
    }

    @Test
    void whatWasMergedIsPublishedForAPeerThatLooksAtOneStampOnlyAndThenNoMore() {
        Peer ada = peers.peer("ada");
        Peer ben = peers.peer("ben");
        Peer old = peers.plainPeer("old");
        Peer whole = peers.peer("whole", Persistence.none(), builder -> builder.mergeRecords(MergeRecords.WHOLE));
        Scope adas = ada.open("p1");
        Scope bens = ben.open("p1");
        Scope olds = old.open("p1");
        Scope wholes = whole.open("p1");
        create(ada, adas, "t1");
        peers.pass(Duration.ofSeconds(5));
        peers.network.cut("ada");
        set(ada, adas, "title", "two");
        set(ben, bens, "due", 2);
        peers.network.reconnect("ada");
        peers.pass(Duration.ofSeconds(30));
        requireShown("{'title':'two','due':2}", adas, bens, olds, wholes);

        int events = peers.sent("task/events/updated").size();
        peers.pass(Duration.ofMinutes(30));
        assertThat(peers.sent("task/events/updated")).hasSize(events);
    }

    @Test
    void aPeerThatComesLaterAndLooksAtOneStampOnlyGetsWhatWasMergedBefore() {
        InMemoryPersistence disk = new InMemoryPersistence();
        Peer ada = peers.peer("ada", Persistence.none(), builder -> builder.peerMemory(Duration.ofMinutes(30)));
        Peer ben = peers.peer("ben", Persistence.none(), builder -> builder.peerMemory(Duration.ofMinutes(30)));
        Scope adas = ada.open("p1");
        Scope bens = ben.open("p1");
        create(ada, adas, "t1");
        peers.network.cut("ada");
        set(ada, adas, "title", "two");
        set(ben, bens, "due", 2);
        Peer whole = peers.peer("whole", disk, builder -> builder.mergeRecords(MergeRecords.WHOLE));
        whole.open("p1");
        peers.pass(Duration.ofSeconds(5));
        whole.stop();
        // Long enough that nobody counts on it any more.
        peers.pass(Duration.ofHours(1));
        peers.network.reconnect("ada");
        peers.pass(Duration.ofSeconds(30));
        requireShown("{'title':'two','due':2}", adas, bens);

        Peer again = peers.peer("whole", disk, builder -> builder.mergeRecords(MergeRecords.WHOLE));
        Scope wholes = again.open("p1");
        peers.pass(Duration.ofSeconds(60));
        requireShown("{'title':'two','due':2}", adas, bens, wholes);
    }

    @Test
    void whereRecordsAreMergedWholeTheLaterWriteIsAllThatStays() {
        Peer ada = peers.peer("ada", Persistence.none(), builder -> builder.mergeRecords(MergeRecords.WHOLE));
        Peer ben = peers.peer("ben", Persistence.none(), builder -> builder.mergeRecords(MergeRecords.WHOLE));
        Scope adas = ada.open("p1");
        Scope bens = ben.open("p1");
        create(ada, adas, "t1");
        peers.network.cut("ada");
        set(ada, adas, "title", "two");
        set(ben, bens, "due", 2);
        peers.network.reconnect("ada");
        peers.pass(Duration.ofSeconds(20));
        requireShown("{'title':'one','due':2}", adas, bens);
        assertThat(peers.sent("hello"))
                .allSatisfy(hello -> assertThat(hello.toString()).doesNotContain("fields"));
    }

    @Test
    void twoRecordsWithOneStampAndOtherOlderStampsAreFoundOutByAComparison() {
        Peer ada = peers.peer("ada");
        Peer ben = peers.peer("ben");
        Scope adas = ada.open("p1");
        ben.open("p1");
        create(ada, adas, "t1");
        peers.pass(Duration.ofMinutes(2));
        peers.network.cut("ben");
        String base =
                "{'operation':'Update','entity':'task','id':'t1','data':{'id':'t1','projectId':'p1','title':'%s','due':%d,"
                        + "'_stamps':{'of':'%s.0.z','rest':'1.0.z','fields':{%s}},'_hlc':{'ts':%s,'counter':0,'nodeId':'z'}},"
                        + "'hlc':{'ts':%s,'counter':0,'nodeId':'z'},'sender':'zoe'}";
        long at = Peers.START + 100_000;
        String latest = String.valueOf(at);
        peers.network.cut("ada");
        peers.network.reconnect("ben");
        peers.pass(Duration.ofSeconds(2));
        peers.deliver(
                "p1/task/events/updated",
                base.formatted(
                        "by ada", 7, latest, "'" + (at - 5) + ".0.y':['title'],'1.0.z':['due']", latest, latest));
        peers.network.cut("ben");
        peers.network.reconnect("ada");
        peers.pass(Duration.ofSeconds(2));
        peers.deliver(
                "p1/task/events/updated",
                base.formatted("old", 8, latest, "'1.0.z':['title'],'" + (at - 3) + ".0.x':['due']", latest, latest));
        peers.network.reconnect("ben");
        peers.pass(Duration.ofMinutes(2));
        requireShown("{'title':'by ada','due':8}", adas);
        assertThat(ada.store.diagnosticCounts()).doesNotContainKey(DiagnosticCode.MALFORMED_EVENT);
        assertThat(peers.sent("hello").toString()).contains("\"sum\":");
    }

    @Test
    void fiveHundredIncrementsOfFivePeersThatAreOfflineInTurnsComeOutExactly() {
        List<Peer> all = new ArrayList<>();
        List<InMemoryPersistence> disks = new ArrayList<>();
        List<Scope> scopes = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            disks.add(new InMemoryPersistence());
            all.add(peers.peer("peer" + i, disks.get(i)));
            scopes.add(all.get(i).open("p1"));
        }
        create(all.get(0), scopes.get(0), "t1");
        for (int round = 0; round < 10; round++) {
            int away = round % 5;
            peers.network.cut("peer" + away);
            for (int i = 0; i < 5; i++) {
                for (int n = 0; n < 10; n++) {
                    all.get(i).write(scopes.get(i).update(TASK, "t1", Patch.increment("votes", n % 3 == 0 ? 2 : 1)));
                }
            }
            if (round == 5) { // What is pending outlives a restart, and the next process has sums of its own.
                all.get(away).stop();
                all.set(away, peers.peer("peer" + away, disks.get(away)));
                scopes.set(away, all.get(away).open("p1"));
            }
            peers.network.reconnect("peer" + away);
        }
        peers.pass(Duration.ofMinutes(1));
        requireShown("{'title':'one','due':1,'votes':700}", scopes.toArray(new Scope[0]));
        assertThat(all)
                .allSatisfy(peer -> assertThat(peer.store.pendingWrites()).isZero());
    }

    @Test
    void whatTwoPutIntoAListIsInItAndWhatOneTookOutIsNot() {
        Peer ada = peers.peer("ada");
        Peer ben = peers.peer("ben");
        Scope adas = ada.open("p1");
        Scope bens = ben.open("p1");
        create(ada, adas, "t1");
        set(ada, adas, "tags", List.of("old", "kept"));
        peers.network.cut("ada");
        ada.write(adas.update(TASK, "t1", Patch.add("tags", "from ada").andRemove("tags", "old")));
        ben.write(bens.update(TASK, "t1", Patch.add("tags", "from ben").andIncrement("votes", 1.5)));
        ada.write(adas.update(TASK, "t1", Patch.increment("votes", -1)));
        peers.network.reconnect("ada");
        peers.pass(Duration.ofSeconds(20));
        assertThat(adas.get(TASK, "t1")).isEqualTo(bens.get(TASK, "t1"));
        JsonNode task = adas.get(TASK, "t1").orElseThrow();
        assertThat(task.path("tags").toString()).isEqualTo("[\"kept\",\"from ada\",\"from ben\"]");
        assertThat(task.path("votes").decimalValue()).isEqualByComparingTo("0.5");

        set(ben, bens, "votes", 10); // A plain value: what is added begins anew.
        ada.write(adas.update(TASK, "t1", Patch.increment("votes", 1)));
        peers.pass(Duration.ofSeconds(5));
        assertThat(bens.get(TASK, "t1").orElseThrow().path("votes").intValue()).isEqualTo(11);
    }

    @Test
    void theLinesOfTheChapterOnWritesDoWhatItSays() {
        Peer ada = peers.peer("ada");
        Scope scope = ada.open("p1");
        create(ada, scope, "t1");
        set(ada, scope, "tags", List.of("later"));
        change(scope);
        peers.settle();
        requireShown("{'title':'one','due':1,'tags':['urgent'],'votes':1}", scope);
    }

    private static void change(Scope scope) {
        scope.update(TASK, "t1", Patch.increment("votes", 1)).subscribe();
        scope.update(TASK, "t1", Patch.add("tags", "urgent").andRemove("tags", "later"))
                .subscribe();
    }

    @Test
    void whatIsNoNumberIsNotIncrementedAndWhatIsNoListHasNoElements() {
        Peer ada = peers.peer("ada");
        Scope adas = ada.open("p1");
        create(ada, adas, "t1");
        ada.write(adas.update(TASK, "t1", Patch.increment("title", 1)));
        ada.write(adas.update(TASK, "t1", Patch.add("due", "x")));
        assertThat(ada.outcomes.subList(1, 3)).allMatch(outcome -> outcome.startsWith("SchemaException"));
        requireShown("{'title':'one','due':1}", adas);
        assertThatThrownBy(() -> Patch.of("votes", 1).andIncrement("votes", 1)).isInstanceOf(SchemaException.class);
        assertThatThrownBy(() -> Patch.increment("_votes", 1)).isInstanceOf(SchemaException.class);
        assertThatThrownBy(() -> Patch.increment("votes", Double.NaN)).isInstanceOf(SchemaException.class);
    }

    @Test
    void aMoveIsADeleteAndACreateThatHasOneStamp() {
        Peer ada = peers.peer("ada");
        Peer ben = peers.peer("ben");
        Scope adas = ada.open("p1");
        Scope there = ada.open("p2");
        Scope bens = ben.open("p1");
        Scope bensThere = ben.open("p2");
        create(ada, adas, "t1");
        set(ada, adas, "due", 5);
        peers.network.cut("ben");
        set(ben, bens, "title", "older than the move");
        set(ada, adas, "projectId", "p2");
        peers.network.reconnect("ben");
        peers.pass(Duration.ofSeconds(20));
        requireShown("nothing", adas, bens);
        requireShown("{'title':'one','due':5}", there, bensThere);
        assertThat(peers.sent("p2/task/events/created").toString()).doesNotContain("_stamps");
    }
}
