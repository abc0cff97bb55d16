package io.stitch.reactive.peer;

import io.stitch.reactive.ClockAheadException;
import io.stitch.reactive.ConnectionStatus;
import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.EntityType;
import io.stitch.reactive.InMemoryPersistence;
import io.stitch.reactive.Patch;
import io.stitch.reactive.RecordCollection;
import io.stitch.reactive.RecordEvent;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.StitchStore;
import io.stitch.reactive.internal.mode.Mode;
import io.stitch.reactive.spi.Persistence;
import io.stitch.server.PlainBroker;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import static org.assertj.core.api.Assertions.assertThat;

/** The code of docs/peer.md, run on a broker that is nothing but a broker. */
class PeerGuideTest {
    private static final Path GUIDE = Path.of("..", "docs", "peer.md");
    private static final Path THIS =
            Path.of("src", "test", "java", "io", "stitch", "reactive", "peer", "PeerGuideTest.java");
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    record Project(String id, String name) {}

    record Task(String id, String projectId, boolean done) {}

    record Person(String id, String name) {}

    private static final EntityType<Task> TASK = EntityType.of("task", Task.class);

    private static final EntityType<Person> PERSON = EntityType.of("person", Person.class);

    /** Who said hello; by then it hears what is published in the scope. */
    private static final Sinks.Many<String> HELLOS = Sinks.many().replay().all();

    private static PlainBroker broker;

    private final StitchSchema schema = StitchSchema.root(EntityType.of("project", Project.class))
            .child(TASK, "projectId")
            .topLevel(PERSON)
            .build();
    private final List<StitchStore> stores = new ArrayList<>();
    private final Sinks.Many<String> printed = Sinks.many().replay().all();

    @BeforeAll
    static void startBroker() {
        broker = PlainBroker.start(message -> {
            if (message.topic().endsWith("/hello")) {
                HELLOS.emitNext(message.text(), Sinks.EmitFailureHandler.busyLooping(PATIENCE));
            }
        });
    }

    @AfterAll
    static void stopBroker() {
        broker.close();
    }

    @AfterEach
    void closeStores() {
        Mono.whenDelayError(stores.stream().map(StitchStore::close).toList()).block(PATIENCE);
    }

    private synchronized void print(String text) {
        printed.tryEmitNext(text);
    }

    /** A store as the guide makes it, and the mode that it was made with. */
    private record Peer(StitchStore store, PeerSync sync) {
        Scope scope() {
            return store.replaceScope("apollo");
        }
    }

    private Peer open() {
        Peer peer = built();
        peer.store().start().block(PATIENCE);
        return peer;
    }

    private Peer built() {
        String url = broker.url();
        Persistence disk = new InMemoryPersistence();
        PeerSync peers = PeerSync.create();
        StitchStore store = StitchStore.builder()
                .schema(schema)
                .remote(RemoteOptions.to(url)) // any MQTT 5 broker
                .syncMode(peers) // one for each store
                .persistence(disk)
                .build();
        stores.add(store);
        return new Peer(store, peers);
    }

    @Test
    void theGuideShowsOnlyCodeOfThisTest() throws IOException {
        Matcher blocks = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(Files.readString(GUIDE));
        String source = squeezed(Files.readString(THIS));
        int found = 0;
        while (blocks.find()) {
            found++;
            assertThat(source).contains(squeezed(withoutImports(blocks.group(1))));
        }
        assertThat(found).isEqualTo(11);
    }

    /** Whether they are the right ones, and all, is tested where all chapters are. */
    private static String withoutImports(String block) {
        return block.replaceAll("(?m)^import .*;\n", "");
    }

    private static String squeezed(String code) {
        return code.replaceAll("\\s+", "");
    }

    @Test
    void aPeerGetsWhatAnotherOneHoldsAndWrites() {
        Peer ada = open();
        ada.scope().create(TASK, new Task("t1", "apollo", false)).block(PATIENCE);
        Peer ben = open();

        StepVerifier.create(ben.scope().events().map(RecordEvent::operation))
                .expectNext(RecordEvent.Operation.CREATED)
                .then(() -> markDone(ada.scope(), ada.sync()))
                .expectNext(RecordEvent.Operation.UPDATED)
                .thenCancel()
                .verify(PATIENCE);

        assertThat(ben.scope().snapshot(TASK)).containsExactly(new Task("t1", "apollo", true));
    }

    private void markDone(Scope scope, PeerSync peers) {
        scope.update(TASK, "t1", Patch.of("done", true))
                .onErrorResume(
                        ClockAheadException.class,
                        error -> peers.restamp().then(scope.update(TASK, "t1", Patch.of("done", true))))
                .subscribe();
    }

    @Test
    void everybodyHasWhatBelongsToNoScope() {
        Peer ada = open();
        writePeople(ada.store(), ada.sync());
        Peer ben = open();

        StepVerifier.create(ben.store().collection(PERSON).records().filter(people -> !people.isEmpty()))
                .expectNext(List.of(new Person("ada", "Ada")))
                .thenCancel()
                .verify(PATIENCE);
        StepVerifier.create(printed.asFlux()
                        .filter(line -> line.equals("1 people") || line.equals("1 others have people"))
                        .distinct()
                        .take(2))
                .expectNextCount(2)
                .expectComplete()
                .verify(PATIENCE);
    }

    private void writePeople(StitchStore store, PeerSync peers) {
        RecordCollection<Person> people = store.collection(PERSON);
        people.records().subscribe(list -> print(list.size() + " people"));
        people.create(new Person("ada", "Ada")).subscribe();

        String scopeId = PeerSync.topLevelScope(PERSON);
        peers.presence(scopeId).subscribe(list -> print(list.size() + " others have people"));
    }

    @Test
    void whetherPeopleAreSafeIsTold() {
        Peer ada = open();
        watchPeople(ada.store().collection(PERSON));
        StepVerifier.create(printed.asFlux().filter(line -> line.startsWith("people: ")))
                .expectNextCount(2)
                .thenCancel()
                .verify(PATIENCE);
    }

    private void watchPeople(RecordCollection<Person> people) {
        people.status()
                .subscribe(status -> print(
                        status.refusal() == null
                                ? "people: " + status.state()
                                : status.refusal().message()));
        people.safety().subscribe(now -> print("people: " + now.level()));
    }

    @Test
    void theScopesThatPeersHaveAreListed() {
        Peer ada = built();
        listScopes(ada.sync());
        ada.store().start().block(PATIENCE);
        ada.store().connection().filter(ConnectionStatus::isConnected).blockFirst(PATIENCE);
        open().scope();

        StepVerifier.create(printed.asFlux().filter("1 scopes around"::equals))
                .expectNextCount(1)
                .thenCancel()
                .verify(PATIENCE);
    }

    private void listScopes(PeerSync peers) {
        peers.announcedScopes().subscribe(ids -> print(ids.size() + " scopes around"));
    }

    @Test
    void whatAnotherPeerSaysThatItHasIsSafe() {
        Peer ada = open();
        Scope scope = ada.scope();
        open().scope();
        scope.create(TASK, new Task("t1", "apollo", false)).block(PATIENCE);
        watchSafety(scope);

        StepVerifier.create(printed.asFlux().filter("1 others have it all"::equals))
                .expectNextCount(1)
                .thenCancel()
                .verify(PATIENCE);
    }

    private void watchSafety(Scope scope) {
        scope.safety()
                .subscribe(now -> print(
                        switch (now.level()) {
                            case PENDING -> now.pending() + " changes to send";
                            case ONLY_HERE -> now.onlyHere() + " changes only here";
                            case TAKEN -> now.taken() + " changes sent";
                            case HELD -> now.holders() + " others have it all";
                        }));
    }

    @Test
    void aPeerThatComesIsPresent() {
        Peer ada = built();
        watchPeers(ada.sync());
        ada.store().start().block(PATIENCE);
        ada.scope();
        awaitHello(ada);
        Peer ben = open();
        ben.scope();

        StepVerifier.create(printed.asFlux())
                .expectNext("also here: []")
                .expectNext("also here: [" + ben.store().clientId() + "]")
                .then(() -> ben.store().close().subscribe())
                .expectNext("also here: []")
                .thenCancel()
                .verify(PATIENCE);
    }

    private static void awaitHello(Peer peer) {
        HELLOS.asFlux().filter(hello -> hello.contains(peer.store().clientId())).blockFirst(PATIENCE);
    }

    private void watchPeers(PeerSync peers) {
        peers.presence("apollo")
                .map(list -> list.stream().map(PresentPeer::clientId).toList())
                .subscribe(ids -> print("also here: " + ids));
    }

    @Test
    void signedPeersTakeFromThoseTheyTrustOnly() throws NoSuchAlgorithmException {
        KeyPair adaKeys = keys();
        KeyPair benKeys = keys();
        String none = text(keys());
        Peer ada = open(signed(adaKeys, text(benKeys), none));
        Peer stranger = open();
        ada.scope();
        awaitHello(ada);
        StepVerifier.create(ada.store().diagnostics().filter(report -> report.code() == DiagnosticCode.FORGED))
                .then(() -> stranger.scope()
                        .create(TASK, new Task("t1", "apollo", false))
                        .subscribe())
                .expectNextCount(1)
                .thenCancel()
                .verify(PATIENCE);
        assertThat(ada.scope().snapshot(TASK)).isEmpty();

        ada.scope().create(TASK, new Task("t2", "apollo", false)).block(PATIENCE);
        Peer ben = open(signed(benKeys, text(adaKeys), none));

        StepVerifier.create(ben.scope().events().map(RecordEvent::id))
                .expectNext("t2")
                .thenCancel()
                .verify(PATIENCE);
    }

    @Test
    void whatIsSaidInAScopeIsEncrypted() {
        Peer ada = open(encrypted(new byte[ScopeKey.SECRET_BYTES]));
        Peer ben = open(encrypted(new byte[ScopeKey.SECRET_BYTES]));
        ada.scope().create(TASK, new Task("t3", "apollo", false)).block(PATIENCE);

        StepVerifier.create(ben.scope().events().map(RecordEvent::id))
                .expectNext("t3")
                .thenCancel()
                .verify(PATIENCE);
    }

    private static PeerSync encrypted(byte[] secret) {
        ScopeKeyTable keys = new ScopeKeyTable().put("apollo", ScopeKey.of("apollo-2026", secret)); // 32 bytes
        PeerSync encrypted = PeerSync.builder().encrypted(keys).build();
        return encrypted;
    }

    private static KeyPair keys() throws NoSuchAlgorithmException {
        return KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    }

    private static String text(KeyPair keys) {
        return PeerSync.publicKeyText(keys.getPublic());
    }

    private static PeerSync signed(KeyPair ownKeys, String benKey, String cleoKey) {
        PeerSync signed = PeerSync.builder()
                .signed(ownKeys, List.of(PeerSync.publicKey(benKey), PeerSync.publicKey(cleoKey)))
                .build();
        return signed;
    }

    @Test
    void aListOfKeysOrTheRecordsOfAScopeSayWhoIsTrusted() throws NoSuchAlgorithmException {
        KeyPair benKeys = keys();
        KeyPair ownKeys = keys();
        for (PeerSync sync : trusting(ownKeys, text(benKeys), text(ownKeys))) {
            Peer ada = open(sync);
            ada.scope()
                    .create(TASK, new Task("t-" + stores.size(), "apollo", false))
                    .block(PATIENCE);
            assertThat(ada.scope().snapshot(TASK)).isNotEmpty();
        }
    }

    private static List<PeerSync> trusting(KeyPair ownKeys, String benKey, String ownerKey) {
        PeerSync among = PeerSync.builder()
                .signed(ownKeys, List.of(PeerSync.publicKey(benKey)))
                .build(); // a list of keys
        PeerSync members = PeerSync.builder()
                .signed(
                        ownKeys,
                        Trust.membership("team", "grant", PeerSync.publicKey(ownerKey))) // by records of a scope
                .build();
        return List.of(among, members);
    }

    private Peer open(PeerSync sync) {
        StitchStore store = StitchStore.builder()
                .schema(schema)
                .remote(RemoteOptions.to(broker.url()))
                .syncMode(sync)
                .build();
        stores.add(store);
        store.start().block(PATIENCE);
        return new Peer(store, sync);
    }

    @Test
    void deletesCanBeRememberedForLonger() {
        assertThat(((Mode) patient()).tombstoneRetention()).isEqualTo(Duration.ofDays(90));
        assertThat(((Mode) patient()).peerMemory()).isEqualTo(Duration.ofDays(365));
    }

    @Test
    void peersCanMergeWholeRecords() {
        assertThat(whole()).isInstanceOf(Mode.class);
    }

    private static PeerSync whole() {
        PeerSync whole = PeerSync.builder().mergeRecords(MergeRecords.WHOLE).build();
        return whole;
    }

    private static PeerSync patient() {
        PeerSync patient = PeerSync.builder()
                .tombstoneRetention(Duration.ofDays(90))
                .peerMemory(Duration.ofDays(365))
                .build();
        return patient;
    }
}
