package io.stitch.reactive.peer;

import io.stitch.reactive.ClosedException;
import io.stitch.reactive.Diagnostic;
import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.EntityType;
import io.stitch.reactive.InMemoryPersistence;
import io.stitch.reactive.ModeMismatchException;
import io.stitch.reactive.OnlyCopyException;
import io.stitch.reactive.PersistenceException;
import io.stitch.reactive.RecordCollection;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.peer.Peers.Peer;
import io.stitch.reactive.spi.OpenRequest;
import io.stitch.reactive.spi.Persistence;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import tools.jackson.databind.node.ObjectNode;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

import static io.stitch.reactive.peer.Peers.PROJECT;
import static io.stitch.reactive.peer.Peers.TASK;
import static io.stitch.reactive.peer.Peers.titles;
import static org.assertj.core.api.Assertions.assertThat;

/** What nobody else is known to hold is not forgotten unless somebody says that it may go, and where nothing is kept it does not go without a word. */
class OnlyCopiesInVirtualTimeTest {
    private static final EntityType<ObjectNode> PLACE = EntityType.json("place");
    private static final EntityType<ObjectNode> DRAFT = EntityType.json("draft");
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final Peers peers = new Peers();
    private final InMemoryPersistence disk = new InMemoryPersistence();

    @AfterEach
    void close() {
        peers.close();
    }

    /** What becomes of it within a while. */
    private Optional<Throwable> ask(Mono<Void> action) {
        List<Optional<Throwable>> told = new ArrayList<>();
        action.subscribe(unused -> {}, error -> told.add(Optional.of(error)), () -> told.add(Optional.empty()));
        peers.pass(Duration.ofSeconds(3));
        assertThat(told).as("an answer").hasSize(1);
        return told.get(0);
    }

    private void refused(Mono<Void> action, String scope, int records) {
        assertThat(ask(action))
                .hasValueSatisfying(error -> assertThat(error).isInstanceOfSatisfying(OnlyCopyException.class, only -> {
                    assertThat(only.scopeId()).isEqualTo(scope);
                    assertThat(only.records()).isEqualTo(records);
                    assertThat(only.isTransient()).isFalse();
                }));
    }

    private static List<Diagnostic> gone(Peer peer) {
        List<Diagnostic> reports = new ArrayList<>();
        peer.store
                .diagnostics()
                .filter(report -> report.code() == DiagnosticCode.ONLY_COPY_GONE)
                .subscribe(reports::add);
        return reports;
    }

    private List<String> kept(String scope) {
        return disk.load(scope)
                .map(record -> record.key().id())
                .sort()
                .collectList()
                .block();
    }

    // ---- all that is kept ----

    @Test
    void whatNobodyElseWasEverThereToHearIsNotClearedAndTheStoreGoesOn() {
        Peer ada = peers.peer("ada", disk);
        Scope p1 = ada.open("p1");
        ada.create(p1, "t1", "one");
        ada.create(p1, "t2", "two");

        refused(ada.store.clearLocalData(), "p1", 2);

        assertThat(ada.store.connectionStatus().isConnected()).isTrue();
        ada.title(p1, "t1", "goes on");
        assertThat(titles(p1)).containsExactly("t1=goes on", "t2=two");
        ada.stop();
        assertThat(kept("p1")).containsExactly("t1", "t2");
    }

    @Test
    void theRefusalSaysWhatToDo() {
        Peer ada = peers.peer("ada", disk);
        ada.create(ada.open("p1"), "t1", "one");

        assertThat(ask(ada.store.clearLocalData()).orElseThrow())
                .hasMessageContaining("'p1'")
                .hasMessageContaining("1 of the records")
                .hasMessageContaining("clearLocalData(true)");
        assertThat(ask(ada.store.resetForLogout()).orElseThrow()).hasMessageContaining("resetForLogout(true)");
    }

    @Test
    void whatMayGoIsClearedWhoeverHoldsIt() {
        Peer ada = peers.peer("ada", disk);
        ada.create(ada.open("p1"), "t1", "one");
        assertThat(ask(ada.store.clearLocalData(true))).isEmpty();
        assertThat(kept("p1")).isEmpty();
    }

    @Test
    void whatOthersHoldIsCleared() {
        Peer ada = peers.peer("ada", disk);
        Scope bens = peers.peer("ben").open("p1");
        ada.create(ada.open("p1"), "t1", "one");
        peers.pass(MINUTE);

        assertThat(ask(ada.store.clearLocalData())).isEmpty();

        assertThat(kept("p1")).isEmpty();
        assertThat(titles(bens)).containsExactly("t1=one");
    }

    @Test
    void aStoreThatWasNeverStartedLooksAtWhatItKeepsFirst() {
        Peer before = peers.peer("ada", disk);
        before.create(before.open("p1"), "t1", "one");
        before.stop();
        Peer ada = peers.unstarted("ada", disk);

        refused(ada.store.clearLocalData(), "p1", 1);
        assertThat(kept("p1")).containsExactly("t1");
        assertThat(ask(ada.store.clearLocalData(true))).isEmpty();
        assertThat(kept("p1")).isEmpty();
    }

    @Test
    void anEmptyStoreIsCleared() {
        Peer ada = peers.peer("ada", disk);
        Scope p1 = ada.open("p1");
        ada.create(p1, "t1", "one");
        ada.write(p1.delete(TASK, "t1"));
        assertThat(ask(ada.store.clearLocalData()))
                .as("nobody misses that delete")
                .isEmpty();
    }

    @Test
    void whatIsHereOnlyByDesignDoesNotCount() {
        peers.schema = StitchSchema.root(PROJECT)
                .child(TASK, "projectId")
                .localOnly(DRAFT)
                .build();
        Peer ada = peers.peer("ada", disk);
        ada.write(ada.store.collection(DRAFT).create(Peers.json("{'id':'d1'}")));
        assertThat(ask(ada.store.clearLocalData())).isEmpty();
    }

    @Test
    void aTopLevelEntityCountsAsAnyScope() {
        peers.schema = StitchSchema.root(PROJECT)
                .child(TASK, "projectId")
                .topLevel(PLACE)
                .build();
        Peer ada = peers.peer("ada", disk);
        RecordCollection<ObjectNode> places = ada.store.collection(PLACE);
        ada.write(places.create(Peers.json("{'id':'rome'}")));

        refused(ada.store.clearLocalData(), PeerSync.topLevelScope(PLACE), 1);
        peers.peer("ben");
        peers.pass(MINUTE);
        assertThat(ask(ada.store.clearLocalData())).isEmpty();
    }

    @Test
    void aScopeWhoseKeyIsMissingIsTheOnlyCopyThoughItShowsNothing() {
        byte[] secret = new byte[ScopeKey.SECRET_BYTES];
        Arrays.fill(secret, (byte) 7);
        ScopeKeyTable keys = new ScopeKeyTable().put("p1", ScopeKey.of("k1", secret));
        Peer before = peers.peer("ada", disk, builder -> builder.encrypted(keys));
        before.create(before.open("p1"), "t1", "one");
        before.stop();
        Peer ada = peers.peer("ada", disk, builder -> builder.encrypted(new ScopeKeyTable()));
        ada.open("p1");

        refused(ada.store.resetForLogout(), "p1", 1);
        refused(ada.store.clearLocalData(), "p1", 1);
        assertThat(kept("p1")).containsExactly("t1");
    }

    // ---- what is not sent, and what nobody heard ----

    @Test
    void writesThatWereNotSentAreTheOnlyCopyOfAClearingAndNotOfALogoutWhichKeepsThem() {
        Peer ada = peers.peer("ada", disk);
        Scope p1 = ada.open("p1");
        Scope bens = peers.peer("ben").open("p1");
        ada.create(p1, "t1", "one");
        peers.pass(MINUTE);
        peers.network.cut("ada");
        ada.title(p1, "t1", "offline");
        ada.create(p1, "t2", "offline");

        refused(ada.store.clearLocalData(), "p1", 2);
        p1.close();
        refused(ada.store.clearLocalData(), "p1", 2);
        assertThat(ask(ada.store.resetForLogout())).isEmpty();
        refused(ada.store.clearLocalData(), "p1", 2);
        peers.network.reconnect("ada");
        assertThat(ask(ada.store.connect())).isEmpty();
        peers.pass(MINUTE);
        assertThat(titles(bens)).containsExactly("t1=offline", "t2=offline");
        assertThat(ask(ada.store.clearLocalData())).isEmpty();
    }

    @Test
    void whatTheBrokerSaysNobodyHeardIsTheOnlyCopyThoughOthersWereThereBefore() {
        Peer ada = peers.peer("ada", disk);
        Scope p1 = ada.open("p1");
        Peer ben = peers.peer("ben");
        ben.open("p1");
        ada.create(p1, "t1", "one");
        peers.pass(MINUTE);
        ben.stop();
        peers.network.unheard = true;
        ada.create(p1, "t2", "unheard");

        refused(ada.store.resetForLogout(), "p1", 1);
        refused(ada.store.clearLocalData(), "p1", 1);
        ada.store.replaceScope("p2");
        p1.close();
        peers.settle();
        refused(ada.store.resetForLogout(), "p1", 1);
        refused(ada.store.clearLocalData(), "p1", 1);
        ada.open("p1");
        refused(ada.store.resetForLogout(), "p1", 1);

        peers.network.unheard = false;
        Scope cleos = peers.peer("cleo").open("p1");
        peers.pass(MINUTE);
        assertThat(titles(cleos)).containsExactly("t1=one", "t2=unheard");
        assertThat(ask(ada.store.resetForLogout())).isEmpty();
    }

    @Test
    void aDeleteThatNobodyHeardIsTheOnlyCopyOfIt() {
        Peer ada = peers.peer("ada", disk);
        Scope p1 = ada.open("p1");
        Peer ben = peers.peer("ben");
        ben.open("p1");
        ada.create(p1, "t1", "one");
        peers.pass(MINUTE);
        ben.stop();
        peers.network.unheard = true;
        ada.write(p1.delete(TASK, "t1"));

        refused(ada.store.clearLocalData(), "p1", 1);
    }

    // ---- what cannot be known ----

    @Test
    void aDiskThatFailsOnceDoesNotLetAnythingGo() {
        Peer before = peers.peer("ada", disk);
        before.create(before.open("p1"), "t1", "one");
        before.stop();
        FickleDisk fickle = new FickleDisk(disk, peers.network.time);
        Peer ada = peers.peer("ada", fickle);
        for (int failing = 1; failing <= 3; failing++) {
            fickle.failingReads = failing;
            assertThat(ask(ada.store.resetForLogout())).isPresent();
            fickle.failingReads = failing;
            assertThat(ask(ada.store.clearLocalData())).isPresent();
            fickle.failingReads = 0;
        }
        fickle.failingReads = 1;
        assertThat(ask(ada.store.clearLocalData()).orElseThrow())
                .isInstanceOfSatisfying(
                        PersistenceException.class,
                        error -> assertThat(error.reason()).isEqualTo(PersistenceException.Reason.FAILED))
                .hasMessageContaining("The reading failed.")
                .hasMessageContaining("clearLocalData(true)");
        assertThat(kept("p1")).containsExactly("t1");
        refused(ada.store.resetForLogout(), "p1", 1);
    }

    @Test
    void aDiskThatDoesNotOpenAtFirstDoesNotLetAnythingGo() {
        Peer before = peers.peer("ada", disk);
        before.create(before.open("p1"), "t1", "one");
        before.stop();
        FickleDisk fickle = new FickleDisk(disk, peers.network.time);
        Peer ada = peers.unstarted("ada", fickle);
        fickle.failingOpens = 1;
        assertThat(ask(ada.store.resetForLogout()).orElseThrow()).isInstanceOf(PersistenceException.class);
        fickle.failingOpens = 1;
        assertThat(ask(ada.store.clearLocalData()).orElseThrow()).isInstanceOf(PersistenceException.class);
        refused(ada.store.clearLocalData(), "p1", 1);
        assertThat(kept("p1")).containsExactly("t1");
    }

    @Test
    void aClosedStoreCannotTellAndClearsOnlyWhatMayGo() {
        Peer ada = peers.peer("ada", disk);
        ada.create(ada.open("p1"), "t1", "one");
        ada.stop();

        assertThat(ask(ada.store.clearLocalData()).orElseThrow())
                .isInstanceOf(ClosedException.class)
                .hasMessageContaining("clearLocalData(true)");
        assertThat(kept("p1")).containsExactly("t1");
        assertThat(ask(ada.store.clearLocalData(true))).isEmpty();
        assertThat(kept("p1")).isEmpty();
        assertThat(ask(ada.store.clearLocalData())).as("it is cleared already").isEmpty();
    }

    @Test
    void whatWasMadeInTheOtherModeIsClearedAsBefore() {
        disk.open(OpenRequest.of("server")).block();
        Peer ada = peers.unstarted("ada", disk);
        assertThat(ask(ada.store.start()).orElseThrow()).isInstanceOf(ModeMismatchException.class);
        assertThat(ask(ada.store.clearLocalData())).isEmpty();
    }

    @Test
    void aStoreThatIsClosedWhileItLooksIsNotCleared() {
        Peer before = peers.peer("ada", disk);
        before.create(before.open("p1"), "t1", "one");
        before.stop();
        FickleDisk fickle = new FickleDisk(disk, peers.network.time);
        Peer ada = peers.peer("ada", fickle);
        fickle.late = SECOND;
        List<Throwable> told = new ArrayList<>();
        ada.store.clearLocalData().subscribe(unused -> {}, told::add);
        peers.settle();
        ada.stop();
        peers.pass(MINUTE);
        assertThat(told).singleElement().isInstanceOf(ClosedException.class);
        assertThat(kept("p1")).containsExactly("t1");
    }

    @Test
    void whatIsWrittenWhileTheDiskIsLookedAtIsNotLost() {
        FickleDisk fickle = new FickleDisk(disk, peers.network.time);
        Peer ada = peers.peer("ada", fickle);
        Scope p1 = ada.open("p1");
        fickle.late = SECOND;
        List<Throwable> told = new ArrayList<>();
        ada.store.clearLocalData().subscribe(unused -> {}, told::add);
        peers.settle();
        ada.create(p1, "t1", "meanwhile");
        peers.pass(MINUTE);
        assertThat(told).singleElement().isInstanceOf(OnlyCopyException.class);
        assertThat(titles(p1)).containsExactly("t1=meanwhile");
    }

    // ---- nothing is kept ----

    @Test
    void aStoreThatKeepsNothingSaysAtItsEndHowMuchOfWhichScopesGoesWithIt() {
        Peer ada = peers.peer("ada");
        List<Diagnostic> gone = gone(ada);
        Scope p1 = ada.open("p1");
        Scope p2 = ada.open("p2");
        ada.create(p1, "t1", "one");
        ada.create(p1, "t2", "two");
        ada.create(p2, "t3", "three");
        peers.network.cut("ada");
        ada.title(p2, "t3", "offline");

        ada.stop();

        assertThat(gone).singleElement().satisfies(report -> {
            assertThat(report.subject()).isEqualTo("ada");
            assertThat(report.detail()).contains("3 changes that nobody else is known to hold: 2 of 'p1', 1 of 'p2'");
        });
        assertThat(ada.store.diagnosticCounts()).containsEntry(DiagnosticCode.ONLY_COPY_GONE, 1L);
    }

    @Test
    void aScopeOfAStoreThatKeepsNothingSaysSoWhenItIsClosed() {
        Peer ada = peers.peer("ada");
        List<Diagnostic> gone = gone(ada);
        Scope p1 = ada.open("p1");
        Scope second = ada.open("p1");
        ada.create(p1, "t1", "one");
        p1.close();
        peers.settle();
        assertThat(gone).as("it is still open").isEmpty();
        second.close();
        peers.settle();
        assertThat(gone).singleElement().satisfies(report -> {
            assertThat(report.subject()).isEqualTo("p1");
            assertThat(report.detail()).contains("1 changes");
        });
        Scope third = ada.open("p1");
        peers.deliver("p1/task/events/created", Peers.task("t5", "by another", Peers.START));
        assertThat(titles(third)).containsExactly("t5=by another");
        ada.stop();
        assertThat(gone).as("nothing is left").hasSize(1);
    }

    @Test
    void whatWaitsToBeSentWhenItsScopeIsClosedGoesOnlyWithTheStore() {
        Peer ada = peers.peer("ada");
        List<Diagnostic> gone = gone(ada);
        Scope p1 = ada.open("p1");
        peers.network.cut("ada");
        ada.create(p1, "t1", "offline");
        p1.close();
        peers.settle();
        assertThat(gone).isEmpty();
        ada.stop();
        assertThat(gone)
                .singleElement()
                .satisfies(report -> assertThat(report.detail()).contains("1 of 'p1'"));
    }

    @Test
    void nothingIsSaidOfWhatOthersHoldNorOfWhatIsKept() {
        Peer ada = peers.peer("ada");
        Peer ben = peers.peer("ben");
        Peer cleo = peers.peer("cleo", disk);
        ben.open("p1");
        Scope p1 = ada.open("p1");
        ada.create(p1, "t1", "one");
        cleo.create(cleo.open("p2"), "t2", "only hers");
        peers.pass(MINUTE);
        List<List<Diagnostic>> gone = List.of(gone(ada), gone(ben), gone(cleo));
        ada.stop();
        ben.stop();
        cleo.stop();
        assertThat(gone).allMatch(List::isEmpty);
    }

    @Test
    void aKeyThatGoesTakesWithItWhatIsKeptNowhereAndThatIsSaid() {
        byte[] secret = new byte[ScopeKey.SECRET_BYTES];
        ScopeKeyTable keys = new ScopeKeyTable().put("p1", ScopeKey.of("k1", secret));
        Peer ada = peers.peer("ada", Persistence.none(), builder -> builder.encrypted(keys));
        List<Diagnostic> gone = gone(ada);
        ada.create(ada.open("p1"), "t1", "one");
        keys.remove("p1");
        peers.settle();
        assertThat(gone).extracting(Diagnostic::subject).containsExactly("p1");
    }
}
