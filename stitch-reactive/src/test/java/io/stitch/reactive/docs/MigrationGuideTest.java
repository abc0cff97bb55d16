package io.stitch.reactive.docs;

import io.stitch.reactive.InMemoryPersistence;
import io.stitch.reactive.RecordCollection;
import io.stitch.reactive.RecordEvent;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.Scope;
import io.stitch.reactive.ServerSync;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.StitchStore;
import io.stitch.reactive.StitchStoreBuilder;
import io.stitch.reactive.docs.Refit.Task;
import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;
import org.junit.jupiter.api.Test;
import reactor.test.StepVerifier;

import java.lang.reflect.Method;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

import static io.stitch.reactive.docs.Refit.LIMIT;
import static io.stitch.reactive.docs.Refit.PROJECT;
import static io.stitch.reactive.docs.Refit.TASK;
import static org.assertj.core.api.Assertions.assertThat;

/** The code of docs/migration.md, and that what its tables name here exists. */
class MigrationGuideTest {
    private static final Map<String, Class<?>> TYPES = Map.of(
            "store", StitchStore.class,
            "scope", Scope.class,
            "collection", RecordCollection.class,
            "event", RecordEvent.class,
            "StitchStore.builder()", StitchStoreBuilder.class,
            "ServerSync.builder()", ServerSync.Builder.class,
            "RemoteOptions", RemoteOptions.class);

    private final List<Object> shown = new CopyOnWriteArrayList<>();

    private void show(List<Task> tasks) {
        shown.add(tasks);
    }

    private StitchStore open(String url, String user, String password) {
        InMemoryPersistence persistence = new InMemoryPersistence();
        StitchStore store = StitchStore.builder()
                .schema(StitchSchema.root(PROJECT).child(TASK, "projectId").build())
                .remote(RemoteOptions.to(url).login(user, password))
                .persistence(persistence)
                .build();
        store.start().subscribe(); // initialize
        Scope scope = store.replaceScope("apollo"); // no await
        scope.records(TASK).subscribe(tasks -> show(tasks)); // subscribeToScope and getSnapshot in one
        scope.create(TASK, new Task("t1", "apollo", "Refit the gimbal", null)).subscribe();
        return store;
    }

    @Test
    void theSameLinesShowARecordAndSendIt() {
        try (StitchServer server = StitchServer.start(StitchServerOptions.defaults())) {
            StitchStore store = open(server.url(), "ada", "secret");

            StepVerifier.create(store.openScope("apollo")
                            .events(TASK)
                            .filter(event -> event.version() == 1)
                            .next())
                    .expectNextCount(1)
                    .expectComplete()
                    .verify(LIMIT);
            store.close().block(LIMIT);
            assertThat(server.record("task", "t1")).isPresent();
            assertThat(shown).contains(List.of(new Task("t1", "apollo", "Refit the gimbal", null)));
        }
    }

    @Test
    void everyCallInTheTablesExists() {
        String page = Pages.read(Pages.DOCS.resolve("migration.md"));
        List<MatchResult> calls = Pattern.compile(
                        "`(store|scope|collection|event|RemoteOptions|\\w+\\.builder\\(\\))\\.(\\w+)\\(")
                .matcher(page)
                .results()
                .toList();

        assertThat(calls)
                .hasSizeGreaterThan(60)
                .allSatisfy(call -> assertThat(TYPES.get(call.group(1)).getMethods())
                        .extracting(Method::getName)
                        .contains(call.group(2)));
    }
}
