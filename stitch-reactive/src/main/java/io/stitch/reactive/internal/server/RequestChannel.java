package io.stitch.reactive.internal.server;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.UserProperty;
import io.stitch.reactive.internal.Diagnostics;
import io.stitch.reactive.internal.mode.RequestException;
import io.stitch.reactive.internal.mode.RequestException.Kind;
import io.stitch.reactive.internal.wire.Reply;
import io.stitch.reactive.internal.wire.Requests;
import io.stitch.reactive.internal.wire.Topics;
import io.stitch.reactive.spi.MqttConnection;
import io.stitch.reactive.spi.OutboundMessage;
import io.stitch.reactive.spi.ReasonCodes;
import io.stitch.reactive.spi.StoreObserver;
import io.stitch.reactive.spi.StoreObserver.Outcome;
import io.stitch.reactive.spi.TransportException;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.Supplier;

/**
 * Requests and their replies over one connection after another (protocol section 3.1). At most {@code limit} requests are
 * in flight; more wait in order, up to a bound, and what finds no place fails with {@link Kind#OVERFLOW}.
 */
final class RequestChannel {
    private static final int MAX_WAITING = 100_000;
    private static final int ROOM_FOR_HEADERS = 2_048;
    private static final int UNAUTHENTICATED = 401;

    private static final String NEVER_ANSWERED =
            " Nothing was answered on this connection yet: a server may drop the requests of a client that may not publish on its own response"
                    + " topics, without a word, so give it the right to publish below them, too (docs/security.md).";

    private final Scheduler serial;
    private final Scheduler clock;
    private final Topics topics;
    private final Supplier<String> clientId;
    private final Duration timeout;
    private final Diagnostics diagnostics;
    private final StoreObserver observer;
    private final boolean observed;
    /** In the order of their deadlines, because all have the same time. */
    private final Map<String, Exchange> open = new LinkedHashMap<>();

    private final Set<Exchange> waiting = new LinkedHashSet<>();
    private final Disposable.Swap deadline = Disposables.swap();
    private final Sinks.Many<RequestException> unauthenticated =
            Sinks.many().multicast().directBestEffort();
    private boolean watching;
    /** Whether the server has answered anything on this connection. */
    private boolean answered;
    // Distinguishes this run's requests from late replies to an earlier run with the same client id.
    private final String run;
    private long next;
    private int limit;
    private @Nullable MqttConnection connection;

    RequestChannel(
            Scheduler serial,
            Scheduler clock,
            Topics topics,
            Supplier<String> clientId,
            String run,
            Duration timeout,
            Diagnostics diagnostics,
            StoreObserver observer) {
        this.serial = serial;
        this.clock = clock;
        this.topics = topics;
        this.clientId = clientId;
        this.run = run;
        this.timeout = timeout;
        this.diagnostics = diagnostics;
        this.observer = observer;
        this.observed = !observer.equals(StoreObserver.NONE);
    }

    void connected(MqttConnection connection, int limit) {
        this.connection = connection;
        this.limit = limit;
        this.answered = false;
    }

    /** {@return how many requests may be in flight} */
    int limit() {
        return limit;
    }

    void disconnected() {
        connection = null;
        deadline.update(Disposables.disposed());
        watching = false;
        List<Exchange> unanswered = List.copyOf(open.values());
        List<Exchange> unsent = List.copyOf(waiting);
        open.clear();
        waiting.clear();
        for (Exchange exchange : unanswered) {
            exchange.publishing.dispose();
            observe(exchange, Outcome.CONNECTION_LOST);
            exchange.fail(new RequestException(
                    Kind.CONNECTION_LOST,
                    0,
                    "The connection ended before %s was answered. It may have been executed: read the record before repeating it."
                            .formatted(exchange.topic)));
        }
        unsent.forEach(exchange -> exchange.fail(notConnected()));
    }

    /**
     * Sends a request. Cold; may be subscribed from any thread, answers on the worker.
     *
     * @param topic where
     * @param payload what
     * @return the answer, or a {@link RequestException}
     */
    Mono<Reply.Ok> send(String topic, byte[] payload) {
        return exchange(topic, payload, null, exchange -> serial.schedule(() -> admit(exchange)));
    }

    /**
     * Sends a request, and tells how long the server took. Cold; may be subscribed from any thread, answers on the worker.
     *
     * @param topic where
     * @param payload what
     * @param took hears the time from when it was sent, which may be long after this, in milliseconds
     * @return the answer, or a {@link RequestException}
     */
    Mono<Reply.Ok> send(String topic, byte[] payload, LongConsumer took) {
        return exchange(topic, payload, null, exchange -> {
            exchange.took = took;
            serial.schedule(() -> admit(exchange));
        });
    }

    /**
     * Sends a request with an id of its own. Cold; to be subscribed on the worker, which spares it the way there.
     *
     * @param topic where
     * @param payload what
     * @param requestId the id, or {@code null} for a fresh one
     * @return the answer, or a {@link RequestException}
     */
    Mono<Reply.Ok> sendOnWorker(String topic, byte[] payload, @Nullable String requestId) {
        return exchange(topic, payload, requestId, this::admit);
    }

    private Mono<Reply.Ok> exchange(
            String topic, byte[] payload, @Nullable String requestId, Consumer<Exchange> admission) {
        if (payload.length > Requests.MAX_BYTES) {
            return Mono.error(tooLarge(topic, payload.length, Requests.MAX_BYTES));
        }
        return Mono.create(sink -> {
            Exchange exchange = new Exchange(topic, payload, requestId, sink);
            sink.onCancel(() -> {
                exchange.cancelled = true;
                serial.schedule(() -> cancelled(exchange));
            });
            admission.accept(exchange);
        });
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
        answered = true;
        close(exchange, reply instanceof Reply.Ok ? Outcome.OK : Outcome.REFUSED);
        if (reply instanceof Reply.Ok ok) {
            exchange.took.accept(now() + timeout.toMillis() - exchange.deadline);
            exchange.sink.success(ok);
        } else {
            Reply.Refused refused = (Reply.Refused) reply;
            RequestException refusal = refusal(refused.code(), refused.message(), exchange.topic);
            if (refusal.code() == UNAUTHENTICATED) {
                invalidate(refusal);
            }
            exchange.fail(refusal);
        }
    }

    /** The session is not valid, as the server says. */
    void invalidate(RequestException why) {
        unauthenticated.tryEmitNext(why);
    }

    /** What was refused because the session is not valid. Hot; emits on the worker. */
    Flux<RequestException> unauthenticated() {
        return unauthenticated.asFlux();
    }

    private void admit(Exchange exchange) {
        if (connection == null) {
            exchange.fail(notConnected());
        } else if (waiting.size() < MAX_WAITING) {
            waiting.add(exchange);
            startWaiting();
        } else {
            diagnostics.report(
                    DiagnosticCode.REQUEST_OVERFLOW, clientId.get(), "%d requests wait".formatted(MAX_WAITING));
            exchange.fail(new RequestException(
                    Kind.OVERFLOW,
                    0,
                    "%d requests wait already. Slow down: await some of them before sending more."
                            .formatted(MAX_WAITING)));
        }
    }

    private void cancelled(Exchange exchange) {
        if (!waiting.remove(exchange) && isOpen(exchange)) {
            close(exchange, Outcome.CANCELLED);
        }
    }

    private void startWaiting() {
        MqttConnection current = connection;
        // One after another from the head: an answer that comes at once may bring a new request.
        while (current != null && open.size() < limit && !waiting.isEmpty()) {
            Exchange exchange = waiting.iterator().next();
            waiting.remove(exchange);
            if (exchange.cancelled) {
                continue;
            }
            if (exchange.payload.length > largest(current)) {
                exchange.fail(tooLarge(exchange.topic, exchange.payload.length, largest(current)));
                continue;
            }
            start(exchange, current);
        }
    }

    private void start(Exchange exchange, MqttConnection current) {
        if (exchange.id.isEmpty()) {
            exchange.id = run + Long.toString(next++, Character.MAX_RADIX);
        }
        exchange.deadline = now() + timeout.toMillis();
        if (observed) {
            exchange.sentAt = clock.now(TimeUnit.NANOSECONDS);
        }
        open.put(exchange.id, exchange);
        if (!watching) {
            watchDeadline(exchange.deadline);
        }
        OutboundMessage message = new OutboundMessage(
                exchange.topic,
                exchange.payload,
                topics.reply(clientId.get(), exchange.id),
                exchange.id.getBytes(StandardCharsets.UTF_8),
                List.of(new UserProperty(Topics.ORIGIN_PROPERTY, clientId.get())));
        // The reply may come before the PUBACK, and a refused PUBACK means that no reply will.
        exchange.publishing = current.publish(message)
                .subscribe(unused -> {}, error -> serial.schedule(() -> notPublished(exchange, error)));
    }

    private void notPublished(Exchange exchange, Throwable error) {
        if (isOpen(exchange)) {
            Throwable failure =
                    error instanceof TransportException transport ? fromTransport(transport, exchange.topic) : error;
            boolean refused = failure instanceof RequestException request && request.kind() == Kind.REFUSED;
            close(exchange, refused ? Outcome.REFUSED : Outcome.CONNECTION_LOST);
            exchange.fail(failure);
        }
    }

    private boolean isOpen(Exchange exchange) {
        return exchange.equals(open.get(exchange.id));
    }

    /** Ends a request and lets the next ones go. Before its answer is told, so that who waited longer goes first. */
    private void close(Exchange exchange, Outcome outcome) {
        open.remove(exchange.id);
        exchange.publishing.dispose();
        observe(exchange, outcome);
        startWaiting();
    }

    private void observe(Exchange exchange, Outcome outcome) {
        if (observed) {
            observer.requested(
                    topics.operation(exchange.topic), outcome, clock.now(TimeUnit.NANOSECONDS) - exchange.sentAt);
        }
    }

    /** One timer for all: one for each request would be most of what a request costs the worker. */
    private void watchDeadline(long oldest) {
        watching = true;
        deadline.update(serial.schedule(this::expire, Math.max(0, oldest - now()), TimeUnit.MILLISECONDS));
    }

    private void expire() {
        long now = now();
        List<Exchange> late = open.values().stream()
                // Further away than the whole timeout: somebody has set the clock back.
                .takeWhile(exchange -> exchange.deadline <= now || exchange.deadline > now + timeout.toMillis())
                .toList();
        for (Exchange exchange : late) {
            if (!isOpen(exchange)) {
                continue;
            }
            close(exchange, Outcome.TIMEOUT);
            exchange.fail(new RequestException(
                    Kind.TIMEOUT,
                    0,
                    "No reply to %s within %s. It may have been executed: read the record before repeating it.%s"
                            .formatted(exchange.topic, timeout, answered ? "" : NEVER_ANSWERED)));
        }
        watching = false;
        if (!open.isEmpty()) {
            watchDeadline(open.values().iterator().next().deadline);
        }
    }

    private long now() {
        return clock.now(TimeUnit.MILLISECONDS);
    }

    static RequestException refusal(int code, String message, String what) {
        return new RequestException(
                Kind.REFUSED, code, "The server refused %s with %d: %s".formatted(what, code, message), message);
    }

    private static RequestException fromTransport(TransportException error, String topic) {
        RequestException result;
        if (error.kind() == TransportException.Kind.REFUSED) {
            int code = ReasonCodes.requestCode(error.reasonCode().orElse(-1));
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

    /** The largest payload that fits into a packet with its topics and properties. */
    private static long largest(MqttConnection connection) {
        return connection.info().maximumPacketSize() - ROOM_FOR_HEADERS;
    }

    private static RequestException tooLarge(String topic, int bytes, long limit) {
        return new RequestException(
                Kind.TOO_LARGE,
                0,
                "The request on %s has %d bytes; the server takes at most %d. Split the record."
                        .formatted(topic, bytes, limit));
    }

    static RequestException notConnected() {
        return new RequestException(
                Kind.NOT_CONNECTED,
                0,
                "The store is not connected, so nothing was sent. Watch connection() and try again.");
    }

    /** A request, from its subscription to its answer. */
    private static final class Exchange {
        private final String topic;
        private final byte[] payload;
        private final MonoSink<Reply.Ok> sink;
        private String id;
        private long deadline;
        private long sentAt;
        private LongConsumer took = millis -> {};
        private Disposable publishing = Disposables.disposed();
        private volatile boolean cancelled;

        Exchange(String topic, byte[] payload, @Nullable String id, MonoSink<Reply.Ok> sink) {
            this.topic = topic;
            this.payload = payload;
            this.id = id == null ? "" : id;
            this.sink = sink;
        }

        void fail(Throwable error) {
            if (!cancelled) { // Nobody would hear it, and Reactor would log it as dropped.
                sink.error(error);
            }
        }
    }
}
