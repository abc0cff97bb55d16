package com.example;

import io.stitch.reactive.EntityType;
import io.stitch.reactive.ListQuery;
import io.stitch.reactive.Patch;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.StitchStore;
import org.springframework.boot.CommandLineRunner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

import java.time.Duration;

/** Each kind of write and read once. */
@SpringBootApplication
public class Application implements CommandLineRunner {
    record Project(String id, String name) {}

    record Task(String id, String projectId, String title, boolean done) {
        Task titled(String changed) {
            return new Task(id, projectId, changed, done);
        }
    }

    static final EntityType<Project> PROJECT = EntityType.of("project", Project.class);
    static final EntityType<Task> TASK = EntityType.of("task", Task.class);
    static final Duration LIMIT = Duration.ofSeconds(30);

    public static void main(String[] args) {
        SpringApplication.run(Application.class, args);
    }

    @Override
    public void run(String... args) {
        StitchStore store = StitchStore.builder()
                .schema(StitchSchema.root(PROJECT).child(TASK, "projectId").build())
                .remote(RemoteOptions.to(args[0]))
                .build();
        store.start().then(store.connect()).block(LIMIT);
        System.out.println(store.connectionStatus().status());
        Scope scope = store.replaceScope("boot");
        Task first = new Task("t1", "boot", "Refit", false);
        System.out.println("CREATE " + scope.create(TASK, first).result().block(LIMIT));
        System.out.println("PATCH "
                + scope.update(TASK, "t1", Patch.of("done", true)).result().block(LIMIT));
        System.out.println("CHANGE "
                + scope.update(TASK, "t1", task -> task.titled("Refitted"))
                        .result()
                        .block(LIMIT));
        System.out.println("LIST " + store.list(TASK, ListQuery.all()).block(LIMIT));
        System.out.println("READ " + store.read(TASK, "t1").block(LIMIT));
        System.out.println("DELETE " + scope.delete(TASK, "t1").result().block(LIMIT));
        store.close().block(LIMIT);
        System.out.println("CLOSED");
    }
}
