package io.stitch.simulation.soak;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The {@link ServerProcess}, from this side. Thread-safe. */
final class RemoteServer implements AutoCloseable {
    private final Process process;
    private final BufferedWriter input;
    private final BufferedReader output;
    private final int serverPort;
    private final int brokerPort;

    RemoteServer(Path data, boolean old) throws IOException {
        process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx1g",
                        "-cp",
                        System.getProperty("java.class.path"),
                        ServerProcess.class.getName(),
                        data.toString(),
                        old ? "old" : "new")
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        input = process.outputWriter();
        output = process.inputReader();
        String[] ports = nextLine("start").split(" ", -1);
        serverPort = Integer.parseInt(ports[0]);
        brokerPort = Integer.parseInt(ports[1]);
    }

    int serverPort() {
        return serverPort;
    }

    int brokerPort() {
        return brokerPort;
    }

    private String nextLine(String asked) throws IOException {
        String line = output.readLine();
        if (line == null) {
            throw new IOException("the server has ended, and was asked to " + asked);
        }
        return line;
    }

    synchronized String ask(String line) {
        try {
            input.write(line);
            input.newLine();
            input.flush();
            return nextLine(line);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void tell(String line) {
        String answer = ask(line);
        if (!answer.equals("done")) {
            throw new IllegalStateException(line + ": " + answer);
        }
    }

    List<ObjectNode> records(String entity) {
        List<ObjectNode> records = new ArrayList<>();
        for (JsonNode record : JsonMapper.shared().readTree(ask("records " + entity))) {
            records.add((ObjectNode) record);
        }
        return records;
    }

    @Override
    public void close() throws IOException, InterruptedException {
        input.close();
        if (!process.waitFor(20, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
    }
}
