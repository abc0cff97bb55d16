package io.stitch.reactive.spi;

import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import java.io.IOException;
import java.nio.channels.SocketChannel;

/**
 * Opens the first socket of the process where a thread may block: for it the JDK reads a file, which neither a store's worker nor a
 * thread of Netty must wait for. For connectors and ticket providers.
 */
public final class FirstSocket {
    private static final Mono<Void> OPENED = Mono.<Void>fromCallable(() -> {
                open();
                return null;
            })
            .subscribeOn(Schedulers.boundedElastic())
            // What is wrong, the connection that follows will say; kept here, it would fail every later one too.
            .onErrorComplete()
            .cache();

    private FirstSocket() {}

    /**
     * Opens it, if it was not opened yet. Cold.
     *
     * @return completes when it was opened, which is at once in all but the first case; never an error
     */
    public static Mono<Void> opened() {
        return OPENED;
    }

    /** As Netty does: a channel alone reads nothing yet, its socket does. */
    private static void open() throws IOException {
        try (SocketChannel channel = SocketChannel.open()) {
            channel.socket();
        }
    }
}
