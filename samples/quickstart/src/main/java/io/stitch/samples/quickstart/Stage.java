package io.stitch.samples.quickstart;

import io.stitch.reactive.ServerCapabilities;
import io.stitch.reactive.h2.H2Persistence;
import io.stitch.reactive.spi.Persistence;
import reactor.core.publisher.Mono;

import java.nio.file.Path;
import java.time.Duration;
import java.util.TreeSet;

/**
 * What an act plays with: the two clients and somebody to tell what happens.
 *
 * @param ada fills the board and edits it
 * @param ben watches
 * @param narrator tells
 * @param patience how long an act waits for something before it fails
 */
record Stage(Client ada, Client ben, Narrator narrator, Duration patience) {
    /** Ada keeps what she has in a file, Ben in memory only. */
    static Stage at(String url, Path file, Narrator narrator, Duration patience) {
        return new Stage(
                Client.of("ada", url, patience, H2Persistence.file(file)),
                Client.of("ben", url, patience, Persistence.none()),
                narrator,
                patience);
    }

    /** Connects both, and tells what the server can do. */
    Mono<Void> connect() {
        return Mono.zip(ada.connect(), ben.connect())
                .doOnNext(both -> narrator.remark("ada and ben are connected; " + describe(both.getT1())))
                .then();
    }

    private static String describe(ServerCapabilities server) {
        return server.replays()
                ? "the server says protocol %d (%s) and will send each client what it lacks"
                        .formatted(server.protocolVersion(), String.join(", ", new TreeSet<>(server.features())))
                : "the server says nothing of itself, so the library will list what it holds";
    }

    Mono<Void> close() {
        return Mono.when(ada.store().close(), ben.store().close());
    }
}
