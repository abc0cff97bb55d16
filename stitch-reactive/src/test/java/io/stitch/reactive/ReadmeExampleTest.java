package io.stitch.reactive;

import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import static io.stitch.reactive.Board.LIMIT;
import static org.assertj.core.api.Assertions.assertThat;

/** The README's example: it is the code here, and it does what the README says. */
class ReadmeExampleTest {
    private final ConcurrentLinkedQueue<Object> printed = new ConcurrentLinkedQueue<>();

    private void print(Object line) {
        printed.add(line);
    }

    // README begins
    record Project(String id, String name) {}

    record Task(String id, String projectId, String title, boolean done) {}

    static final EntityType<Project> PROJECT = EntityType.of("project", Project.class);
    static final EntityType<Task> TASK = EntityType.of("task", Task.class);

    StitchStore open(String url) { // such as mqtt://localhost:1883
        StitchStore store = StitchStore.builder()
                .schema(StitchSchema.root(PROJECT).child(TASK, "projectId").build())
                .remote(RemoteOptions.to(url))
                .build();
        store.start().subscribe(); // connecting goes on behind it
        return store;
    }

    Flux<RecordEvent> board(StitchStore store) {
        Scope scope = store.replaceScope("apollo"); // returns at once; the records stream in
        scope.records(TASK).subscribe(tasks -> print(tasks.size() + " tasks")); // the newest list, after each change
        scope.create(TASK, new Task("t1", "apollo", "Refit the lander", false)) // seen at once, connected or not,
                .then(scope.update(TASK, "t1", Patch.of("done", true))) // and confirmed by the server
                .subscribe(task -> print(task), error -> print(error)); // or undone
        return scope.events(); // what is there, then every change
    }
    // README ends

    @Test
    void theExampleInTheReadmeIsTheCodeHere() throws IOException {
        String readme = Files.readString(Path.of("..", "README.md"));
        String source =
                Files.readString(Path.of("src", "test", "java", "io", "stitch", "reactive", "ReadmeExampleTest.java"));
        Matcher block = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(readme);

        assertThat(block.find()).isTrue();
        assertThat(squeezed(between(source, "// README begins", "// README ends")))
                .isEqualTo(squeezed(block.group(1)));
    }

    private static String between(String text, String begin, String end) {
        return text.substring(text.indexOf(begin) + begin.length(), text.indexOf(end));
    }

    private static String squeezed(String code) {
        return code.replaceAll("\\s+", "");
    }

    @Test
    void theExampleDoesWhatTheReadmeSays() {
        try (var server = StitchServer.start(StitchServerOptions.defaults())) {
            StitchStore store = open(server.url());
            StepVerifier.create(
                            board(store).filter(event -> event.version() > 0).next())
                    .assertNext(event -> assertThat(event.record(TASK))
                            .isEqualTo(new Task("t1", "apollo", "Refit the lander", true)))
                    .expectComplete()
                    .verify(LIMIT);

            assertThat(server.record("task", "t1").orElseThrow().path("done").asBoolean())
                    .isTrue();
            assertThat(printed.stream().map(Object::toString).toList())
                    .contains("1 tasks", "Task[id=t1, projectId=apollo, title=Refit the lander, done=true]");
            Board.close(store);
        }
    }
}
