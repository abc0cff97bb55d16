package io.stitch.samples.desktop;

import io.stitch.server.PlainBroker;
import io.stitch.server.SampleBoard;
import io.stitch.server.StitchServer;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.Objects;

/**
 * What runs inside the application so that one command is enough to see it: the reference server and a plain broker, each unless the
 * command line names another. Blocks; not for the JavaFX thread.
 */
final class Inside implements AutoCloseable {
    private static final int SAMPLE_TASKS = 36;

    private final @Nullable StitchServer server;
    private final @Nullable PlainBroker broker;
    private final Options options;

    private Inside(Options options, @Nullable StitchServer server, @Nullable PlainBroker broker) {
        this.options = options;
        this.server = server;
        this.broker = broker;
    }

    /**
     * Starts what the options do not name.
     *
     * @throws CannotStartException if one of them does not start: the server's database is in use, by this application in another
     *     process for example
     */
    static Inside start(Options options) throws CannotStartException {
        StitchServer server = null;
        try {
            server = options.server() == null ? server(options.data().resolve("inside")) : null;
            PlainBroker broker = options.broker() == null ? PlainBroker.start() : null;
            return new Inside(options, server, broker);
        } catch (RuntimeException e) { // Each comes with exceptions of its own.
            if (server != null) {
                server.close();
            }
            throw new CannotStartException(e);
        }
    }

    private static StitchServer server(Path data) {
        StitchServer server = StitchServer.start(SampleBoard.rules().data(data).build());
        SampleBoard.seed(server, SAMPLE_TASKS);
        return server;
    }

    /** {@return the broker of the server, inside or not} */
    Remote serverUsed() {
        return server == null ? Objects.requireNonNull(options.server()) : new Remote(server.url());
    }

    /** {@return the broker between peers, inside or not} */
    Remote brokerUsed() {
        return broker == null ? Objects.requireNonNull(options.broker()) : new Remote(broker.url());
    }

    @Override
    public void close() {
        if (server != null) {
            server.close();
        }
        if (broker != null) {
            broker.close();
        }
    }
}
