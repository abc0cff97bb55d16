package io.stitch.reactive.h2;

import io.stitch.reactive.ModeMismatchException;
import io.stitch.reactive.MutationResult;
import io.stitch.reactive.Patch;
import io.stitch.reactive.PersistenceException;
import io.stitch.reactive.RecordEvent;
import io.stitch.reactive.RequestFailedException;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchStore;
import io.stitch.reactive.WhenOffline;
import io.stitch.reactive.h2.KillTest.Task;
import io.stitch.reactive.spi.Batch;
import io.stitch.reactive.spi.OpenRequest;
import io.stitch.reactive.spi.PendingWrite;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Objects;

import static io.stitch.reactive.h2.KillTest.TASK;
import static io.stitch.reactive.h2.KillTest.store;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** A whole store on H2, with no broker in sight. Every test runs under BlockHound. */
class H2StoreTest {
    @TempDir
    Path folder;

    private Path file() {
        return folder.resolve("tasks");
    }

    private void keep(int records) {
        H2Persistence persistence = H2Persistence.file(file());
        persistence.open(OpenRequest.of("server")).block();
        Batch batch = new Batch();
        for (int i = 0; i < records; i++) {
            batch.put(new StoredRecord(
                    new RecordKey("task", "t" + i),
                    "p1",
                    1,
                    "{\"id\":\"t%d\",\"projectId\":\"p1\",\"title\":\"kept\",\"round\":%d,\"_version\":1}"
                            .formatted(i, i)
                            .getBytes(StandardCharsets.UTF_8)));
        }
        persistence.apply(batch).block();
        persistence.close().block();
    }

    @Test
    void blockHoundWatches() {
        StepVerifier.create(Mono.fromCallable(() -> {
                            Thread.sleep(1);
                            return true;
                        })
                        .subscribeOn(Schedulers.parallel()))
                .verifyErrorSatisfies(error -> assertThat(error).hasMessageContaining("Blocking call"));
    }

    @Test
    void aScopeIsShownFromDiskWithNoBroker() {
        keep(2_500);
        StitchStore store = store(file());
        store.start().block();
        Scope scope = store.replaceScope("p1");

        StepVerifier.create(scope.events().map(RecordEvent::id).take(2_500))
                .expectNextCount(2_500)
                .verifyComplete();
        assertThat(scope.snapshot(TASK)).hasSize(2_500);
        store.close().block();
    }

    @Test
    void aScopeThatIsClosedWhileItIsReadLeavesTheFileUsable() {
        keep(20_000);
        StitchStore store = store(file());
        store.start().block();
        for (int i = 0; i < 20; i++) {
            Scope scope = store.openScope("p1");
            scope.events().blockFirst();
            scope.close();
        }
        Scope scope = store.openScope("p1");
        assertThat(scope.create(TASK, new Task("new", "p1", "new", 1)).result().block())
                .isNotNull();
        StepVerifier.create(scope.events().take(20_001)).expectNextCount(20_001).verifyComplete();
        store.close().block();
    }

    @Test
    void aWriteAtOneVersionThatIsQueuedIsThereAfterARestartAndOneThatIsNotLeavesNothing() {
        keep(2);
        StitchStore first = store(file());
        first.start().block();
        Scope scope = first.replaceScope("p1");
        scope.events().take(2).blockLast();
        assertThat(scope.version(TASK, "t0")).hasValue(1);
        assertThat(Objects.requireNonNull(scope.updateIf(TASK, "t0", 1, Patch.of("title", "mine"), WhenOffline.QUEUE)
                                .result()
                                .block())
                        .status())
                .isEqualTo(MutationResult.Status.QUEUED);
        assertThatThrownBy(() -> scope.deleteIf(TASK, "t1", 1).result().block())
                .isInstanceOf(RequestFailedException.class);
        first.close().block();

        H2Persistence persistence = H2Persistence.file(file());
        assertThat(Objects.requireNonNull(
                                persistence.open(OpenRequest.of("server")).block())
                        .pending())
                .extracting(PendingWrite::expectedVersion)
                .containsExactly(1L);
        persistence.close().block();
        StitchStore second = store(file());
        second.start().block();
        Scope again = second.replaceScope("p1");
        again.events().take(2).blockLast();
        assertThat(again.snapshot(TASK)).extracting(Task::title).containsExactly("mine", "kept");
        assertThat(second.pendingWrites()).isEqualTo(1);
        second.close().block();
    }

    @Test
    void theClientIdIsKept() {
        StitchStore first = store(file());
        first.start().block();
        String id = first.clientId();
        first.close().block();

        StitchStore second = store(file());
        second.start().block();
        assertThat(second.clientId()).isEqualTo(id);
        second.close().block();
    }

    @Test
    void clearedLocalDataIsGone() {
        keep(10);
        StitchStore store = store(file());
        store.start().block();
        store.clearLocalData().block();

        H2Persistence persistence = H2Persistence.file(file());
        assertThat(persistence.open(OpenRequest.of("peer")).block().pending()).isEmpty();
        assertThat(persistence.load("p1").collectList().block()).isEmpty();
        persistence.close().block();
    }

    @Test
    void whatTheStoreCannotOpenFailsItsStart() {
        H2Persistence other = H2Persistence.file(file());
        other.open(OpenRequest.of("peer")).block();
        StitchStore locked = store(file());
        StepVerifier.create(locked.start())
                .verifyErrorSatisfies(error -> assertThat(error)
                        .isInstanceOfSatisfying(
                                PersistenceException.class,
                                failure -> assertThat(failure.reason()).isEqualTo(PersistenceException.Reason.LOCKED)));
        locked.close().block();
        other.close().block();

        StitchStore wrong = store(file());
        StepVerifier.create(wrong.start()).verifyError(ModeMismatchException.class);
        wrong.clearLocalData().block();
        StitchStore right = store(file());
        right.start().block();
        right.close().block();
    }
}
