package com.example.board;

import io.stitch.reactive.EntityType;
import io.stitch.reactive.HttpTicketProvider;
import io.stitch.reactive.ListQuery;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.ServerSync;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.StitchStore;
import io.stitch.reactive.h2.H2Persistence;
import io.stitch.reactive.peer.PeerSync;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Writes a task and shows it after the next start: with peers, or with a server that wants a ticket. */
public class Board {
    record Project(String id, String name) {}

    record Task(String id, String projectId, String title) {}

    static final EntityType<Project> PROJECT = EntityType.of("project", Project.class);
    static final EntityType<Task> TASK = EntityType.of("task", Task.class);
    static final Duration LIMIT = Duration.ofSeconds(30);

    /** The arguments: a database file, the URL of a broker, and, if it is a server's, that of its tickets. */
    public static void main(String[] args) {
        RemoteOptions remote = RemoteOptions.to(args[1]);
        StitchStore store = StitchStore.builder()
                .schema(StitchSchema.root(PROJECT).child(TASK, "projectId").build())
                .syncMode(args.length > 2 ? ServerSync.create() : PeerSync.create())
                .persistence(H2Persistence.file(Path.of(args[0])))
                .remote(args.length > 2 ? remote.tickets(HttpTicketProvider.at(args[2])) : remote)
                .autoConnect(false)
                .build();
        System.out.println(Board.class.getModule());
        store.start().block(LIMIT);
        List<Task> kept = store.list(TASK, ListQuery.all()).block(LIMIT); // from disk, as there is no connection yet
        System.out.println("FROM DISK " + kept);
        store.connect().block(LIMIT);
        System.out.println(store.connectionStatus().status());
        String id = "t" + (kept.size() + 1);
        System.out.println(store.replaceScope("modules")
                .create(TASK, new Task(id, "modules", "Task " + id))
                .result()
                .block(LIMIT));
        store.close().block(LIMIT);
        System.out.println("CLOSED");
    }
}
