package io.stitch.reactive.internal.connection;

import io.stitch.reactive.spi.ConnectRequest;
import io.stitch.reactive.spi.ForeignText;
import io.stitch.reactive.spi.TransportException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;

/**
 * The addresses that a store connects to, of which the next attempt goes to one, and the headers of web sockets. On the worker.
 */
public final class Route {
    private static final Duration HEADERS_LIMIT = Duration.ofSeconds(10);

    private final List<ConnectRequest> requests;
    private final @Nullable Mono<Map<String, String>> headers;
    private int current;

    /**
     * Begins with the first address.
     *
     * @param requests what to connect with at each address, at least one
     * @param headers what the request that opens a web socket carries, or {@code null}
     */
    public Route(List<ConnectRequest> requests, @Nullable Mono<Map<String, String>> headers) {
        this.requests = List.copyOf(requests);
        this.headers = headers;
    }

    /** What to connect with now; its client id is of no interest. */
    ConnectRequest request() {
        return requests.get(current);
    }

    /** The address did not serve: the next one is tried next. */
    void failed() {
        current = (current + 1) % requests.size();
    }

    /** Begins with the first address again. */
    void restart() {
        current = 0;
    }

    /** Adds what the request that opens a web socket carries. Cold: each subscription asks for it. Answers on the worker. */
    Mono<ConnectRequest> withHeaders(ConnectRequest request, Scheduler serial) {
        Mono<Map<String, String>> asked = headers;
        if (asked == null || !request.isWebSocket()) {
            return Mono.just(request);
        }
        return asked.defaultIfEmpty(Map.of())
                .timeout(HEADERS_LIMIT, serial)
                .publishOn(serial)
                .map(request::withHeaders)
                .onErrorMap(error -> noHeaders(request, error));
    }

    private static TransportException noHeaders(ConnectRequest request, Throwable error) {
        return new TransportException(
                TransportException.Kind.CONNECT_FAILED,
                -1,
                "Cannot connect to the broker at %s: there are no headers for its web socket: %s"
                        .formatted(
                                request.address(),
                                error instanceof TimeoutException
                                        ? "none came within " + HEADERS_LIMIT
                                        : ForeignText.quoted(String.valueOf(error.getMessage()))),
                error);
    }
}
