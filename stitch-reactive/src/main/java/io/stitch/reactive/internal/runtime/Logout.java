package io.stitch.reactive.internal.runtime;

import io.stitch.reactive.ClosedException;
import io.stitch.reactive.ModeMismatchException;
import io.stitch.reactive.OnlyCopyException;
import io.stitch.reactive.PersistenceException;
import io.stitch.reactive.RecordEvent;
import io.stitch.reactive.internal.OnlyCopy;
import io.stitch.reactive.internal.local.LocalState;
import io.stitch.reactive.internal.mode.SyncSession;
import io.stitch.reactive.internal.records.RecordStore;
import io.stitch.reactive.internal.records.ScopeRecords;
import io.stitch.reactive.internal.wire.WireSchema;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;

/**
 * How a user leaves a store: nothing of theirs stays but their writes, and whoever comes next waits until then; or the store ends, and nothing stays.
 * Neither takes the only copy of something, unless somebody says that it may go.
 */
final class Logout {
    private static final String CLEAR_ALL_THE_SAME = "clearLocalData(true)";

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

    /** What cannot be read now might be all the same when it is forgotten, so nothing is. */
    private Mono<Void> othersHoldAll() {
        return local.open()
                .then(Mono.defer(() -> session.onlyCopy(false)))
                .flatMap(copy ->
                        Mono.error(new OnlyCopyException(copy.scopeId(), copy.changes(), "resetForLogout(true)")));
    }

    /**
     * Ends the store and deletes what it kept, the writes included. Cold.
     *
     * @param onlyCopyToo whether that may be deleted which nobody else is known to hold
     */
    Mono<Void> clear(boolean onlyCopyToo) {
        if (onlyCopyToo || !session.mayHoldTheOnlyCopy()) {
            return ending.clear();
        }
        return Mono.defer(() -> {
            if (ending.isClearing()) { // It was asked before, and what is left is deleted.
                return ending.clear();
            }
            return ending.isClosing()
                    ? Mono.error(closedBefore())
                    : ending.untilEnded(othersHoldAllAndNothingWaits())
                            // Somebody else was faster, and may delete it.
                            .onErrorResume(
                                    ClosedException.class, end -> ending.isClearing() ? Mono.empty() : Mono.error(end))
                            .then(ending.clear());
        });
    }

    private static ClosedException closedBefore() {
        return new ClosedException(
                "The store is closed, so it cannot tell whether others hold what it kept, and nothing was deleted. Ask a new store, or call %s if it may go."
                        .formatted(CLEAR_ALL_THE_SAME));
    }

    private Mono<Void> othersHoldAllAndNothingWaits() {
        return local.open()
                .then(Mono.defer(() -> session.onlyCopy(true)))
                // What was made in another mode is none of this store's, and this is the way out.
                .onErrorResume(ModeMismatchException.class, otherMode -> Mono.<OnlyCopy>empty())
                .onErrorMap(PersistenceException.class, Logout::unread)
                .flatMap(copy -> Mono.error(new OnlyCopyException(copy.scopeId(), copy.changes(), CLEAR_ALL_THE_SAME)));
    }

    private static PersistenceException unread(PersistenceException failure) {
        return new PersistenceException(
                failure.reason(),
                "Nothing was deleted, because what is kept cannot be read, so nobody knows whether others hold it: %s If it may go, call %s."
                        .formatted(failure.getMessage(), CLEAR_ALL_THE_SAME),
                failure);
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
