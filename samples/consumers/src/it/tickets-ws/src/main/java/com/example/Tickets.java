package com.example;

import io.stitch.reactive.EntityType;
import io.stitch.reactive.HttpTicketProvider;
import io.stitch.reactive.MutationResult;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.StitchStore;

import java.time.Duration;
import java.util.Optional;

/** Logs in by a ticket over a WebSocket, and writes once. */
public class Tickets {
    record Project(String id, String name) {}

    static final EntityType<Project> PROJECT = EntityType.of("project", Project.class);
    static final Duration LIMIT = Duration.ofSeconds(30);

    public static void main(String[] args) {
        StitchStore store = StitchStore.builder()
                .schema(StitchSchema.root(PROJECT).userScopeField("ownerId").build())
                .remote(RemoteOptions.to(args[0]).tickets(HttpTicketProvider.at(args[1])))
                .build();
        store.start().then(store.connect()).block(LIMIT);
        String user = store.authenticatedUser()
                .filter(Optional::isPresent)
                .blockFirst(LIMIT)
                .get()
                .id();
        System.out.println(store.connectionStatus().status() + " as " + user);
        MutationResult<Project> result = store.replaceScope("tickets")
                .create(PROJECT, new Project("tickets", "By ticket"))
                .result()
                .block(LIMIT);
        System.out.println(result);
        store.close().block(LIMIT);
        System.out.println("CLOSED");
    }
}
