package io.stitch.reactive.peer;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.EntityType;
import io.stitch.reactive.FieldRules;
import io.stitch.reactive.InMemoryPersistence;
import io.stitch.reactive.ListQuery;
import io.stitch.reactive.OnDelete;
import io.stitch.reactive.OnlyCopyException;
import io.stitch.reactive.Patch;
import io.stitch.reactive.QueryRange;
import io.stitch.reactive.RecordCollection;
import io.stitch.reactive.RecordEvent;
import io.stitch.reactive.RecordSafety;
import io.stitch.reactive.Safety;
import io.stitch.reactive.SchemaException;
import io.stitch.reactive.Scope;
import io.stitch.reactive.ScopeRefusal;
import io.stitch.reactive.ScopeSafety;
import io.stitch.reactive.ScopeStatus;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.UnsupportedInModeException;
import io.stitch.reactive.WhenOffline;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.peer.Peers.Peer;
import io.stitch.reactive.peer.Peers.Task;
import io.stitch.reactive.spi.OutboundMessage;
import io.stitch.reactive.spi.Persistence;
import io.stitch.reactive.spi.TransportException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;
import tools.jackson.databind.node.ObjectNode;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;

import static io.stitch.reactive.peer.Peers.PROJECT;
import static io.stitch.reactive.peer.Peers.START;
import static io.stitch.reactive.peer.Peers.TASK;
import static io.stitch.reactive.peer.Peers.titles;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Entities that belong to no scope: each has one of its own among peers, which is open as long as the store is. */
class TopLevelInVirtualTimeTest {
    record Person(
            String id, @Nullable String name, @Nullable Integer points) {}

    private static final EntityType<Person> PERSON = EntityType.of("person", Person.class);
    private static final EntityType<ObjectNode> PLACE = EntityType.json("place");
    private static final String SCOPE = PeerSync.topLevelScope(PERSON);
    private static final String TOP = "stitch/peer/_top/person/";
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final Peers peers = new Peers();
    private final List<String> ended = new ArrayList<>();

    @BeforeEach
    void schema() {
        peers.schema = StitchSchema.root(PROJECT)
                .child(TASK, "projectId")
                .topLevel(PERSON)
                .topLevel(PLACE)
                .build();
    }

    @AfterEach
    void close() {
        peers.close();
    }

    private static RecordCollection<Person> people(Peer peer) {
        return peer.store.collection(PERSON);
    }

    private static List<String> names(Peer peer) {
        return people(peer).snapshot().stream()
                .map(person -> person.id() + '=' + person.name())
                .sorted()
                .toList();
    }

    private static void create(Peer peer, String id, String name) {
        peer.write(people(peer).create(new Person(id, name, 0)));
    }

    private static void name(Peer peer, String id, String name) {
        peer.write(people(peer).update(id, Patch.of("name", name)));
    }

    private void deliver(String topic, String payload) {
        peers.network.deliver("stitch/peer/" + topic, payload.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
        peers.settle();
    }

    private static String person(String id, String name, long ts) {
        return ("{'operation':'Update','entity':'person','id':'%1$s','data':{'id':'%1$s','name':'%2$s','_hlc':%3$s},"
                        + "'hlc':%3$s,'sender':'other'}")
                .formatted(id, name, Peers.stamp(ts));
    }

    private static String deleted(String id, long ts) {
        return Peers.deleted(id, ts).replace("'task'", "'person'");
    }

    // ---- what is said, and where ----

    @Test
    void whatOneWritesTheOthersHaveWithoutOpeningAnything() {
        Peer ada = peers.peer("ada");
        Peer ben = peers.peer("ben");
        create(ada, "a", "Ada");
        name(ada, "a", "Ada L.");
        create(ada, "b", "Ben");
        ada.write(people(ada).delete("b"));

        assertThat(ada.outcomes).containsExactly("SYNCED", "SYNCED", "SYNCED", "SYNCED");
        assertThat(names(ben)).containsExactly("a=Ada L.");
        assertThat(peers.network.published)
                .extracting(OutboundMessage::topic)
                .filteredOn(topic -> topic.contains("/events/"))
                .containsExactly(
                        TOP + "person/events/created",
                        TOP + "person/events/updated",
                        TOP + "person/events/created",
                        TOP + "person/events/deleted");
        assertThat(ada.store.openScopes()).isEmpty();
    }

    @Test
    void whoComesLateIsToldWhatItMissedAndOfDeletes() {
        Persistence disk = new InMemoryPersistence();
        Peer ada = peers.peer("ada", new InMemoryPersistence());
        Peer ben = peers.peer("ben", disk);
        create(ada, "a", "Ada");
        create(ada, "b", "Ben");
        peers.pass(MINUTE);
        ben.stop();
        ada.write(people(ada).delete("b"));
        create(ada, "c", "Cleo");
        Peer again = peers.peer("ben", disk);
        Peer dora = peers.peer("dora");
        peers.pass(MINUTE);

        assertThat(names(again)).containsExactly("a=Ada", "c=Cleo");
        assertThat(names(dora)).containsExactly("a=Ada", "c=Cleo");
        assertThat(dora.store.diagnosticCounts()).doesNotContainKey(DiagnosticCode.SCOPE_NOT_OPEN);
    }

    @Test
    void manyRecordsAreComparedByDigests() {
        Peer ada = peers.peer("ada");
        for (int i = 0; i < 300; i++) {
            create(ada, "p" + i, "name " + i);
        }
        Peer ben = peers.peer("ben");
        peers.pass(MINUTE);

        assertThat(names(ben)).hasSize(300).isEqualTo(names(ada));
        assertThat(peers.sent("_top/person/hello"))
                .anySatisfy(hello -> assertThat(hello.has("digest")).isTrue());
    }

    @Test
    void twoFieldsThatTwoWriteApartBothStayAndIncrementsAddUp() {
        Peer ada = peers.peer("ada");
        Peer ben = peers.peer("ben");
        create(ada, "a", "Ada");
        peers.pass(SECOND);
        peers.network.cut("ben");
        peers.settle();
        name(ada, "a", "Ada L.");
        ada.write(people(ada).update("a", Patch.increment("points", 2)));
        ben.write(people(ben).update("a", Patch.increment("points", 3)));
        peers.network.reconnect("ben");
        peers.pass(MINUTE.multipliedBy(3));

        assertThat(people(ada).get("a")).contains(new Person("a", "Ada L.", 5));
        assertThat(people(ben).get("a")).contains(new Person("a", "Ada L.", 5));
    }

    @Test
    void aScopeThatIsCalledLikeTheEntityIsAnotherOne() {
        InMemoryPersistence disk = new InMemoryPersistence();
        Peer ada = peers.peer("ada", disk);
        Scope scope = ada.open("person");
        ada.create(scope, "a", "task");
        create(ada, "a", "Ada");
        create(ada, "b", "Ben");
        ada.write(people(ada).delete("b"));
        long later = START + Duration.ofHours(1).toMillis();
        peers.deliver("person/task/events/deleted", Peers.deleted("a", later));
        assertThat(titles(scope)).isEmpty();
        assertThat(names(ada)).containsExactly("a=Ada");
        ada.create(scope, "b", "two");
        deliver("_top/person/person/events/deleted", deleted("a", later));
        assertThat(titles(scope)).containsExactly("b=two");
        assertThat(names(ada)).isEmpty();
        scope.close();
        ada.stop();

        Peer again = peers.peer("ada", disk);
        assertThat(names(again)).isEmpty();
        assertThat(titles(again.open("person"))).containsExactly("b=two");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
                    _top/animal/animal/events/created | UNKNOWN_ENTITY
                    _top/task/task/events/created     | UNKNOWN_ENTITY
                    _top/project/project/events/created | UNKNOWN_ENTITY
                    _top/person/task/events/created   | UNKNOWN_ENTITY
                    _top/person/place/events/created  | UNKNOWN_ENTITY
                    _top/#person/person/events/created | UNKNOWN_ENTITY
                    _top//person/events/created       | UNKNOWN_ENTITY
                    _top/person/person/events/changed | UNKNOWN_TOPIC
                    _top/person/events/created        | UNKNOWN_TOPIC
                    _top/person/person/x/created      | UNKNOWN_TOPIC
                    _top/person                       | UNKNOWN_TOPIC
                    _top                              | UNKNOWN_TOPIC
                    _top/animal/hello                 | UNKNOWN_ENTITY
                    project/p1/person/events/created  | UNKNOWN_ENTITY
                    project/#person/task/events/created | INVALID_ID
                    person/events/created             | UNKNOWN_TOPIC
                    """)
    void whatIsOfNoTopLevelEntityIsDroppedAndReported(String topic, DiagnosticCode code) {
        Peer ada = peers.peer("ada");
        ada.open("p1");
        peers.network.deliversUnasked = true;
        deliver(topic, topic.endsWith("hello") ? Peers.hello("eve") : person("x", "Eve", START));

        assertThat(ada.store.diagnosticCounts()).containsEntry(code, 1L);
        assertThat(names(ada)).isEmpty();
        assertThat(ada.store.collection(PLACE).snapshot()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"a/b", "+", "#", "create", "events", "''"})
    void idsThatNoRecordCanHaveAreDropped(String id) {
        Peer ada = peers.peer("ada");
        deliver("_top/person/person/events/created", person(id, "Eve", START));
        assertThat(names(ada)).isEmpty();
        assertThat(ada.store.diagnosticCounts()).containsEntry(DiagnosticCode.INVALID_ID, 1L);
    }

    @Test
    void aHelloThatNamesForeignEntitiesBringsNothingOfThem() {
        Peer ada = peers.peer("ada");
        ada.create(ada.open("p1"), "t1", "one");
        create(ada, "a", "Ada");
        peers.pass(MINUTE);
        int before = peers.network.published.size();
        deliver(
                "_top/person/hello",
                "{'clientId':'eve','features':['digest','more'],'round':'r1','manifest':[{'id':'t1','entity':'task','hlc':%1$s},{'id':'a','entity':'place','hlc':%1$s},{'id':'a','hlc':%1$s}]}"
                        .formatted(Peers.stamp(1)));
        peers.pass(SECOND.multipliedBy(3));

        List<OutboundMessage> said = peers.network.published.stream()
                .skip(before)
                .filter(message -> message.topic().contains("/events/"))
                .toList();
        assertThat(said)
                .as("what it holds older, and nothing of tasks or places")
                .extracting(OutboundMessage::topic)
                .containsExactly(TOP + "person/events/updated");
        assertThat(said)
                .extracting(message -> Json.read(message.payload()).path("id").asString())
                .containsExactly("a");
    }

    @Test
    void aStampFromTheFutureIsNotTakenBeforeItsTime() {
        Peer ada = peers.peer("ada");
        deliver(
                "_top/person/person/events/created",
                person("a", "Ada", START + Duration.ofDays(3).toMillis()));
        assertThat(names(ada)).isEmpty();
        assertThat(ada.store.diagnosticCounts()).containsEntry(DiagnosticCode.CLOCK_AHEAD, 1L);
    }

    @Test
    void noTopLevelEntityIsAnnouncedAsAScope() {
        Peer ada = peers.peer("ada");
        List<List<String>> scopes = new ArrayList<>();
        List<List<AnnouncedRoot>> roots = new ArrayList<>();
        ada.sync.announcedScopes().subscribe(scopes::add);
        ada.sync.announcedRoots().subscribe(roots::add);
        Peer ben = peers.peer("ben");
        create(ben, "b", "Ben");
        ben.open("p1");
        peers.pass(MINUTE.multipliedBy(6));

        assertThat(scopes.get(scopes.size() - 1)).containsExactly("p1");
        assertThat(roots.get(roots.size() - 1)).extracting(AnnouncedRoot::id).containsExactly("p1");
    }

    @Test
    void whoIsThereIsToldUnderTheEntitysScope() {
        Peer ada = peers.peer("ada");
        List<List<PresentPeer>> present = new ArrayList<>();
        ada.sync.presence(SCOPE).subscribe(present::add);
        Peer ben = peers.peer("ben");
        peers.pass(SECOND);
        assertThat(present.get(present.size() - 1))
                .extracting(PresentPeer::clientId)
                .containsExactly("ben");
        ben.stop();
        assertThat(present.get(present.size() - 1)).isEmpty();
    }

    // ---- the store's surface ----

    @Test
    void theCollectionTellsWhatChangesAndWhatWaits() {
        Peer ada = peers.peer("ada");
        Peer ben = peers.peer("ben");
        List<String> events = new ArrayList<>();
        List<List<Person>> lists = new ArrayList<>();
        people(ben)
                .mutations()
                .subscribe(event -> events.add(event.operation() + " " + event.id() + " " + event.origin()));
        people(ben).records().subscribe(lists::add);
        create(ada, "a", "Ada");
        peers.network.cut("ben");
        peers.settle();
        name(ben, "a", "Mine");
        assertThat(people(ben).isPending("a")).isTrue();
        StepVerifier.create(ben.store.pendingCount().take(1)).expectNext(1).verifyComplete();
        ben.write(people(ben).update("nobody", Patch.of("name", "x")));
        assertThat(ben.outcomes).last().asString().contains("nobody");
        peers.network.reconnect("ben");
        peers.pass(MINUTE);

        assertThat(people(ben).isPending("a")).isFalse();
        assertThat(names(ada)).containsExactly("a=Mine");
        assertThat(events)
                .startsWith(
                        RecordEvent.Operation.CREATED + " a " + RecordEvent.Origin.REMOTE,
                        RecordEvent.Operation.UPDATED + " a " + RecordEvent.Origin.LOCAL);
        assertThat(lists.get(lists.size() - 1)).containsExactly(new Person("a", "Mine", 0));
    }

    @Test
    void readsListsAndQueriesFindEachRecordOnce() {
        for (Persistence disk : List.of(Persistence.none(), new InMemoryPersistence())) {
            Peer ada = peers.peer(disk == Persistence.none() ? "ada" : "ben", disk);
            peers.pass(MINUTE);
            if (names(ada).isEmpty()) {
                create(ada, "a", "Ada");
                create(ada, "b", "Ben");
            }
            List<String> found = new ArrayList<>();
            ada.store.list(PERSON, ListQuery.all()).subscribe(list -> list.forEach(each -> found.add(each.id())));
            ada.store.read(PERSON, "a").subscribe(each -> found.add("read " + each.name()));
            people(ada)
                    .query(ListQuery.all().where("name", ListQuery.Operator.EQ, "Ben"))
                    .subscribe(result -> found.add("query " + result.records().size()));
            peers.settle();
            assertThat(found).containsExactlyInAnyOrder("a", "b", "read Ada", "query 1");
        }
    }

    @Test
    void aBatchIsWrittenTogetherWithRecordsOfAScope() {
        Peer ada = peers.peer("ada");
        Peer ben = peers.peer("ben");
        Scope scope = ada.open("p1");
        Scope bens = ben.open("p1");
        ada.store
                .batch(Flux.just(
                        people(ada).create(new Person("a", "Ada", 1)), scope.create(TASK, new Task("t1", "p1", "one"))))
                .subscribe();
        peers.settle();
        assertThat(names(ben)).containsExactly("a=Ada");
        assertThat(titles(bens)).containsExactly("t1=one");
    }

    @Test
    void whatTheWireCannotDoFailsAsForRecordsOfScopes() {
        Peer ada = peers.peer("ada");
        create(ada, "a", "Ada");
        ada.write(people(ada).updateIf("a", 1, Patch.of("name", "x"), WhenOffline.FAIL));
        assertThatThrownBy(() -> people(ada).create(new Person("b", "Ben", 0), MINUTE))
                .isInstanceOf(UnsupportedInModeException.class);
        assertThat(ada.outcomes.get(1)).startsWith("UnsupportedInModeException");
        assertThat(names(ada)).containsExactly("a=Ada");
    }

    @Test
    void aWriteThatTheBrokerRefusesIsUndone() {
        Peer ada = peers.peer("ada");
        create(ada, "a", "Ada");
        peers.network.refusals = message -> message.topic().contains("/events/")
                ? new TransportException(TransportException.Kind.REFUSED, 0x87, "not allowed", null)
                : null;
        name(ada, "a", "Mine");
        create(ada, "b", "Ben");
        peers.pass(SECOND);
        assertThat(names(ada)).containsExactly("a=Ada");
    }

    @Test
    void noScopeOfTheApplicationClosesIt() {
        Peer ada = peers.peer("ada");
        Peer ben = peers.peer("ben");
        ada.store.replaceScope("p1");
        ada.store.replaceScope("p2");
        peers.settle();
        ada.store.openScopes().forEach(Scope::close);
        peers.pass(Duration.ofHours(1));
        create(ben, "b", "Ben");
        assertThat(names(ada)).containsExactly("b=Ben");
    }

    @Test
    void queriesOfTheStoreHaveThemToo() {
        for (Persistence disk : List.of(Persistence.none(), new InMemoryPersistence())) {
            Peer ada = peers.peer(disk == Persistence.none() ? "ada" : "ben", disk);
            peers.pass(MINUTE);
            if (names(ada).isEmpty()) {
                create(ada, "a", "Ada");
            }
            for (QueryRange range : QueryRange.values()) {
                List<Integer> sizes = new ArrayList<>();
                Disposable watching = ada.store
                        .query(PERSON, ListQuery.all(), range)
                        .subscribe(result -> sizes.add(result.records().size()));
                peers.pass(SECOND);
                create(ada, "x", "X");
                peers.pass(SECOND);
                ada.write(people(ada).delete("x"));
                peers.pass(SECOND);
                watching.dispose();
                assertThat(sizes).as(range.name()).startsWith(1).contains(2).endsWith(1);
            }
        }
    }

    @Test
    void rulesSeeThemFromEveryScope() {
        peers.schema = StitchSchema.root(PROJECT)
                .child(TASK, "projectId", FieldRules.none().references("title", PERSON, OnDelete.RESTRICT))
                .topLevel(PERSON, FieldRules.none().unique("name"))
                .build();
        Peer ada = peers.peer("ada");
        Peer ben = peers.peer("ben");
        create(ada, "a", "Ada");
        create(ben, "b", "Ada");
        Scope scope = ben.open("p1");
        ben.create(scope, "t1", "nobody");
        ben.create(scope, "t2", "a");
        ben.write(people(ben).delete("a"));
        assertThat(ben.outcomes).hasSize(4);
        assertThat(ben.outcomes.get(0)).contains("name");
        assertThat(ben.outcomes.get(1)).contains("nobody");
        assertThat(ben.outcomes.get(2)).isEqualTo("SYNCED");
        assertThat(ben.outcomes.get(3)).contains("t2");
        assertThat(names(ben)).containsExactly("a=Ada");
    }

    // ---- restarts, logouts, clocks ----

    @Test
    void whatWasLocalUntilTheSchemaChangedIsSharedFromThenOn() {
        InMemoryPersistence disk = new InMemoryPersistence();
        StitchSchema shared = peers.schema;
        peers.schema = StitchSchema.root(PROJECT)
                .child(TASK, "projectId")
                .localOnly(PERSON)
                .build();
        Peer ada = peers.peer("ada", disk);
        create(ada, "a", "Ada");
        ada.stop();
        peers.schema = shared;
        Peer ben = peers.peer("ben");
        Peer again = peers.peer("ada", disk);
        peers.pass(MINUTE);
        assertThat(names(again)).containsExactly("a=Ada");
        name(again, "a", "Ada L.");
        peers.pass(MINUTE);
        assertThat(names(ben)).containsExactly("a=Ada L.");
        name(ben, "a", "Ada");
        ben.write(people(ben).delete("a"));
        assertThat(names(again)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void peersConvergeWhateverIsCutAndRestarted(long seed) {
        Random random = new Random(seed);
        peers.network.longestDelayMillis = 300;
        List<InMemoryPersistence> disks = new ArrayList<>();
        List<Peer> all = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            disks.add(new InMemoryPersistence());
            all.add(peers.peer("p" + i, disks.get(i)));
        }
        for (int step = 0; step < 120; step++) {
            int who = random.nextInt(3);
            Peer peer = all.get(who);
            String id = "x" + random.nextInt(5);
            switch (random.nextInt(9)) {
                case 0, 1 -> create(peer, id, "n" + step);
                case 2, 3 -> name(peer, id, "n" + step);
                case 4 -> peer.write(people(peer).update(id, Patch.increment("points", 1)));
                case 5 -> peer.write(people(peer).delete(id));
                case 6 -> peers.network.cut(peer.name);
                case 7 -> peers.network.reconnect(peer.name);
                default -> {
                    peer.stop();
                    all.set(who, peers.peer("p" + who, disks.get(who)));
                }
            }
            peers.pass(Duration.ofMillis(random.nextInt(3_000)));
        }
        all.forEach(peer -> peers.network.reconnect(peer.name));
        peers.pass(MINUTE.multipliedBy(15));
        List<Person> first = sorted(all.get(0));
        assertThat(sorted(all.get(1))).isEqualTo(first);
        assertThat(sorted(all.get(2))).isEqualTo(first);
        all.get(0).stop();
        assertThat(sorted(peers.peer("p0", disks.get(0)))).isEqualTo(first);
    }

    private static List<Person> sorted(Peer peer) {
        return people(peer).snapshot().stream()
                .sorted(Comparator.comparing(Person::id))
                .toList();
    }

    @Test
    void whatWasWrittenBeforeTheStoreStartedAndOfflineIsKeptAndSent() {
        InMemoryPersistence disk = new InMemoryPersistence();
        peers.network.cut("ada");
        Peer ada = peers.peer("ada", disk);
        create(ada, "a", "Ada");
        create(ada, "b", "Ben");
        ada.write(people(ada).delete("b"));
        ada.stop();
        Peer again = peers.peer("ada", disk);
        assertThat(names(again)).as("at the start").containsExactly("a=Ada");
        Peer ben = peers.peer("ben");
        peers.network.reconnect("ada");
        peers.pass(MINUTE);
        assertThat(names(ben)).containsExactly("a=Ada");
        deliver("_top/person/person/events/created", person("b", "Old", START));
        assertThat(names(again)).as("the delete is remembered").containsExactly("a=Ada");
    }

    @Test
    void aLogoutForgetsThemUnlessNobodyElseHoldsThem() {
        InMemoryPersistence disk = new InMemoryPersistence();
        Peer ada = peers.peer("ada", disk);
        create(ada, "a", "Ada");
        create(ada, "b", "Ben");
        ada.write(people(ada).delete("b"));
        List<String> told = new ArrayList<>();
        ada.store
                .resetForLogout()
                .subscribe(
                        unused -> {}, error -> told.add(((OnlyCopyException) error).scopeId()), () -> told.add("done"));
        peers.settle();
        assertThat(told).containsExactly(SCOPE);
        assertThat(names(ada)).containsExactly("a=Ada");

        Peer ben = peers.peer("ben");
        peers.pass(MINUTE);
        ada.store.resetForLogout().subscribe(unused -> {}, error -> told.add("refused"), () -> told.add("done"));
        peers.pass(SECOND);
        assertThat(told).containsExactly(SCOPE, "done");
        assertThat(names(ada)).isEmpty();
        assertThat(names(ben)).containsExactly("a=Ada");

        ada.store.connect().subscribe();
        peers.pass(MINUTE);
        assertThat(names(ada)).as("who logs in next holds them again").containsExactly("a=Ada");
        ada.stop();
        assertThat(names(peers.peer("ada", disk))).containsExactly("a=Ada");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aLogoutWhileTheyAreReadForgetsThemAndTheirDeletes(boolean readsEarly) {
        InMemoryPersistence disk = new InMemoryPersistence();
        Peer ada = peers.peer("ada", disk);
        create(ada, "a", "Ada");
        create(ada, "b", "Ben");
        ada.write(people(ada).delete("b"));
        ada.stop();
        peers.network.cut("ada");
        Persistence slow = new SlowDisk(disk, peers.network.time, MINUTE);
        if (readsEarly) {
            FickleDisk late = new FickleDisk(disk, peers.network.time);
            late.late = MINUTE;
            slow = late;
        }
        Peer again = peers.peer("ada", slow);
        again.store.resetForLogout(true).subscribe();
        peers.pass(MINUTE.multipliedBy(10));
        assertThat(names(again)).isEmpty();
        peers.network.reconnect("ada");
        again.store.connect().subscribe();
        peers.pass(MINUTE);
        deliver("_top/person/person/events/created", person("b", "Old", START));
        assertThat(names(again)).as("its delete was forgotten, too").containsExactly("b=Old");
    }

    @Test
    void clearedDataIsGone() {
        InMemoryPersistence disk = new InMemoryPersistence();
        Peer ada = peers.peer("ada", disk);
        create(ada, "a", "Ada");
        ada.store.clearLocalData(true).subscribe();
        peers.pass(SECOND);
        assertThat(names(peers.peer("ada", disk))).isEmpty();
    }

    @Test
    void aStoreWhoseClockWasAheadIsMended() {
        Peer ada = peers.peer("ada");
        Peer ben = peers.peer("ben");
        ada.clock.offset(Duration.ofDays(400).toMillis());
        create(ada, "a", "Ada");
        create(ada, "b", "Ben");
        ada.write(people(ada).delete("b"));
        assertThat(names(ben)).isEmpty();
        ada.clock.offset(0);
        name(ada, "a", "x");
        assertThat(ada.outcomes).last().asString().startsWith("ClockAheadException");
        List<Integer> mended = new ArrayList<>();
        ada.sync.restamp().subscribe(mended::add);
        peers.pass(SECOND);
        name(ada, "a", "Ada L.");

        assertThat(mended).containsExactly(2);
        assertThat(names(ben)).containsExactly("a=Ada L.");
    }

    @Test
    void tombstonesAreForgottenInTheEnd() {
        Peer ada = peers.peer("ada", new InMemoryPersistence());
        create(ada, "a", "Ada");
        ada.write(people(ada).delete("a"));
        deliver("_top/person/person/events/created", person("a", "Old", START - 1));
        assertThat(names(ada)).isEmpty();
        peers.pass(Duration.ofDays(31));
        deliver("_top/person/person/events/created", person("a", "Old", START - 1));
        assertThat(names(ada)).containsExactly("a=Old");
    }

    @Test
    void aSubscriptionThatIsRefusedIsToldAndTheRestWorks() {
        Peer ada = peers.peer("ada");
        List<ScopeRefusal> refused = new ArrayList<>();
        ada.store.scopeErrors().subscribe(refused::add);
        peers.network.refusedFilters = filter -> filter.equals(TOP + '#');
        peers.network.breakConnection("ada");
        peers.pass(MINUTE);
        Peer ben = peers.peer("ben");
        peers.network.refusedFilters = filter -> false;
        Scope p1 = ada.open("p1");
        ben.create(ben.open("p1"), "t1", "one");
        peers.pass(SECOND);
        assertThat(refused).extracting(ScopeRefusal::scopeId).contains(SCOPE);
        assertThat(titles(p1)).containsExactly("t1=one");
    }

    // ---- whether others have them, and whether they were compared ----

    private <T> List<T> watch(Flux<T> states) {
        List<T> all = new ArrayList<>();
        states.subscribe(all::add, error -> {}, () -> ended.add("end"));
        peers.settle();
        return all;
    }

    @Test
    void howSafeTheyAreIsToldAsOfScopes() {
        Peer ada = peers.peer("ada");
        peers.network.unheard = true;
        create(ada, "a", "Ada");
        List<ScopeSafety> all = watch(people(ada).safety());
        List<RecordSafety> one = watch(people(ada).safety("a"));
        assertThat(all).containsExactly(new ScopeSafety(0, 1, 0, 0));
        assertThat(one).containsExactly(new RecordSafety(Safety.ONLY_HERE, 0));

        peers.network.unheard = false;
        Peer ben = peers.peer("ben");
        peers.pass(MINUTE);
        assertThat(names(ben)).containsExactly("a=Ada");
        assertThat(all).endsWith(new ScopeSafety(0, 0, 0, 1));
        assertThat(one).endsWith(new RecordSafety(Safety.HELD, 1));

        peers.network.cut("ada");
        name(ada, "a", "Ada L.");
        peers.pass(SECOND);
        assertThat(all).endsWith(new ScopeSafety(1, 0, 0, 0));
        assertThat(one).endsWith(new RecordSafety(Safety.PENDING, 0));
        peers.network.reconnect("ada");
        peers.pass(MINUTE);
        assertThat(all).endsWith(new ScopeSafety(0, 0, 0, 1));

        assertThat(ended).isEmpty();
        ada.stop();
        assertThat(ended).containsExactly("end", "end");
        watch(people(ben).safety());
        ben.stop();
        assertThat(ended).hasSize(3);
    }

    @Test
    void howSafeTheyAreIsToldWhenTheyAreReadToWhoAsksBefore() {
        InMemoryPersistence disk = new InMemoryPersistence();
        Peer before = peers.peer("ada", disk);
        create(before, "a", "Ada");
        before.stop();
        Peer ada = peers.unstarted("ada", disk);
        List<ScopeSafety> all = watch(people(ada).safety());
        List<ScopeStatus.State> states = watch(people(ada).status().map(ScopeStatus::state));
        assertThat(all).isEmpty();
        assertThat(states).containsExactly(ScopeStatus.State.OPENING);

        ada.store.start().subscribe();
        peers.pass(MINUTE);
        assertThat(all).endsWith(new ScopeSafety(0, 1, 0, 0));
        assertThat(states).endsWith(ScopeStatus.State.ALONE);
    }

    @Test
    void whetherTheyWereComparedIsToldAsOfScopes() {
        Peer ada = peers.peer("ada");
        List<ScopeStatus.State> states = watch(people(ada).status().map(ScopeStatus::state));
        peers.pass(MINUTE);
        assertThat(states).startsWith(ScopeStatus.State.COMPARING).endsWith(ScopeStatus.State.ALONE);
        peers.peer("ben");
        peers.pass(MINUTE);
        assertThat(states).endsWith(ScopeStatus.State.COMPARED);
        peers.network.cut("ada");
        peers.settle();
        assertThat(states).endsWith(ScopeStatus.State.OFFLINE);
        ada.stop();
        assertThat(ended).containsExactly("end");
    }

    @Test
    void aKeyThatIsMissingWhenTheStoreStartsIsSeenThereAndSoIsThatItComes() {
        InMemoryPersistence disk = new InMemoryPersistence();
        ScopeKeyTable keys = keys();
        Peer before = peer("ada", disk, builder -> builder.encrypted(keys));
        create(before, "a", "Ada");
        before.stop();
        keys.remove(SCOPE);
        peers.network.cut("ada");
        Peer ada = peer("ada", disk, builder -> builder.encrypted(keys));
        List<ScopeStatus> statuses = watch(people(ada).status());
        List<ScopeSafety> safety = watch(people(ada).safety());
        assertThat(statuses).singleElement().satisfies(status -> {
            assertThat(status.state()).isEqualTo(ScopeStatus.State.REFUSED);
            assertThat(status.refusal()).isNotNull();
            assertThat(status.refusal().code()).isEqualTo(423);
            assertThat(status.refusal().scopeId()).isEqualTo(SCOPE);
        });
        assertThat(safety).isEmpty();

        keys.put(SCOPE, key(1));
        peers.pass(SECOND);
        assertThat(statuses).extracting(ScopeStatus::state).endsWith(ScopeStatus.State.OFFLINE);
        assertThat(safety).endsWith(new ScopeSafety(0, 1, 0, 0));
        keys.remove(SCOPE);
        peers.pass(SECOND);
        assertThat(statuses).extracting(ScopeStatus::state).endsWith(ScopeStatus.State.REFUSED);
        keys.put(SCOPE, key(1));
        peers.network.reconnect("ada");
        peers.pass(MINUTE);
        assertThat(statuses).extracting(ScopeStatus::state).endsWith(ScopeStatus.State.ALONE);
        create(ada, "b", "Ben");
        peers.pass(SECOND);
        assertThat(safety).endsWith(new ScopeSafety(0, 1, 1, 0));
    }

    @Test
    void whatGoesNowhereIsNotAskedWhoElseHasIt() {
        EntityType<ObjectNode> draft = EntityType.json("draft");
        peers.schema = StitchSchema.root(PROJECT)
                .child(TASK, "projectId")
                .localOnly(draft)
                .build();
        RecordCollection<ObjectNode> drafts = peers.peer("ada").store.collection(draft);
        assertThatThrownBy(drafts::safety).isInstanceOf(SchemaException.class).hasMessageContaining("local-only");
        assertThatThrownBy(() -> drafts.safety("d1")).isInstanceOf(SchemaException.class);
        assertThatThrownBy(drafts::status).isInstanceOf(SchemaException.class);
    }

    // ---- keys and trust ----

    private static ScopeKey key(int fill) {
        byte[] secret = new byte[ScopeKey.SECRET_BYTES];
        Arrays.fill(secret, (byte) fill);
        return ScopeKey.of("k1", secret);
    }

    private Peer peer(String name, Persistence disk, UnaryOperator<PeerSync.Builder> options) {
        return peers.peer(name, disk, options);
    }

    private static ScopeKeyTable keys() {
        return new ScopeKeyTable().put(SCOPE, key(1)).plain(PeerSync.topLevelScope(PLACE));
    }

    @Test
    void anEncryptedEntityIsReadByThoseWithItsKeyAndComesAndGoesWithIt() {
        InMemoryPersistence disk = new InMemoryPersistence();
        ScopeKeyTable keys = keys();
        Peer ada = peer("ada", disk, builder -> builder.encrypted(keys));
        Peer ben = peer("ben", Persistence.none(), builder -> builder.encrypted(keys()));
        Peer cleo = peers.peer("cleo");
        create(ada, "a", "Ada");
        peers.pass(SECOND);
        assertThat(names(ben)).containsExactly("a=Ada");
        assertThat(names(cleo)).isEmpty();
        assertThat(cleo.store.diagnosticCounts()).containsKey(DiagnosticCode.NOT_DECRYPTED);
        assertThat(peers.network.publishedTo("person/events/created"))
                .allSatisfy(
                        message -> assertThat(Json.readObject(message.payload()).propertyNames())
                                .containsExactly("enc", "kid", "iv", "ct"));

        List<ScopeRefusal> refusals = new ArrayList<>();
        ada.store.scopeErrors().subscribe(refusals::add);
        keys.remove(SCOPE);
        peers.settle();
        assertThat(names(ada)).isEmpty();
        assertThat(refusals).extracting(ScopeRefusal::scopeId).containsExactly(SCOPE);
        name(ada, "a", "refused");
        assertThat(ada.outcomes).last().asString().startsWith("KeyMissingException");
        name(ben, "a", "Ada L.");
        ada.stop();

        ScopeKeyTable later = keys().remove(SCOPE);
        Peer again = peer("ada", disk, builder -> builder.encrypted(later));
        assertThat(names(again)).isEmpty();
        later.put(SCOPE, key(1));
        peers.pass(MINUTE);
        assertThat(names(again)).containsExactly("a=Ada L.");
        create(again, "b", "Ben");
        assertThat(names(ben)).containsExactly("a=Ada L.", "b=Ben");
    }

    @Test
    void signedWritesAreTakenFromThoseWhoAreTrustedWithTheEntity() {
        Author adas = new Author("ada");
        Author bens = new Author("ben");
        Author eves = new Author("eve");
        List<String> asked = new ArrayList<>();
        Trust trust = write -> {
            asked.add(write.scopeId() + '/' + write.entity());
            return !write.author().equals(eves.fingerprint());
        };
        Peer ada = peer("ada", Persistence.none(), builder -> builder.signed(adas.keys, write -> true));
        Peer ben = peer("ben", new InMemoryPersistence(), builder -> builder.signed(bens.keys, trust));
        Peer eve = peer("eve", Persistence.none(), builder -> builder.signed(eves.keys, write -> true));
        create(ada, "a", "Ada");
        create(eve, "e", "Eve");
        peers.pass(SECOND);
        deliver("_top/person/person/events/created", person("x", "Nobody", START));

        assertThat(names(ben)).containsExactly("a=Ada");
        assertThat(asked).contains(SCOPE + "/person");
        assertThat(ben.store.diagnosticCounts())
                .containsKey(DiagnosticCode.UNTRUSTED)
                .containsKey(DiagnosticCode.FORGED);
        ada.write(people(ada).delete("a"));
        assertThat(names(ben)).isEmpty();
    }

    @Test
    void grantsMayBeATopLevelEntity() {
        Author owners = new Author("owner");
        Author members = new Author("member");
        Trust trust = Trust.membership(PeerSync.topLevelScope(PLACE), "place", owners.keys.getPublic());
        Peer owner = peer("owner", Persistence.none(), builder -> builder.signed(owners.keys, trust));
        Peer member = peer(
                "member",
                Persistence.none(),
                builder -> builder.signed(
                        members.keys,
                        Trust.membership(PeerSync.topLevelScope(PLACE), "place", owners.keys.getPublic())));
        create(member, "m", "refused");
        assertThat(names(owner)).isEmpty();
        owner.write(owner.store.collection(PLACE).create(Json.object().put("id", "member-" + members.fingerprint())));
        peers.pass(SECOND);
        create(member, "m", "Member");
        assertThat(names(owner)).containsExactly("m=Member");
    }
}
