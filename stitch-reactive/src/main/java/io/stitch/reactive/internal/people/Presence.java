package io.stitch.reactive.internal.people;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.PresentClient;
import io.stitch.reactive.internal.mode.RequestException;
import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.internal.wire.Inbound;
import io.stitch.reactive.spi.InboundMessage;
import io.stitch.reactive.spi.MqttConnection;
import io.stitch.reactive.spi.TransportException;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;

/**
 * Who is connected, as the broker tells it while somebody watches (protocol section 4.10). A hint: what the broker loses is not known here. On
 * the worker; the publisher may be subscribed anywhere.
 */
public final class Presence {
    /** How many are known at most. */
    public static final int BOUND = 10_000;

    private static final int SHORT = 100;
    private static final Duration REST = Duration.ofMillis(100);

    private final SyncContext context;
    private final List<String> filters;
    private final Set<FluxSink<List<PresentClient>>> watchers = new LinkedHashSet<>();
    /** Those that were heard of last come last, here and in the next one. */
    private final Map<String, Heard> present = new LinkedHashMap<>();
    /** Until when the clients were there that have gone, so that nothing older brings them back. */
    private final Map<String, Long> gone = new LinkedHashMap<>();

    private final Disposable.Swap subscribing = Disposables.swap();
    private final Disposable.Swap telling = Disposables.swap();
    private List<PresentClient> newest = List.of();
    private boolean willTell;
    private @Nullable MqttConnection connection;
    private volatile boolean closed;

    private record Heard(@Nullable String user, long at) {}

    /**
     * Makes one that nobody watches.
     *
     * @param context the store
     */
    public Presence(SyncContext context) {
        this.context = context;
        this.filters = List.of(context.topics().presenceFilter());
    }

    /**
     * {@return the other clients that are connected, now and after each change} A slow subscriber gets the newest list.
     */
    public Flux<List<PresentClient>> lists() {
        return Flux.<List<PresentClient>>create(this::join, FluxSink.OverflowStrategy.LATEST)
                .subscribeOn(context.serial());
    }

    private void join(FluxSink<List<PresentClient>> watcher) {
        if (closed) {
            watcher.complete();
            return;
        }
        watchers.add(watcher);
        watcher.onDispose(() -> later(() -> leave(watcher)));
        watcher.next(newest);
        if (watchers.size() == 1) {
            subscribe();
        }
    }

    private void later(Runnable task) {
        try {
            context.serial().schedule(task);
        } catch (RejectedExecutionException ended) {
            if (!closed) {
                throw ended;
            }
        }
    }

    private void leave(FluxSink<List<PresentClient>> watcher) {
        if (watchers.remove(watcher) && watchers.isEmpty()) {
            unsubscribe();
            clear();
        }
    }

    private void subscribe() {
        MqttConnection current = connection;
        if (current != null) {
            subscribing.update(current.subscribeRetained(filters)
                    .publishOn(context.serial())
                    .subscribe(unused -> {}, this::failed));
        }
    }

    private void unsubscribe() {
        subscribing.update(Disposables.disposed());
        MqttConnection current = connection;
        if (current != null) {
            current.unsubscribe(filters)
                    .subscribe(
                            unused -> {},
                            error -> context.diagnostics()
                                    .report(
                                            DiagnosticCode.COMPARE_FAILED,
                                            filters.get(0),
                                            "unsubscribing failed; what comes is dropped: " + error.getMessage()));
        }
    }

    /** Where the connection was lost, the next one comes; what the broker refuses, it would refuse again. */
    private void failed(Throwable error) {
        if (error instanceof TransportException transport && transport.kind() != TransportException.Kind.REFUSED) {
            return;
        }
        Throwable told = error instanceof TransportException transport && transport.isNotAuthorized()
                ? new RequestException(RequestException.Kind.REFUSED, 403, String.valueOf(error.getMessage()))
                : error;
        List<FluxSink<List<PresentClient>>> refused = List.copyOf(watchers);
        watchers.clear();
        clear();
        refused.forEach(watcher -> watcher.error(told));
    }

    /**
     * Goes on, on a new connection.
     *
     * @param next the connection
     */
    public void connected(MqttConnection next) {
        connection = next;
        if (!watchers.isEmpty()) {
            subscribe();
        }
    }

    /**
     * Something came on a topic and could not be taken. If it was said here, the broker is asked again for all that it retains.
     *
     * @param topic the topic, or {@link InboundMessage#ANY_TOPIC}
     */
    public void missed(String topic) {
        String filter = filters.get(0);
        String below = filter.substring(0, filter.length() - 1);
        if (!watchers.isEmpty() && (topic.startsWith(below) || topic.equals(InboundMessage.ANY_TOPIC))) {
            subscribe();
        }
    }

    /** Nobody is known to be there any more. */
    public void disconnected() {
        connection = null;
        subscribing.update(Disposables.disposed());
        clear();
    }

    private void clear() {
        boolean any = !present.isEmpty();
        present.clear();
        gone.clear();
        stopTelling();
        if (any || !newest.isEmpty()) {
            tell();
        }
    }

    /** Completes those who watch; who comes later sees nothing. */
    public void close() {
        closed = true;
        subscribing.update(Disposables.disposed());
        stopTelling();
        List<FluxSink<List<PresentClient>>> all = List.copyOf(watchers);
        watchers.clear();
        all.forEach(FluxSink::complete);
    }

    /**
     * Takes what the broker says of a client.
     *
     * @param said that it has come, or gone
     */
    public void heard(Inbound.Presence said) {
        String client = said.clientId();
        if (watchers.isEmpty() || client.equals(context.clientId())) {
            return; // It was said before the subscription ended.
        }
        Heard known = present.get(client);
        long last = known == null ? gone.getOrDefault(client, -1L) : known.at();
        if (said.at() < last) {
            context.diagnostics()
                    .report(DiagnosticCode.OUTDATED, client, "what is known of the client's presence is newer");
            return;
        }
        present.remove(client);
        boolean wasGone = gone.remove(client) != null;
        if (said.connected()) {
            come(client, new Heard(said.user(), said.at()));
            changed();
            return;
        }
        // A server keeps the last word on everybody who was ever there. What comes after that is newer.
        if (known != null || wasGone || !said.retained()) {
            gone.put(client, said.at());
            if (gone.size() > BOUND) { // So long gone that nothing older will come.
                forgetFirst(gone);
            }
        }
        if (known != null) {
            changed();
        }
    }

    private void come(String client, Heard heard) {
        present.put(client, heard);
        if (present.size() > BOUND) {
            String forgotten = forgetFirst(present);
            context.diagnostics()
                    .report(
                            DiagnosticCode.FORGOTTEN,
                            forgotten,
                            "more than %d clients are connected; the one that was heard of longest ago is not listed"
                                    .formatted(BOUND));
        }
    }

    private static String forgetFirst(Map<String, ?> map) {
        var each = map.keySet().iterator();
        String first = each.next();
        each.remove();
        return first;
    }

    /** Once for all that come together; and what is long costs too much to be made anew for each. */
    private void changed() {
        if (!willTell) {
            willTell = true;
            telling.update(context.after(newest.size() > SHORT ? REST : Duration.ZERO, this::tell));
        }
    }

    private void stopTelling() {
        willTell = false;
        telling.update(Disposables.disposed());
    }

    private void tell() {
        willTell = false;
        newest = present.entrySet().stream()
                .map(each -> new PresentClient(
                        each.getKey(),
                        each.getValue().user(),
                        Instant.ofEpochMilli(each.getValue().at())))
                .sorted(Comparator.comparing(PresentClient::clientId))
                .toList();
        List.copyOf(watchers).forEach(watcher -> watcher.next(newest));
    }
}
