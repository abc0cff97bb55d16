package io.stitch.reactive.sync;

import io.stitch.reactive.sync.RequestException.Kind;
import io.stitch.reactive.transport.MqttConnection;
import io.stitch.reactive.transport.OutboundMessage;
import io.stitch.reactive.transport.TransportException;
import io.stitch.reactive.transport.UserProperty;
import io.stitch.reactive.wire.DiagnosticCode;
import io.stitch.reactive.wire.Reply;
import io.stitch.reactive.wire.Requests;
import io.stitch.reactive.wire.Topics;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * Requests and their replies over one connection after another (protocol section 3.1). At most {@code limit} requests are
 * in flight; more wait in order, up to a bound, and what finds no place fails with {@link Kind#OVERFLOW}.
 */
final class RequestChannel {
    private static final int MAX_WAITING = 100_000;
    private static final int UNAUTHENTICATED = 401;

    private final Scheduler serial;
    private final Topics topics;
    private final Supplier<String> clientId;
    private final Duration timeout;
    private final Diagnostics diagnostics;
    private final Map<String, Exchange> open = new HashMap<>();
    private final Deque<Waiting> waiting = new ArrayDeque<>();
    private final Sinks.Many<RequestException> unauthenticated =
            Sinks.many().multicast().directBestEffort();
    // Distinguishes this run's requests from late replies to an earlier run with the same client id.
    private final String run;
    private long next;
    private int limit;
    private @Nullable MqttConnection connection;

    RequestChannel(
            Scheduler serial,
            Topics topics,
            Supplier<String> clientId,
            String run,
            Duration timeout,
            Diagnostics diagnostics) {
        this.serial = serial;
        this.topics = topics;
        this.clientId = clientId;
        this.run = run;
        this.timeout = timeout;
        this.diagnostics = diagnostics;
    }

    void connected(MqttConnection connection, int limit) {
        this.connection = connection;
        this.limit = limit;
    }

    /** {@return how many requests may be in flight} */
    int limit() {
        return limit;
    }

    void disconnected() {
        connection = null;
        List.copyOf(open.values())
                .forEach(exchange -> exchange.reply.tryEmitError(new RequestException(
                        Kind.CONNECTION_LOST,
                        0,
                        "The connection ended before %s was answered. It may have been executed: read the record before repeating it."
                                .formatted(exchange.topic))));
        open.clear();
        Waiting next;
        while ((next = waiting.poll()) != null) {
            next.sink.error(notConnected());
        }
    }

    /**
     * Sends a request. Cold; may be subscribed from any thread, answers on the worker.
     *
     * @param topic where
     * @param payload what
     * @return the answer, or a {@link RequestException}
     */
    Mono<Reply.Ok> send(String topic, byte[] payload) {
        return send(topic, payload, null);
    }

    /**
     * Sends a request with an id of its own. Cold, as above.
     *
     * @param topic where
     * @param payload what
     * @param requestId the id, or {@code null} for a fresh one
     * @return the answer, or a {@link RequestException}
     */
    Mono<Reply.Ok> send(String topic, byte[] payload, @Nullable String requestId) {
        if (payload.length > Requests.MAX_BYTES) {
            return Mono.error(new RequestException(
                    Kind.TOO_LARGE,
                    0,
                    "The request on %s has %d bytes; a server takes at most %d. Split the record."
                            .formatted(topic, payload.length, Requests.MAX_BYTES)));
        }
        return Mono.<Exchange>create(sink -> serial.schedule(() -> admit(new Waiting(sink, requestId))))
                .flatMap(exchange -> exchange(exchange, topic, payload));
    }

    /** Hands a reply to the request that waits for it. */
    void received(String requestId, Reply reply) {
        Exchange exchange = open.get(requestId);
        if (exchange == null) {
            diagnostics.report(
                    DiagnosticCode.UNKNOWN_REPLY,
                    requestId,
                    "no request with this id is waiting: late, repeated or made up");
            return;
        }
        if (reply instanceof Reply.Refused refused && refused.code() == UNAUTHENTICATED) {
            unauthenticated.tryEmitNext(refusal(refused, exchange.topic));
        }
        exchange.reply.tryEmitValue(reply);
    }

    /** The requests that were refused because the session is not valid. Hot; emits on the worker. */
    Flux<RequestException> unauthenticated() {
        return unauthenticated.asFlux();
    }

    private void admit(Waiting request) {
        MonoSink<Exchange> sink = request.sink;
        if (connection == null) {
            sink.error(notConnected());
        } else if (open.size() < limit) {
            start(request);
        } else if (waiting.size() < MAX_WAITING) {
            waiting.add(request);
            sink.onCancel(() -> serial.schedule(() -> waiting.remove(request)));
        } else {
            diagnostics.report(
                    DiagnosticCode.REQUEST_OVERFLOW, clientId.get(), "%d requests wait".formatted(MAX_WAITING));
            sink.error(new RequestException(
                    Kind.OVERFLOW,
                    0,
                    "%d requests wait already. Slow down: await some of them before sending more."
                            .formatted(MAX_WAITING)));
        }
    }

    private void start(Waiting request) {
        String id = request.requestId;
        Exchange exchange = new Exchange(id == null ? run + Long.toString(next++, Character.MAX_RADIX) : id);
        open.put(exchange.id, exchange);
        request.sink.success(exchange);
    }

    private Mono<Reply.Ok> exchange(Exchange exchange, String topic, byte[] payload) {
        MqttConnection current = connection;
        if (current == null) {
            return Mono.error(notConnected());
        }
        exchange.topic = topic;
        OutboundMessage message = new OutboundMessage(
                topic,
                payload,
                topics.reply(clientId.get(), exchange.id),
                exchange.id.getBytes(StandardCharsets.UTF_8),
                List.of(new UserProperty(Topics.ORIGIN_PROPERTY, clientId.get())));
        // The reply may come before the PUBACK, and a refused PUBACK means that no reply will.
        Mono<Reply> published = current.publish(message)
                .then(Mono.<Reply>empty())
                // It fails on the connection's thread, and who asked goes on on the worker.
                .onErrorResume(error -> Mono.<Reply>error(error).subscribeOn(serial));
        return Flux.merge(published, exchange.reply.asMono())
                .next()
                .timeout(timeout, serial)
                .onErrorMap(error -> translate(error, topic))
                .flatMap(reply -> settle(reply, topic))
                .doFinally(signal -> serial.schedule(() -> finished(exchange)));
    }

    private void finished(Exchange exchange) {
        open.remove(exchange.id, exchange);
        while (connection != null && open.size() < limit) {
            Waiting request = waiting.poll();
            if (request == null) {
                return;
            }
            start(request);
        }
    }

    private static Mono<Reply.Ok> settle(Reply reply, String topic) {
        if (reply instanceof Reply.Ok ok) {
            return Mono.just(ok);
        }
        return Mono.error(refusal((Reply.Refused) reply, topic));
    }

    private static RequestException refusal(Reply.Refused refused, String topic) {
        return new RequestException(
                Kind.REFUSED,
                refused.code(),
                "The server refused %s with %d: %s".formatted(topic, refused.code(), refused.message()),
                refused.message());
    }

    private Throwable translate(Throwable error, String topic) {
        if (error instanceof TimeoutException) {
            return new RequestException(
                    Kind.TIMEOUT,
                    0,
                    "No reply to %s within %s. It may have been executed: read the record before repeating it."
                            .formatted(topic, timeout));
        }
        if (error instanceof TransportException transport) {
            return fromTransport(transport, topic);
        }
        return error;
    }

    private static RequestException fromTransport(TransportException error, String topic) {
        RequestException result;
        if (error.kind() == TransportException.Kind.REFUSED) {
            int reason = error.reasonCode().orElse(0);
            int code = reason == 0x87 ? 403 : reason == 0x97 ? 429 : 500;
            result = new RequestException(Kind.REFUSED, code, error.getMessage() + " (request on " + topic + ")");
        } else if (error.kind() == TransportException.Kind.NOT_CONNECTED) {
            result = notConnected();
        } else {
            result = new RequestException(
                    Kind.CONNECTION_LOST,
                    0,
                    "The connection ended before %s was answered: %s".formatted(topic, error.getMessage()));
        }
        result.initCause(error);
        return result;
    }

    private static RequestException notConnected() {
        return new RequestException(
                Kind.NOT_CONNECTED,
                0,
                "The store is not connected, so nothing was sent. Watch connection() and try again.");
    }

    /** A request that has no place among those in flight yet. */
    private static final class Waiting {
        private final MonoSink<Exchange> sink;
        private final @Nullable String requestId;

        Waiting(MonoSink<Exchange> sink, @Nullable String requestId) {
            this.sink = sink;
            this.requestId = requestId;
        }
    }

    private static final class Exchange {
        private final String id;
        private final Sinks.One<Reply> reply = Sinks.one();
        private String topic = "";

        Exchange(String id) {
            this.id = id;
        }
    }
}
