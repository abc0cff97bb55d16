package com.example;

import io.stitch.reactive.EntityType;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.StitchStore;

import java.time.Duration;

/** Connects and writes, from a single jar. */
public class FatJar {
    record Project(String id, String name) {}

    static final EntityType<Project> PROJECT = EntityType.of("project", Project.class);
    static final Duration LIMIT = Duration.ofSeconds(30);

    public static void main(String[] args) {
        StitchStore store = StitchStore.builder()
                .schema(StitchSchema.root(PROJECT).build())
                .remote(RemoteOptions.to(args[0]))
                .build();
        store.start().then(store.connect()).block(LIMIT);
        System.out.println(store.connectionStatus().status());
        System.out.println(store.replaceScope("fat")
                .create(PROJECT, new Project("fat", "In one jar"))
                .result()
                .block(LIMIT));
        store.close().block(LIMIT);
        System.out.println("CLOSED");
    }
}
