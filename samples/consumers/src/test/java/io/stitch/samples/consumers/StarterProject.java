package io.stitch.samples.consumers;

import io.stitch.reactive.EntityType;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.StitchStore;
import io.stitch.server.StitchServer;
import reactor.core.publisher.Flux;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/** The application of the starter's README, from the text of the page, on the Spring Boot of a project. */
public final class StarterProject {
    private record Board(String id, String name) {}

    private record Task(String id, String projectId, String title, boolean done) {}

    private static final EntityType<Board> PROJECT = EntityType.of("project", Board.class);
    private static final EntityType<Task> TASK = EntityType.of("task", Task.class);
    private static final Path SOURCES = Path.of("src", "main");
    private static final Pattern PORT = Pattern.compile("Netty started on port (\\d+)");
    private static final int ENDED_BY_SIGNAL = 128 + 15;
    private static final String TASKS = "/boards/apollo/tasks";
    private static final String NOBODY = "mqtt://127.0.0.1:1";

    private StarterProject() {}

    /**
     * Called by the project's hook before it is built: writes what the page shows.
     *
     * @param folder the project's
     * @param readme the page
     */
    public static void prepare(File folder, String readme) throws IOException {
        String page = Files.readString(Path.of(readme));
        Path sources = folder.toPath().resolve(SOURCES);
        Path program = sources.resolve(Path.of("java", "com", "example", "board", "TaskBoard.java"));
        Path settings = sources.resolve(Path.of("resources", "application.yml"));
        Files.createDirectories(program.getParent());
        Files.createDirectories(settings.getParent());
        Files.writeString(
                program, "package com.example.board;\n\n" + StartProject.block(page, "java", "class TaskBoard"));
        Files.writeString(settings, StartProject.block(page, "yaml", "stitch:"));
    }

    /**
     * Called by the project's hook when it is built: what is added is seen by who watches and is at the server, and the next run has it
     * from disk.
     *
     * @param folder the project's
     */
    public static void check(File folder) {
        Project project = new Project(folder);
        assertThat(Linkage.missing(project.jars())).isEmpty();
        try (Servers servers = new Servers()) {
            StitchServer server = servers.server();
            server.put("project", "{\"id\":\"apollo\",\"name\":\"Refit\"}");
            try (Program program = run(project, server.url())) {
                Client client = new Client(program);
                CompletableFuture<Boolean> seen = client.watch("Refit the gimbal");
                assertThat(client.post("Refit the gimbal")).contains("\"title\":\"Refit the gimbal\"");
                assertThat(seen.join()).isTrue();
                expectAtServer(server, "Refit the gimbal");
                assertThat(client.get("/actuator/health")).contains("\"stitch\":{", "\"connection\":\"CONNECTED\"");
                end(program);
            }
            try (Program program = run(project, NOBODY)) {
                assertThat(new Client(program).watch("Refit the gimbal").join()).isTrue();
                end(program);
            }
        }
    }

    /** Waits until another client of the server sees a task of this title. */
    private static void expectAtServer(StitchServer server, String title) {
        StitchStore store = StitchStore.builder()
                .schema(StitchSchema.root(PROJECT).child(TASK, "projectId").build())
                .remote(RemoteOptions.to(server.url()))
                .build();
        store.start()
                .thenMany(Flux.defer(() -> store.openScope("apollo").records(TASK)))
                .filter(tasks -> tasks.stream().anyMatch(task -> task.title().equals(title)))
                .blockFirst(Program.LIMIT);
        store.close().block(Program.LIMIT);
    }

    private static Program run(Project project, String broker) {
        String jar = project.target().resolve("application.jar").toString();
        return project.java(
                JavaHome.own(),
                List.of(
                        "-jar",
                        jar,
                        "--server.address=127.0.0.1",
                        "--server.port=0",
                        "--management.endpoint.health.show-details=always",
                        "--stitch.url=" + broker));
    }

    private static void end(Program program) {
        program.tellToEnd();
        program.expectEnd(HeadlessProject.SOON, ENDED_BY_SIGNAL);
    }

    /** Who uses the application. */
    private static final class Client {
        private final HttpClient http = HttpClient.newHttpClient();
        private final String url;

        /** Waits until the application listens. */
        Client(Program program) {
            program.expect(
                    "Starting TaskBoard"); // A line of its own: each wait has the limit, and a busy machine needs two.
            Matcher port = PORT.matcher(program.expect("Netty started on port"));
            assertThat(port.find()).isTrue();
            this.url = "http://127.0.0.1:" + port.group(1);
        }

        private HttpRequest.Builder request(String path) {
            return HttpRequest.newBuilder(URI.create(url + path));
        }

        /** Completes when a list has a task of this title. */
        CompletableFuture<Boolean> watch(String title) {
            HttpRequest request =
                    request(TASKS).header("Accept", "text/event-stream").build();
            return http.sendAsync(request, HttpResponse.BodyHandlers.ofLines())
                    .thenApplyAsync(answer -> {
                        try (Stream<String> lines = answer.body()) {
                            return lines.anyMatch(line -> line.startsWith("data:") && line.contains(title));
                        }
                    })
                    .orTimeout(Program.LIMIT.toSeconds(), TimeUnit.SECONDS);
        }

        String post(String title) {
            return body(request(TASKS)
                    .header("Content-Type", "text/plain")
                    .POST(HttpRequest.BodyPublishers.ofString(title)));
        }

        String get(String path) {
            return body(request(path));
        }

        private String body(HttpRequest.Builder request) {
            return http.sendAsync(request.build(), HttpResponse.BodyHandlers.ofString())
                    .orTimeout(Program.LIMIT.toSeconds(), TimeUnit.SECONDS)
                    .join()
                    .body();
        }
    }
}
