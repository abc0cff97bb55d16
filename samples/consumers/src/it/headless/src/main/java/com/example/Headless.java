package com.example;

import io.stitch.reactive.EntityType;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.StitchStore;

import java.time.Duration;

/** A service without a window: it runs until somebody writes the task "Stop". */
public class Headless {
    record Project(String id, String name) {}

    record Task(String id, String projectId, String title) {}

    static final EntityType<Project> PROJECT = EntityType.of("project", Project.class);
    static final EntityType<Task> TASK = EntityType.of("task", Task.class);

    public static void main(String[] args) {
        StitchStore store = StitchStore.builder()
                .schema(StitchSchema.root(PROJECT).child(TASK, "projectId").build())
                .remote(RemoteOptions.to(args[0]))
                .build();
        store.connection().subscribe(status -> System.out.println(status.status()));
        Scope scope = store.replaceScope("headless");
        scope.events(TASK).map(event -> event.record(TASK).title()).subscribe(title -> {
            System.out.println("DOING " + title);
            if (title.equals("Stop")) {
                store.close().subscribe();
            }
        });
        store.start().then(store.onClose()).block(Duration.ofMinutes(5));
        System.out.println("ENDED");
    }
}
