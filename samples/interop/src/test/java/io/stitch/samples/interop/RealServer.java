package io.stitch.samples.interop;

import tools.jackson.databind.JsonNode;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** MQDB in a process of its own, on 127.0.0.1. */
final class RealServer implements AutoCloseable {
    private static final Duration START = Duration.ofSeconds(30);
    private static final int ATTEMPTS = 3;
    private static final Set<String> LISTENERS = Set.of("--ws", "--http");

    private final List<String> switches;
    private Path data;
    private Child process;
    private JsonNode told;

    private RealServer(Path data, List<String> switches) {
        this.data = data;
        this.switches = new ArrayList<>(switches);
        this.process = launch(0);
        this.told = awaitStart();
    }

    /** Starts a server with an empty database below a folder. */
    static RealServer start(Path folder, String... switches) {
        try {
            return new RealServer(Files.createTempDirectory(folder, "mqdb").resolve("data"), List.of(switches));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Child launch(int port) {
        List<String> arguments = new ArrayList<>(switches);
        arguments.add("--data=" + data);
        if (port != 0) {
            arguments.add("--port=" + port);
        }
        return new Child(Programs.server(), arguments);
    }

    /** A port that was free when the server chose it may be taken when it binds it: then it ends, and another one is tried. */
    private JsonNode awaitStart() {
        for (int attempt = 1; ; attempt++) {
            try {
                return process.next(START);
            } catch (AssertionError e) {
                process.kill();
                if (attempt == ATTEMPTS) {
                    throw e;
                }
                process = launch(told == null ? 0 : port());
            }
        }
    }

    int port() {
        return told.path("port").asInt();
    }

    String url() {
        return "mqtt://127.0.0.1:" + port();
    }

    String webSocketUrl() {
        return "ws://127.0.0.1:" + told.path("ws").asInt() + "/mqtt";
    }

    String httpUrl() {
        return "http://127.0.0.1:" + told.path("http").asInt();
    }

    /** Ends it without a warning; what it had acknowledged is on disk. */
    void kill() {
        process.kill();
    }

    /** Starts it again, with its records and on its ports. */
    void startAgain() {
        switches.replaceAll(given -> LISTENERS.contains(given)
                ? given + "=" + told.path(given.substring(2)).asInt()
                : given);
        process = launch(port());
        told = awaitStart();
    }

    /** Puts another database in the place of the one it had; it must not be running. */
    void useData(Path folder) {
        data = folder;
    }

    Path data() {
        return data;
    }

    @Override
    public void close() {
        process.close();
    }
}
