package io.stitch.reactive;

import io.micrometer.observation.Observation;
import io.micrometer.observation.contextpropagation.ObservationThreadLocalAccessor;
import io.micrometer.observation.tck.TestObservationRegistry;
import org.assertj.core.api.Assertions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

import java.time.Duration;

import static io.micrometer.observation.tck.TestObservationRegistryAssert.assertThat;

/** Each write is an observation, below the one in the Reactor context of whoever writes. */
class WriteObservationTest {
    record Project(String id, @Nullable String name) {}

    record Task(String id, String projectId, @Nullable String title) {}

    static final EntityType<Project> PROJECT = EntityType.of("project", Project.class);
    static final EntityType<Task> TASK = EntityType.of("task", Task.class);
    private static final Task ONE = new Task("t1", "p1", "one");

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final TestObservationRegistry registry = TestObservationRegistry.create();
    private final ModelServer server = ModelServer.ofNew();
    private final StitchStore store = StitchStore.builder()
            .schema(StitchSchema.root(PROJECT).child(TASK, "projectId").build())
            .remote(RemoteOptions.to("mqtt://broker.example"))
            .scheduler(time)
            .connector(server.broker)
            .observer(StitchMetrics.tracesTo(registry).tag("store", "board").observer())
            .build();

    private final Scope scope = store.openScope("p1");

    @BeforeEach
    void open() {
        store.start().subscribe();
        time.advanceTime();
    }

    @AfterEach
    void close() {
        store.close().subscribe();
        time.advanceTime();
        time.dispose();
    }

    private void run(Mono<?> write) {
        write.subscribe(result -> {}, error -> {});
        time.advanceTime();
    }

    @Test
    void aWriteIsObservedFromItsSubscriptionToItsResult() {
        server.holdReplies();
        run(scope.create(TASK, ONE));
        assertThat(registry).hasSingleObservationThat().hasBeenStarted().isNotStopped();

        server.releaseReplies();
        time.advanceTime();

        assertThat(registry)
                .hasSingleObservationThat()
                .hasNameEqualTo("stitch.write")
                .hasContextualNameEqualTo("stitch write")
                .hasLowCardinalityKeyValue("entity", "task")
                .hasLowCardinalityKeyValue("operation", "create")
                .hasLowCardinalityKeyValue("status", "synced")
                .hasLowCardinalityKeyValue("store", "board")
                .hasBeenStopped()
                .doesNotHaveError();
    }

    @Test
    void anAssembledWriteIsObservedOnlyWhenItIsSubscribed() {
        Mutation<Task> assembled = scope.create(TASK, ONE);

        assertThat(registry).doesNotHaveAnyObservation();
        run(assembled);
        assertThat(registry).hasSingleObservationThat().hasBeenStopped();
    }

    @Test
    void itsParentIsTheObservationInTheReactorContext() {
        Observation request = Observation.start("request", registry);

        run(scope.create(TASK, ONE).contextWrite(context -> context.put(ObservationThreadLocalAccessor.KEY, request)));

        assertThat(registry)
                .hasObservationWithNameEqualTo("stitch.write")
                .that()
                .hasParentObservationEqualTo(request);
    }

    @Test
    void withoutOneInTheContextItsParentIsTheOneThatIsCurrentOnTheThread() {
        Observation request = Observation.start("request", registry);
        request.scoped(() -> run(scope.create(TASK, ONE)));

        assertThat(registry)
                .hasObservationWithNameEqualTo("stitch.write")
                .that()
                .hasParentObservationEqualTo(request);
    }

    @Test
    void aRefusedWriteHasItsError() {
        server.refuse(403, "not yours");

        run(scope.create(TASK, ONE).result());

        assertThat(registry)
                .hasSingleObservationThat()
                .hasLowCardinalityKeyValue("status", "failed")
                .hasBeenStopped()
                .satisfies(context ->
                        Assertions.assertThat(context.getError()).isInstanceOf(RequestRefusedException.class));
    }

    @Test
    void aWriteThatNobodyWaitsForAnyMoreIsOver() {
        server.loseRequestsTo("create");

        run(scope.create(TASK, ONE).timeout(Duration.ofSeconds(1), time));
        time.advanceTimeBy(Duration.ofSeconds(1));

        assertThat(registry)
                .hasSingleObservationThat()
                .hasLowCardinalityKeyValue("status", "cancelled")
                .hasBeenStopped();
    }

    @Test
    void aBatchIsOneObservation() {
        store.batch(Flux.just(scope.create(TASK, ONE), scope.update(TASK, "t1", Patch.of("title", "two"))))
                .subscribe();
        time.advanceTime();

        assertThat(registry)
                .hasSingleObservationThat()
                .hasLowCardinalityKeyValue("operation", "batch")
                .hasLowCardinalityKeyValue("status", "completed")
                .hasBeenStopped();
    }
}
