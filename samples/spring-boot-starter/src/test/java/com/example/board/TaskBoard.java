package com.example.board;

import io.stitch.reactive.EntityType;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.StitchStore;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import java.util.List;
import java.util.UUID;

/** A board of tasks over HTTP: the newest list after each change, and a way to add to it. */
@SpringBootApplication
public class TaskBoard {
    record Project(String id, String name) {}

    record Task(String id, String projectId, String title, boolean done) {}

    static final EntityType<Project> PROJECT = EntityType.of("project", Project.class);
    static final EntityType<Task> TASK = EntityType.of("task", Task.class);

    public static void main(String[] args) {
        SpringApplication.run(TaskBoard.class, args);
    }

    @Bean
    StitchSchema schema() {
        return StitchSchema.root(PROJECT).child(TASK, "projectId").build();
    }

    @RestController
    static class Tasks {
        private final StitchStore store;

        Tasks(StitchStore store) {
            this.store = store;
        }

        @GetMapping(path = "/boards/{board}/tasks", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
        Flux<List<Task>> watch(@PathVariable String board) {
            return Flux.using(() -> store.openScope(board), scope -> scope.records(TASK), Scope::close);
        }

        @PostMapping("/boards/{board}/tasks")
        Mono<Task> add(@PathVariable String board, @RequestBody String title) {
            return Mono.using(
                    () -> store.openScope(board),
                    scope -> scope.create(TASK, new Task(UUID.randomUUID().toString(), board, title, false)),
                    Scope::close);
        }
    }
}
