package io.stitch.reactive;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.module.kotlin.KotlinModule;

import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

/** Records may be Kotlin data classes, if the application gives the store a mapper that knows Kotlin. */
class KotlinTypesTest {
    static final EntityType<KotlinProject> PROJECT = EntityType.of("project", KotlinProject.class);
    static final EntityType<KotlinTask> TASK = EntityType.of("task", KotlinTask.class);
    private static final KotlinTask REFIT =
            new KotlinTask("t1", "p1", "Refit", new KotlinPerson("Mara", true), List.of("blue"));

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final ModelServer server = ModelServer.ofNew();
    private final StitchStore store = StitchStore.builder()
            .schema(StitchSchema.root(PROJECT).child(TASK, "projectId").build())
            .remote(RemoteOptions.to("mqtt://broker.example"))
            .scheduler(time)
            .connector(server.broker)
            .jsonMapper(JsonMapper.builder()
                    .addModule(new KotlinModule.Builder().build())
                    .build())
            .build();

    @AfterEach
    void closeStore() {
        store.close().subscribe();
        time.advanceTime();
        time.dispose();
    }

    private Scope scope() {
        store.start().subscribe();
        Scope scope = store.openScope("p1");
        time.advanceTime();
        return scope;
    }

    private void receive(String task) {
        server.put("task", task);
        server.announce("task/t1");
        time.advanceTime();
    }

    @Test
    void aDataClassComesBackAsItWas() {
        Scope scope = scope();

        StepVerifier.create(scope.create(TASK, REFIT))
                .then(time::advanceTime)
                .expectNext(REFIT)
                .verifyComplete();
        assertThat(scope.snapshot(TASK)).containsExactly(REFIT);
        assertThat(server.executed)
                .singleElement()
                .asString()
                .contains("\"assignee\":{\"name\":\"Mara\",\"isGuest\":true}");
    }

    @Test
    void anAbsentFieldHasItsDefault() {
        Scope scope = scope();

        receive("{'id':'t1','projectId':'p1'}");

        assertThat(scope.get(TASK, "t1")).contains(new KotlinTask("t1", "p1", "Untitled", null, List.of()));
    }

    @Test
    void anUpdateByWayOfADataClassKeepsWhatItDoesNotKnow() {
        Scope scope = scope();
        receive("{'id':'t1','projectId':'p1','assignee':{'name':'Mara','badge':7}}");

        StepVerifier.create(scope.update(
                        TASK,
                        "t1",
                        task -> task.copy(
                                task.getId(),
                                task.getProjectId(),
                                task.getTitle(),
                                new KotlinPerson("Ravi", false),
                                task.getLabels())))
                .then(time::advanceTime)
                .expectNextCount(1)
                .verifyComplete();

        assertThat(server.executed).containsExactly("update task/t1 {\"assignee\":{\"name\":\"Ravi\",\"badge\":7}}");
    }

    @Test
    void whatADataClassCannotTakeIsSaidAndLeftOutOfLists() {
        Scope scope = scope();

        receive("{'id':'t1','projectId':'p1','assignee':{}}");

        StepVerifier.create(scope.records(TASK).take(1))
                .then(time::advanceTime)
                .expectNext(List.of())
                .verifyComplete();
    }
}
