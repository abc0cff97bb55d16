package io.stitch.reactive.test;

import io.stitch.reactive.ConnectionStatus;
import io.stitch.reactive.Diagnostic;
import io.stitch.reactive.StitchStore;
import reactor.core.publisher.Mono;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/** A store of a test, with what it reported last. */
final class WatchedStore {
    private static final int MOST_DIAGNOSTICS = 20;
    private final String user;
    private final StitchStore store;
    private final Queue<Diagnostic> diagnostics = new ConcurrentLinkedQueue<>();
    private final AtomicInteger kept = new AtomicInteger();

    WatchedStore(String user, StitchStore store) {
        this.user = user;
        this.store = store;
        store.diagnostics().subscribe(this::keep);
    }

    private void keep(Diagnostic diagnostic) {
        diagnostics.add(diagnostic);
        if (kept.incrementAndGet() > MOST_DIAGNOSTICS) {
            diagnostics.poll();
        }
    }

    /** For the test's thread: it waits for the store's worker, but not long. */
    String report() {
        String head = "The store of %s (%s): %s, %d pending"
                .formatted(user, store.clientId(), text(store.connectionStatus()), store.pendingWrites());
        return head
                + indented(store.openScopes().stream().map(ScopeText::of).collect(Collectors.joining("%n".formatted())))
                + indented(diagnostics.stream()
                        .map(each -> "%s %s: %s".formatted(each.code(), each.subject(), each.detail()))
                        .collect(Collectors.joining("%n".formatted())));
    }

    private static String text(ConnectionStatus status) {
        return status.error() == null
                ? status.status().toString()
                : status.status() + " (" + status.error().getMessage() + ')';
    }

    private static String indented(String lines) {
        return lines.isEmpty() ? "" : "%n".formatted() + lines.indent(2).stripTrailing();
    }

    Mono<Void> close() {
        return store.close();
    }
}
