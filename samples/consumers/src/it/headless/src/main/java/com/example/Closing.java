package com.example;

import io.stitch.reactive.EntityType;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.StitchStore;

import java.time.Duration;
import java.util.Comparator;

/** Connects, writes, closes, and says which threads are left. */
public class Closing {
    record Project(String id, String name) {}

    static final EntityType<Project> PROJECT = EntityType.of("project", Project.class);
    static final Duration LIMIT = Duration.ofSeconds(30);

    public static void main(String[] args) {
        StitchStore store = StitchStore.builder()
                .schema(StitchSchema.root(PROJECT).build())
                .remote(RemoteOptions.to(args[0]))
                .build();
        store.start().then(store.connect()).block(LIMIT);
        System.out.println(store.replaceScope("closing")
                .create(PROJECT, new Project("closing", "Soon over"))
                .result()
                .block(LIMIT));
        store.close().block(LIMIT);
        Thread.getAllStackTraces().keySet().stream()
                .sorted(Comparator.comparing(Thread::getName))
                .forEach(thread -> System.out.println((thread.isDaemon() ? "DAEMON " : "THREAD ") + thread.getName()));
        System.out.println("CLOSED");
    }
}
