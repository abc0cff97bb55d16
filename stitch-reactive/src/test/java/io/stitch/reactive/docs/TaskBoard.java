package io.stitch.reactive.docs;

import io.stitch.reactive.EntityType;
import io.stitch.reactive.Patch;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.StitchStore;

import java.nio.charset.StandardCharsets;
import java.util.Scanner;
import java.util.UUID;

/** A board of tasks in a terminal, shared with everybody who opens it. */
public class TaskBoard {
    record Project(String id, String name) {}

    record Task(String id, String projectId, String title, boolean done) {}

    static final EntityType<Project> PROJECT = EntityType.of("project", Project.class);
    static final EntityType<Task> TASK = EntityType.of("task", Task.class);

    public static void main(String[] args) {
        StitchStore store = connect("mqtt://localhost:1883");
        Scope apollo = store.replaceScope("apollo"); // returns at once
        apollo.records(TASK).subscribe(tasks -> System.out.println(tasks)); // the newest list, after each change

        Scanner lines = new Scanner(System.in, StandardCharsets.UTF_8);
        while (lines.hasNextLine()) {
            edit(apollo, lines.nextLine());
        }
        store.close().block();
    }

    static StitchStore connect(String url) {
        StitchStore store = StitchStore.builder()
                .schema(StitchSchema.root(PROJECT).child(TASK, "projectId").build())
                .remote(RemoteOptions.to(url))
                .build();
        store.connection().subscribe(status -> System.out.println(status.status()));
        store.start().subscribe(); // connecting goes on behind it
        return store;
    }

    static void edit(Scope scope, String line) {
        if (line.startsWith("add ")) {
            Task task = new Task(UUID.randomUUID().toString(), scope.id(), line.substring(4), false);
            scope.create(TASK, task).subscribe(saved -> {}, error -> System.out.println(error.getMessage()));
        } else {
            scope.snapshot(TASK).stream()
                    .filter(task -> task.title().equals(line)) // a task's title: it is done
                    .forEach(task -> scope.update(TASK, task.id(), Patch.of("done", true))
                            .subscribe(saved -> {}, error -> System.out.println(error.getMessage())));
        }
    }
}
