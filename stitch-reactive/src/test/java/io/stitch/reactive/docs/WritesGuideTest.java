package io.stitch.reactive.docs;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.EntityType;
import io.stitch.reactive.FieldRules;
import io.stitch.reactive.FieldType;
import io.stitch.reactive.InMemoryPersistence;
import io.stitch.reactive.MutationResult;
import io.stitch.reactive.OnDelete;
import io.stitch.reactive.Patch;
import io.stitch.reactive.QueuedWrite;
import io.stitch.reactive.RecordEvent;
import io.stitch.reactive.RecordEvent.Operation;
import io.stitch.reactive.RecordRow;
import io.stitch.reactive.Rejection;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.RequestFailedException;
import io.stitch.reactive.RequestRefusedException;
import io.stitch.reactive.RequestRefusedException.Reason;
import io.stitch.reactive.Scope;
import io.stitch.reactive.ServerSync;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.StitchStore;
import io.stitch.reactive.ValidationException;
import io.stitch.reactive.docs.Refit.Project;
import io.stitch.reactive.docs.Refit.Task;
import io.stitch.reactive.spi.ReasonCodes;
import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;
import tools.jackson.databind.node.ObjectNode;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import static io.stitch.reactive.docs.Refit.LIMIT;
import static io.stitch.reactive.docs.Refit.NOWHERE;
import static io.stitch.reactive.docs.Refit.PROJECT;
import static io.stitch.reactive.docs.Refit.SCHEMA;
import static io.stitch.reactive.docs.Refit.TASK;
import static org.assertj.core.api.Assertions.assertThat;

/** The code of docs/writes.md, and that it does what the chapter says. */
class WritesGuideTest {
    private static final Task REFIT = new Task("t1", "apollo", "Refit the gimbal", "Mara");

    private final List<String> status = new CopyOnWriteArrayList<>();
    private final Sinks.Many<String> shown = Sinks.many().replay().all();
    private final BlockingQueue<String> told = new LinkedBlockingQueue<>();
    private final List<StitchStore> opened = new ArrayList<>();

    @AfterEach
    void closeStores() {
        opened.forEach(store -> store.close().block(LIMIT));
    }

    private StitchStore offline(StitchSchema schema) {
        StitchStore store = Refit.offline(schema);
        opened.add(store);
        return store;
    }

    private StitchStore connected(StitchServer server) {
        StitchStore store = Refit.connected(server.url(), SCHEMA);
        opened.add(store);
        return store;
    }

    private void statusLine(String text) {
        status.add(text);
        shown.emitNext(text, Sinks.EmitFailureHandler.busyLooping(LIMIT));
        told.add(text);
    }

    private void mark(String field, String why) {
        status.add(field + ": " + why);
    }

    private Mono<Boolean> ask(String question) {
        status.add(question);
        return Mono.just(true);
    }

    private static List<Task> fromSpreadsheet() {
        return List.of(REFIT, new Task("t2", "apollo", "Clean the gimbal", null));
    }

    // ---- the code of the guide ----

    private static void write(Scope scope) {
        scope.create(TASK, new Task("t1", "apollo", "Refit the gimbal", "Mara")).subscribe();
        scope.update(TASK, "t1", Patch.of("title", "Refit the gimbal by May").and("assignee", null))
                .subscribe();
        scope.delete(TASK, "t1").subscribe();
    }

    private void expires(Scope scope) {
        scope.create(TASK, new Task("t9", "apollo", "Call back", "Ravi"), Duration.ofHours(8))
                .subscribe();
        scope.expiresAt(TASK, "t9").ifPresent(time -> statusLine("Until " + time));
    }

    private boolean marks(Scope scope) {
        scope.events(TASK)
                .filter(event -> event.operation() != Operation.DELETED)
                .subscribe(event -> statusLine(event.id() + (event.isPending() ? ": saving" : ": saved")));
        boolean saving = scope.isPending(TASK, "t1"); // now, from memory; true for a pending delete, too
        scope.pending(TASK).subscribe(ids -> statusLine(ids.size() + " tasks are being saved"));
        return saving;
    }

    private void save(Scope scope) {
        scope.update(TASK, "t1", Patch.of("assignee", "Ravi"))
                .result()
                .subscribe(
                        result -> {
                            switch (result.status()) {
                                case SYNCED -> statusLine("Saved");
                                case QUEUED -> statusLine("Saved here; sent when the server can be reached");
                                case LOCAL -> statusLine("Saved on this device");
                            }
                        },
                        error -> statusLine("Not saved: " + error.getMessage()));
    }

    private void create(Scope scope, Task task) {
        scope.create(TASK, task).subscribe(created -> statusLine("Saved"), error -> {
            if (error instanceof ValidationException broken) {
                mark(broken.field(), broken.rule() + " " + broken.value());
            } else if (error instanceof RequestRefusedException refused) {
                statusLine("Refused: " + refused.reason() + ", " + refused.getMessage());
            } else {
                statusLine(error.getMessage());
            }
        });
    }

    private void tellOfRejections(StitchStore store, Scope scope) {
        store.rejections()
                .concatMap(rejection -> {
                    ObjectNode mine = rejection.localCopy();
                    return switch (rejection.reason()) {
                        case DELETED_MEANWHILE ->
                            ask("Somebody deleted it. Keep yours?")
                                    .filter(keep -> keep && mine != null)
                                    .flatMap(keep -> scope.create(EntityType.json(rejection.entity()), mine))
                                    .then();
                        case OVERTAKEN ->
                            ask("Somebody else changed it too. Change it again?")
                                    .then();
                        case PRECONDITION_FAILED ->
                            ask("It is another version by now. Look at it again?")
                                    .then();
                        case REFUSED ->
                            ask("The server refused it: " + rejection.error().getMessage())
                                    .then();
                        case DROPPED -> Mono.<Void>empty(); // by dropWrite
                    };
                })
                .subscribe();
    }

    Flux<List<RecordRow<Task>>> tasks(Scope scope) {
        return scope.rows(TASK); // like records(), each with its version, and whether it is pending
    }

    void take(Scope scope, RecordRow<Task> free, String name) {
        scope.updateIf(TASK, free.record().id(), free.version(), Patch.of("assignee", name))
                .subscribe(task -> statusLine("It is yours"), error -> {
                    if (error instanceof RequestRefusedException refused
                            && refused.reason() == Reason.PRECONDITION_FAILED) {
                        statusLine("Somebody was faster. Look again");
                    } else {
                        statusLine(error.getMessage());
                    }
                });
    }

    private void showPending(StitchStore store) {
        store.pendingCount().subscribe(count -> statusLine(count == 0 ? "All saved" : count + " changes to send"));
    }

    private static void retryParked(StitchStore store) {
        store.diagnostics()
                .filter(report -> report.code() == DiagnosticCode.WRITE_PARKED)
                .delayElements(Duration.ofMinutes(5))
                .concatMap(report -> store.retryParked())
                .subscribe();
    }

    private void list(StitchStore store) {
        store.queuedWrites()
                .subscribe(list -> list.forEach(write -> statusLine(write.kind() + " " + write.id() + ": "
                        + switch (write.state()) {
                            case KEEPING, IN_LINE, SENDING, COMPARING -> "on its way";
                            case OFFLINE -> "waits for a connection";
                            case LOGIN -> "waits for a login";
                            case BEHIND -> "waits for " + write.behind();
                            case RETRYING -> "is sent again soon: " + write.error();
                            case PARKED -> "waits for you: " + write.error();
                        })));
    }

    private final class OneByOne {
        private final StitchStore store;

        OneByOne(StitchStore store) {
            this.store = store;
        }

        void takeBack(QueuedWrite write) {
            store.dropWrite(write.sequence())
                    .subscribe(result -> statusLine(
                            switch (result) {
                                case DROPPED -> "Taken back";
                                case IN_DOUBT -> "It may have been saved already";
                                case NOT_PENDING -> "It is settled";
                            }));
        }

        void tryAgain(QueuedWrite write) {
            store.retryWrite(write.sequence()).subscribe();
        }

        Mono<Void> leave() {
            return store.idle().timeout(Duration.ofSeconds(10)).onErrorComplete(); // what is left is sent next time
        }
    }

    private static Mono<Long> bring(StitchStore store, Scope scope) {
        Mono<Long> imported = store.batch(Flux.fromIterable(fromSpreadsheet()).map(task -> scope.create(TASK, task)))
                .count();
        return imported;
    }

    record Member(String id, String projectId, String name) {}

    record Step(
            String id,
            String projectId,
            String title,
            @Nullable String state,
            @Nullable String memberId,
            @Nullable String partOf) {}

    static final EntityType<Member> MEMBER = EntityType.of("member", Member.class);
    static final EntityType<Step> STEP = EntityType.of("step", Step.class);

    static final StitchSchema CHECKED = StitchSchema.root(
                    PROJECT, FieldRules.none().required("name"))
            .child(MEMBER, "projectId", FieldRules.none().unique("name"))
            .child(
                    STEP,
                    "projectId",
                    FieldRules.none()
                            .required("title")
                            .type("title", FieldType.STRING)
                            .defaultValue("state", "open")
                            .references("memberId", MEMBER, OnDelete.SET_NULL)
                            .references("partOf", STEP, OnDelete.CASCADE))
            .build();

    private static StitchStore bounded(RemoteOptions remote) {
        StitchStore store = StitchStore.builder()
                .schema(SCHEMA)
                .remote(remote)
                .maxPendingWrites(500_000)
                .syncMode(ServerSync.builder().requestsInFlight(64, 4).build())
                .build();
        return store;
    }

    private static StitchStore kept(RemoteOptions remote, InMemoryPersistence persistence) {
        StitchStore store = StitchStore.builder()
                .schema(SCHEMA)
                .remote(remote)
                .persistence(persistence)
                .build();
        return store;
    }

    // ---- what the guide says of it ----

    @Test
    void aWriteIsSeenAtOnceAndCompletesWhenTheServerHasIt() {
        try (StitchServer server = StitchServer.start(StitchServerOptions.defaults())) {
            Scope scope = connected(server).replaceScope("apollo");
            scope.create(TASK, new Task("t0", "apollo", "Clean the gimbal", null))
                    .block(LIMIT);
            StepVerifier.create(scope.events(TASK)
                            .skipUntil(event -> event.version() == 1)
                            .map(RecordEvent::toString))
                    .expectNextCount(1) // The subscriber is there now.
                    .then(() -> scope.create(TASK, REFIT).subscribe())
                    .expectNext("CREATED task/t1 v0 (LOCAL, pending)")
                    .assertNext(event -> assertThat(event)
                            .as("the answer, or its event if that came first")
                            .matches("UPDATED task/t1 v1 \\((LOCAL|REMOTE), pending\\)"))
                    .expectNext("UPDATED task/t1 v1 (LOCAL)")
                    .thenCancel()
                    .verify(LIMIT);

            StepVerifier.create(
                            scope.update(TASK, "t1", Patch.of("assignee", null)).result())
                    .expectNext(new MutationResult<>(
                            MutationResult.Status.SYNCED, new Task("t1", "apollo", "Refit the gimbal", null)))
                    .expectComplete()
                    .verify(LIMIT);
            assertThat(server.record("task", "t1").orElseThrow().hasNonNull("assignee"))
                    .isFalse();
        }
    }

    @Test
    void offlineWritesAreQueuedCountedAndSeen() {
        StitchStore store = offline(SCHEMA);
        Scope scope = store.replaceScope("apollo");
        showPending(store);
        write(scope);
        StepVerifier.create(store.pendingCount().filter(count -> count == 3).next())
                .expectNextCount(1)
                .expectComplete()
                .verify(LIMIT);
        assertThat(scope.snapshot(TASK)).isEmpty();

        create(scope, REFIT);
        create(scope, REFIT); // Refused, before the next one is taken and counted.
        save(scope);
        StepVerifier.create(store.pendingCount().filter(count -> count == 5).next())
                .expectNextCount(1)
                .expectComplete()
                .verify(LIMIT);
        assertThat(scope.snapshot(TASK)).containsExactly(new Task("t1", "apollo", "Refit the gimbal", "Ravi"));
        assertThat(marks(scope)).isTrue();
        assertThat(status)
                .contains("Saved", "Saved here; sent when the server can be reached", "5 changes to send")
                .anyMatch(line -> line.startsWith("Refused: CONFLICT, exists:"));
    }

    @Test
    void aRecordThatSomebodyDeletedCanBeCreatedAnewFromTheRejection() {
        try (StitchServer server = StitchServer.start(StitchServerOptions.defaults())) {
            server.put("project", "{\"id\":\"apollo\",\"name\":\"Apollo\"}");
            server.put("task", "{\"id\":\"t1\",\"projectId\":\"apollo\",\"title\":\"Refit the gimbal\"}");
            StitchStore store = connected(server);
            Scope scope = store.replaceScope("apollo");
            scope.records(TASK).filter(tasks -> !tasks.isEmpty()).blockFirst(LIMIT);
            tellOfRejections(store, scope);
            store.disconnect().block(LIMIT);
            scope.update(TASK, "t1", Patch.of("assignee", "Ravi")).block(LIMIT);
            server.delete("task", "t1");

            StepVerifier.create(scope.mutations()
                            .filter(event -> event.operation() == RecordEvent.Operation.CREATED)
                            .next())
                    .then(() -> store.connect().subscribe())
                    .assertNext(event -> assertThat(event.record(TASK))
                            .isEqualTo(new Task("t1", "apollo", "Refit the gimbal", "Ravi")))
                    .expectComplete()
                    .verify(LIMIT);
            assertThat(status).containsExactly("Somebody deleted it. Keep yours?");
        }
    }

    @Test
    void aBatchIsOneChangeOfTheList() {
        StitchStore store = offline(SCHEMA);
        Scope scope = store.replaceScope("apollo");

        StepVerifier.create(scope.records(TASK).map(List::size).take(2))
                .expectNext(0)
                .then(() -> bring(store, scope).subscribe())
                .expectNext(2)
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void theRulesOfTheGuideAreChecked() {
        Scope scope = offline(CHECKED).replaceScope("apollo");
        scope.create(PROJECT, new Project("apollo", "Apollo lander refit")).block(LIMIT);
        scope.create(MEMBER, new Member("m1", "apollo", "Mara")).block(LIMIT);
        scope.create(STEP, new Step("s1", "apollo", "Refit the gimbal", null, "m1", null))
                .block(LIMIT);
        scope.create(STEP, new Step("s2", "apollo", "Remove it", "done", null, "s1"))
                .block(LIMIT);
        assertThat(scope.get(STEP, "s1").orElseThrow().state()).isEqualTo("open");

        StepVerifier.create(scope.create(MEMBER, new Member("m2", "apollo", "Mara")))
                .expectErrorSatisfies(error -> assertThat(error)
                        .isInstanceOf(ValidationException.class)
                        .hasMessage("member 'm2', field 'name' (value \"Mara\"): member 'm1' has it already."))
                .verify(LIMIT);
        scope.delete(MEMBER, "m1").block(LIMIT);
        assertThat(scope.get(STEP, "s1").orElseThrow().memberId()).isNull();
        scope.delete(STEP, "s1").block(LIMIT);
        assertThat(scope.childCount(STEP)).isZero();
    }

    @Test
    void whatIsPendingOutlivesTheStoreWithAPersistence() {
        InMemoryPersistence persistence = new InMemoryPersistence();
        try (StitchServer server = StitchServer.start(StitchServerOptions.defaults())) {
            server.stopBroker();
            StitchStore before = kept(RemoteOptions.to(server.url()), persistence);
            before.start().block(LIMIT);
            before.replaceScope("apollo").create(TASK, REFIT).block(LIMIT);
            before.close().block(LIMIT);

            StitchStore after = kept(RemoteOptions.to(server.url()), persistence);
            opened.add(after);
            after.start().block(LIMIT);
            StepVerifier.create(after.replaceScope("apollo").events().next())
                    .assertNext(event -> assertThat(event).hasToString("CREATED task/t1 v0 (STORED, pending)"))
                    .expectComplete()
                    .verify(LIMIT);
            assertThat(after.pendingCount().blockFirst(LIMIT)).isOne();
            assertThat(after.clientId()).isEqualTo(before.clientId());
        }
    }

    @Test
    void aRecordForATimeSaysUntilWhen() {
        StitchStore store = offline(SCHEMA);
        store.start().block(LIMIT);
        Scope scope = store.replaceScope("apollo");
        scope.create(TASK, REFIT).block(LIMIT); // Then the scope is open.
        expires(scope);
        scope.update(TASK, "t9", Patch.of("title", "Call back at nine")).block(LIMIT);
        // The guide's line may have come before the store had taken the create.
        assertThat(status).allMatch(line -> line.startsWith("Until "));
        assertThat(scope.expiresAt(TASK, "t9")).isPresent();
    }

    @Test
    void aPendingWriteIsListedAndTakenBack() {
        StitchStore store = bounded(NOWHERE);
        opened.add(store);
        list(store);
        List<QueuedWrite> newest = new CopyOnWriteArrayList<>();
        store.start().block(LIMIT);
        Scope scope = store.replaceScope("apollo");
        scope.create(TASK, REFIT).block(LIMIT);
        newest.addAll(Objects.requireNonNull(
                store.queuedWrites().filter(list -> !list.isEmpty()).blockFirst(LIMIT)));
        shown.asFlux()
                .filter("CREATE t1: waits for a connection"::equals)
                .blockFirst(LIMIT); // The guide's own list comes in its time.
        OneByOne oneByOne = new OneByOne(store);
        oneByOne.tryAgain(newest.get(0));
        oneByOne.takeBack(newest.get(0));
        oneByOne.leave().block(LIMIT);

        assertThat(scope.snapshot(TASK)).isEmpty();
        assertThat(store.pendingWrites()).isZero();
        assertThat(status).contains("Taken back");
    }

    @Test
    void oneWriteMoreThanMayBePendingFails() {
        StitchStore store = StitchStore.builder()
                .schema(SCHEMA)
                .remote(NOWHERE)
                .autoConnect(false)
                .maxPendingWrites(1)
                .build();
        opened.add(store);
        opened.add(bounded(NOWHERE));
        retryParked(store);
        store.start().block(LIMIT);
        Scope scope = store.replaceScope("apollo");
        scope.create(TASK, REFIT).block(LIMIT);

        StepVerifier.create(scope.update(TASK, "t1", Patch.of("title", "x")))
                .expectErrorSatisfies(error -> assertThat(error)
                        .isInstanceOfSatisfying(
                                RequestFailedException.class,
                                failed ->
                                        assertThat(failed.reason()).isEqualTo(RequestFailedException.Reason.OVERFLOW)))
                .verify(LIMIT);
        assertThat(scope.snapshot(TASK)).containsExactly(REFIT);
    }

    @Test
    void ofTwoWhoTakeATaskOneHasItAndTheOtherIsTold() throws InterruptedException {
        try (StitchServer server = StitchServer.start(StitchServerOptions.defaults())) {
            Scope hers = connected(server).replaceScope("apollo");
            Scope his = connected(server).replaceScope("apollo");
            hers.create(PROJECT, new Project("apollo", "Apollo"))
                    .then(hers.create(TASK, REFIT))
                    .block(LIMIT);
            RecordRow<Task> free = row(his);

            take(hers, free, "Mara");
            assertThat(told.poll(LIMIT.toSeconds(), TimeUnit.SECONDS)).isEqualTo("It is yours");
            take(his, free, "Ravi");

            assertThat(told.poll(LIMIT.toSeconds(), TimeUnit.SECONDS)).isEqualTo("Somebody was faster. Look again");
            assertThat(his.version(TASK, "t1")).hasValue(2);
        }
    }

    private RecordRow<Task> row(Scope scope) {
        return Objects.requireNonNull(tasks(scope)
                        .filter(list -> !list.isEmpty() && !list.get(0).pending())
                        .blockFirst(LIMIT))
                .get(0);
    }

    @Test
    void theNamesInTheTablesOfTheGuideExist() {
        assertThat(Rejection.class.getRecordComponents())
                .extracting(java.lang.reflect.RecordComponent::getName)
                .containsExactly(
                        "scopeId", "entity", "id", "kind", "reason", "error", "written", "localCopy", "current");
    }

    @Test
    void aReasonCodeMeansWhatTheTableOfTheGuideSays() {
        assertThat(List.of(0x87, 0x97, 0x90, 0x95, 0x99, 0x80))
                .map(ReasonCodes::requestCode)
                .containsExactly(403, 429, 400, 400, 400, 500);
    }
}
