package io.stitch.server;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** Runs a {@link StitchServer} from the command line, until it is told to stop by Ctrl-C or a TERM signal. */
public final class Main {
    private static final int WRONG_USAGE = 2;
    private static final int FAILED = 1;

    private Main() {}

    /**
     * Starts the server. Exits with 2 if an argument is wrong, and with 1 if the server cannot start.
     *
     * @param args the arguments; {@code --help} lists them
     * @throws InterruptedException if the waiting thread is interrupted
     */
    public static void main(String[] args) throws InterruptedException {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        PrintStream err = new PrintStream(System.err, true, StandardCharsets.UTF_8);
        int status = run(List.of(args), out, err);
        if (status != 0) {
            System.exit(status);
        }
    }

    static int run(List<String> args, PrintStream out, PrintStream err) throws InterruptedException {
        if (args.contains("--help")) {
            out.print(Arguments.HELP);
            return 0;
        }
        StitchServerOptions options;
        try {
            options = Arguments.parse(args);
        } catch (IllegalArgumentException e) {
            err.println(e.getMessage());
            err.println("--help lists the arguments.");
            return WRONG_USAGE;
        }
        StitchServer server;
        try {
            server = StitchServer.start(options);
        } catch (IllegalStateException e) {
            err.println("The server cannot start: " + e.getMessage());
            return FAILED;
        }
        Runtime.getRuntime().addShutdownHook(new Thread(server::close, "stitch-server-shutdown"));
        String webSocket = options.webSocketPort().isPresent() ? " and " + server.webSocketUrl() : "";
        out.println("Listening on " + server.url() + webSocket + (options.legacy() ? " as an old server." : "."));
        new CountDownLatch(1).await();
        return 0;
    }
}
