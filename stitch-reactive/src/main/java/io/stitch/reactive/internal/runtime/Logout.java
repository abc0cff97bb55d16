package io.stitch.reactive.internal.runtime;

import io.stitch.reactive.OnlyCopyException;
import io.stitch.reactive.RecordEvent;
import io.stitch.reactive.internal.local.LocalState;
import io.stitch.reactive.internal.mode.SyncSession;
import io.stitch.reactive.internal.records.RecordStore;
import io.stitch.reactive.internal.records.ScopeRecords;
import io.stitch.reactive.internal.wire.WireSchema;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;

/** How a user leaves a store: nothing of theirs stays but their writes, and whoever comes next waits until then. */
final class Logout {
    private final StoreEnding ending;
    private final StoreConnection connection;
    private final ScopeHandles handles;
    private final SyncSession session;
    private final LocalState local;
    private final Set<String> localOnly;
    private final AtomicReference<@Nullable Mono<Void>> underWay = new AtomicReference<>();

    Logout(
            StoreEnding ending,
            StoreConnection connection,
            ScopeHandles handles,
            SyncSession session,
            LocalState local,
            Set<String> localOnly) {
        this.ending = ending;
        this.connection = connection;
        this.handles = handles;
        this.session = session;
        this.local = local;
        this.localOnly = localOnly;
    }

    /**
     * Logs out. Cold; completes when nothing of the user is left, in memory or on disk.
     *
     * @param onlyCopyToo whether records may be forgotten that nobody else is known to hold
     */
    Mono<Void> now(boolean onlyCopyToo) {
        boolean asks = !onlyCopyToo && session.mayHoldTheOnlyCopy();
        // What a closed store kept is still there: clearLocalData() deletes it.
        return ending.whileOpen(Mono.defer(() -> {
            Mono<Void> out = ending.untilEnded(asks ? othersHoldAll().then(Mono.defer(this::out)) : out())
                    .cache();
            underWay.set(out);
            return out.doFinally(signal -> underWay.compareAndSet(out, null));
        }));
    }

    private Mono<Void> othersHoldAll() {
        return Mono.defer(session::heldHereOnly)
                .delaySubscription(local.open())
                // What cannot be read cannot be forgotten either, and that is said then.
                .onErrorComplete()
                .flatMap(scope -> Mono.error(new OnlyCopyException(scope)));
    }

    private Mono<Void> out() {
        connection.loggingOut();
        return leaving();
    }

    /** A login that was asked for: later, while somebody logs out, and not at all if somebody disconnects until then. */
    Mono<Void> thenLogin(Mono<Void> login) {
        return Mono.defer(() -> underWay.get() == null ? login : then(connection.unlessDisconnected(login)));
    }

    /** Whoever connects without waiting until somebody has logged out is not to be forgotten with them, and shows nothing to them. */
    Mono<Void> then(Mono<Void> connecting) {
        return Mono.defer(() -> {
            Mono<Void> out = underWay.get();
            return out == null ? connecting : out.onErrorComplete().then(connecting);
        });
    }

    private Mono<Void> leaving() {
        Mono<Mono<Void>> letGo = connection.letGo().cache();
        // Forgetting comes right after the connection is let go, and does not wait for the broker to hear of it.
        Mono<Void> forgetting = handles.closeAll().then(letGo).then(ending.whileOpen(forgotten()));
        return Mono.whenDelayError(
                letGo.flatMap(ended -> ended),
                // What is on disk was the user's too, whether the store has started or not.
                local.open()
                        .onErrorResume(unread -> forgetting.then(Mono.error(unread)))
                        .then(forgetting));
    }

    /** Completes when nothing of the user is left, in memory or on disk, but the writes, which stay theirs. */
    private Mono<Void> forgotten() {
        return Mono.<Void>fromRunnable(this::forget)
                .subscribeOn(local.writes().inOrder())
                .then(local.journal().settled());
    }

    private void forget() {
        // The pending writes of the user are put away with this, and kept.
        connection.forgetUser();
        session.forget();
        RecordStore records = local.records();
        for (String entity : localOnly) {
            ScopeRecords scope = records.open(WireSchema.topLevelKey(entity));
            scope.all().forEach(record -> records.remove(record.key(), RecordEvent.Origin.LOCAL));
        }
        local.forgetRecords();
    }
}
