package io.stitch.simulation.soak;

import io.stitch.server.PlainBroker;
import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;
import tools.jackson.databind.json.JsonMapper;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;

/**
 * The reference server, and a plain broker for peers, in a JVM of their own: what they keep and how many threads they have is not the
 * stores'. It does what it is told on standard input, line by line, answers each line with one, and ends with its parent.
 */
final class ServerProcess {
    private ServerProcess() {}

    /**
     * The child.
     *
     * @param args the file of the server's records, without its ending; {@code old} for an old server
     * @throws IOException if it cannot read what it is told
     */
    public static void main(String[] args) throws IOException {
        PrintStream answers = System.out;
        System.setOut(System.err); // What is logged is no answer.
        try (StitchServer server = StitchServer.start(StitchServerOptions.builder()
                        .data(Path.of(args[0]))
                        .legacy(args[1].equals("old"))
                        .helloSpacing(Duration.ZERO)
                        .build());
                PlainBroker broker = PlainBroker.start()) {
            answers.println(server.port() + " " + URI.create(broker.url()).getPort());
            BufferedReader told = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            for (String line = told.readLine(); line != null; line = told.readLine()) {
                answers.println(answer(server, line));
            }
        }
        Runtime.getRuntime().exit(0); // The broker's threads take their time.
    }

    private static String answer(StitchServer server, String line) {
        String[] words = line.split(" ", 3);
        try {
            switch (words[0]) {
                case "restart" -> server.restart();
                case "disconnect" -> server.disconnectAll();
                case "drop-replies" -> server.dropReplies(Integer.parseInt(words[1]));
                case "drop-events" -> server.dropEvents(Boolean.parseBoolean(words[1]));
                case "fail-commits" -> server.failCommits(Boolean.parseBoolean(words[1]));
                case "delay-replies" -> server.delayReplies(Long.parseLong(words[1]));
                case "fail" ->
                    server.failRequests(Integer.parseInt(words[1]), Integer.parseInt(words[2]), "on purpose");
                case "put" -> server.put(words[1], words[2]);
                case "delete" -> server.delete(words[1], words[2]);
                case "records" -> {
                    return JsonMapper.shared().writeValueAsString(server.records(words[1]));
                }
                case "heap" -> {
                    return String.valueOf(Resources.liveHeap());
                }
                default -> throw new IllegalArgumentException("not a command: " + line);
            }
            return "done";
        } catch (RuntimeException e) {
            return "failed: " + e;
        }
    }
}
