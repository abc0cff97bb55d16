package io.stitch.reactive;

import io.stitch.reactive.ScopeStatus.State;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Of records that belong to no scope it is told, too, whether they were compared with the server's and whether it has what was written here. */
class CollectionStateTest {
    private static final EntityType<ObjectNode> PROJECT = EntityType.json("project");
    private static final EntityType<ObjectNode> PERSON = EntityType.json("person");
    private static final EntityType<ObjectNode> DRAFT = EntityType.json("draft");

    @RegisterExtension
    final StoresInTime stores = new StoresInTime(error -> error.getClass().getSimpleName());

    private final ModelServer server = ModelServer.ofNew();
    private final InMemoryPersistence disk = new InMemoryPersistence();
    private final List<String> ended = new ArrayList<>();

    private StitchStore store() {
        return stores.build(StitchStore.builder()
                .schema(StitchSchema.root(PROJECT)
                        .topLevel(PERSON)
                        .localOnly(DRAFT)
                        .build())
                .remote(RemoteOptions.to("mqtt://broker.example"))
                .persistence(disk)
                .connector(server.broker));
    }

    private <T> List<T> watch(Flux<T> states) {
        List<T> all = new ArrayList<>();
        states.subscribe(all::add, error -> ended.add("error"), () -> ended.add("end"));
        stores.time.advanceTime();
        return all;
    }

    private void start(StitchStore store) {
        store.start().subscribe();
        stores.time.advanceTimeBy(Duration.ofMinutes(1));
    }

    private static ObjectNode person(String id) {
        return JsonNodeFactory.instance.objectNode().put("id", id);
    }

    private void cut() {
        server.broker.unreachable(100);
        server.broker.end(0x8B);
        stores.time.advanceTime();
    }

    @Test
    void whetherTheyWereComparedIsTold() {
        StitchStore store = store();
        List<ScopeStatus> statuses = watch(store.collection(PERSON).status());
        assertThat(statuses).extracting(ScopeStatus::state).containsExactly(State.OPENING);
        start(store);
        assertThat(statuses)
                .extracting(ScopeStatus::state)
                .containsExactly(State.OPENING, State.OFFLINE, State.COMPARING, State.COMPARED);
        assertThat(statuses.get(3).isCompared()).isTrue();
        cut();
        assertThat(statuses).extracting(ScopeStatus::state).endsWith(State.OFFLINE);
        assertThat(watch(store.collection(PERSON).status()))
                .as("of now, to who comes late")
                .extracting(ScopeStatus::state)
                .containsExactly(State.OFFLINE);
        store.close().subscribe();
        stores.time.advanceTime();
        assertThat(ended).containsExactly("end", "end");
    }

    @Test
    void whatTheServerDoesNotLetThisClientSeeIsSeen() {
        server.broker.refuseFiltersOf("person");
        StitchStore store = store();
        start(store);
        assertThat(watch(store.collection(PERSON).status())).singleElement().satisfies(status -> {
            assertThat(status.state()).isEqualTo(State.REFUSED);
            assertThat(status.refusal()).isNotNull();
            assertThat(status.refusal().code()).isEqualTo(403);
        });
    }

    @Test
    void whetherTheServerHasWhatWasWrittenIsTold() {
        StitchStore store = store();
        List<ScopeSafety> all = watch(store.collection(PERSON).safety());
        List<RecordSafety> one = watch(store.collection(PERSON).safety("a"));
        assertThat(all).as("before anything is read").isEmpty();
        start(store);
        assertThat(all).containsExactly(ScopeSafety.byServer(0));
        cut();
        stores.write("create", store.collection(PERSON).create(person("a")));
        assertThat(all).endsWith(ScopeSafety.byServer(1));
        assertThat(one).endsWith(new RecordSafety(Safety.PENDING, 0));

        server.broker.connectErrors.clear();
        stores.time.advanceTimeBy(Duration.ofMinutes(1));
        assertThat(all).endsWith(ScopeSafety.byServer(0));
        assertThat(one).endsWith(new RecordSafety(Safety.HELD, 1));
        assertThat(ended).isEmpty();
        store.close().subscribe();
        stores.time.advanceTime();
        assertThat(ended).containsExactly("end", "end");
    }

    @Test
    void whatGoesNowhereIsNotAskedWhoElseHasIt() {
        RecordCollection<ObjectNode> drafts = store().collection(DRAFT);
        assertThatThrownBy(drafts::safety).isInstanceOf(SchemaException.class).hasMessageContaining("local-only");
        assertThatThrownBy(() -> drafts.safety("d1")).isInstanceOf(SchemaException.class);
        assertThatThrownBy(drafts::status).isInstanceOf(SchemaException.class);
    }

    @Test
    void aStoreThatKeepsNothingSaysAtItsEndWhatItDidNotSend() {
        StitchStore store = stores.build(StitchStore.builder()
                .schema(StitchSchema.root(PROJECT)
                        .topLevel(PERSON)
                        .localOnly(DRAFT)
                        .build())
                .remote(RemoteOptions.to("mqtt://broker.example"))
                .connector(server.broker));
        List<Diagnostic> reports = new ArrayList<>();
        store.diagnostics().subscribe(reports::add);
        start(store);
        cut();
        stores.write("a", store.collection(PERSON).create(person("a")));
        stores.write("b", store.collection(PERSON).create(person("b")));
        stores.write("d", store.collection(DRAFT).create(person("d")));
        store.close().subscribe();
        stores.time.advanceTime();
        assertThat(reports)
                .filteredOn(report -> report.code() == DiagnosticCode.ONLY_COPY_GONE)
                .singleElement()
                .satisfies(report -> assertThat(report.detail()).contains("2 changes"));
    }

    @Test
    void aStoreThatKeepsWhatItDidNotSendSaysNothing() {
        StitchStore store = store();
        start(store);
        cut();
        stores.write("a", store.collection(PERSON).create(person("a")));
        store.close().subscribe();
        stores.time.advanceTime();
        assertThat(store.diagnosticCounts()).doesNotContainKey(DiagnosticCode.ONLY_COPY_GONE);
    }
}
