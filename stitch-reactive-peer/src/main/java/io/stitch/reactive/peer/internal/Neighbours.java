package io.stitch.reactive.peer.internal;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.internal.wire.WireSchema;
import io.stitch.reactive.peer.AnnouncedRoot;
import io.stitch.reactive.peer.PresentPeer;
import io.stitch.reactive.peer.internal.wire.PeerTopics;
import io.stitch.reactive.spi.MqttConnection;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Who else is there, and which scopes they announce. What is watched is subscribed to at the broker from then on, across connections. On
 * the worker; the publishers may be subscribed anywhere.
 */
final class Neighbours {
    private static final int MAX_SCOPES = 10_000;
    private static final byte[] NOTHING = "{}".getBytes(StandardCharsets.UTF_8);

    private final SyncContext context;
    private final PeerTopics topics;
    private final Outbox outbox;
    private final Duration patience;
    private final Map<String, Presence<PresentPeer>> peers = new HashMap<>();
    private final Presence<String> scopes;
    /** The same scopes, with what they are called. */
    private final Presence<AnnouncedRoot> roots;

    private final Map<String, String> names = new HashMap<>();
    private boolean discovering;
    private boolean watchingPeers;
    private boolean closed;

    Neighbours(SyncContext context, PeerTopics topics, Outbox outbox, Duration patience) {
        this.context = context;
        this.topics = topics;
        this.outbox = outbox;
        this.patience = patience;
        this.scopes = new Presence<>(context, patience, MAX_SCOPES, (name, heard) -> name);
        this.roots = new Presence<>(context, patience, MAX_SCOPES, (id, heard) -> new AnnouncedRoot(id, names.get(id)));
    }

    /** Subscribes, on a new connection, to what is watched. */
    Mono<Void> subscribe() {
        return Mono.when(
                discovering ? subscribe(topics.hellosFilter()) : Mono.empty(),
                watchingPeers ? subscribe(topics.goneFilter()) : Mono.empty());
    }

    /** Subscribes to the questions of others, which scopes there are. */
    Mono<Void> hearWhoAsks() {
        return subscribe(topics.whoFilter());
    }

    /** Asks, if that is watched, which scopes there are, rather than wait for what those who hold them say next. Cold. */
    Mono<Void> ask() {
        return Mono.defer(() -> discovering && outbox.connection() != null ? asking() : Mono.empty());
    }

    private Mono<Void> asking() {
        String topic = topics.who(context.clientId());
        return outbox.publish(null, topic, NOTHING)
                .publishOn(context.serial())
                .doOnError(error -> context.diagnostics()
                        .report(
                                DiagnosticCode.COMPARE_FAILED,
                                topic,
                                "nobody was asked which scopes there are, so they are listed as their peers next say hello: "
                                        + error.getMessage()))
                .onErrorComplete();
    }

    private Mono<Void> subscribe(String filter) {
        MqttConnection current = outbox.connection();
        return current == null
                ? Mono.empty()
                : current.subscribe(List.of(filter))
                        .publishOn(context.serial())
                        .doOnError(error -> context.diagnostics()
                                .report(
                                        DiagnosticCode.COMPARE_FAILED,
                                        filter,
                                        "it could not be subscribed to: " + error.getMessage()))
                        .onErrorComplete();
    }

    Flux<List<PresentPeer>> presence(String scopeId) {
        return Flux.defer(() -> {
                    if (!watchingPeers) {
                        watchingPeers = true;
                        subscribe(topics.goneFilter()).subscribe();
                    }
                    return peersOf(scopeId).lists();
                })
                .subscribeOn(context.serial());
    }

    Flux<List<String>> scopes() {
        return discovered(scopes);
    }

    Flux<List<AnnouncedRoot>> roots() {
        return discovered(roots);
    }

    private <T> Flux<List<T>> discovered(Presence<T> list) {
        return Flux.defer(() -> {
                    if (!discovering) {
                        discovering = true;
                        subscribe(topics.hellosFilter()).then(ask()).subscribe();
                    }
                    return list.lists();
                })
                .subscribeOn(context.serial());
    }

    boolean discovering() {
        return discovering;
    }

    private Presence<PresentPeer> peersOf(String scopeId) {
        return peers.computeIfAbsent(scopeId, id -> {
            Presence<PresentPeer> made = new Presence<>(context, patience, KnownPeers.BOUND, PresentPeer::new);
            if (closed) {
                made.complete();
            }
            return made;
        });
    }

    void heard(String scopeId, String peer) {
        if (!peer.isEmpty() && !peer.equals(context.clientId())) {
            peersOf(scopeId).heard(peer);
        }
    }

    boolean isThere(String scopeId, String peer) {
        Presence<PresentPeer> those = peers.get(scopeId);
        return those != null && those.has(peer);
    }

    boolean isAnyoneIn(String scopeId) {
        Presence<PresentPeer> those = peers.get(scopeId);
        return those != null && those.hasAny();
    }

    /** A scope was announced; a peer that does not say what it is called does not take the name away. */
    void announced(String scopeId, String rootName) {
        if (WireSchema.isTopLevel(scopeId)) {
            return; // It is everybody's, and nothing to be found or opened.
        }
        scopes.heard(scopeId);
        boolean renamed = !rootName.isEmpty() && !rootName.equals(names.put(scopeId, rootName));
        if (roots.has(scopeId) && renamed) {
            roots.heard(scopeId);
            roots.changed();
        } else {
            roots.heard(scopeId);
        }
        if (names.size() > MAX_SCOPES) {
            names.keySet().removeIf(id -> !roots.has(id));
        }
    }

    void gone(String peer) {
        peers.values().forEach(each -> each.gone(peer));
    }

    /** A scope was closed: nothing is heard of it any more. */
    void left(String scopeId) {
        Presence<PresentPeer> those = peers.get(scopeId);
        if (those != null) {
            those.clear();
            if (!those.isWatched()) {
                peers.remove(scopeId);
            }
        }
    }

    void clear() {
        peers.values().forEach(Presence::clear);
        scopes.clear();
        names.clear();
        roots.clear();
    }

    void close() {
        closed = true;
        peers.values().forEach(Presence::complete);
        scopes.complete();
        roots.complete();
    }
}
