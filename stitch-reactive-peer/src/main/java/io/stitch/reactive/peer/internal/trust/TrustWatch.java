package io.stitch.reactive.peer.internal.trust;

import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.peer.internal.wire.Hlc;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;

import java.util.HashSet;
import java.util.Set;
import java.util.function.Function;

/**
 * Says which writes count, as far as is known here, hears when that may be otherwise than before, and tells trust by membership which grants are
 * held. On the worker.
 */
public final class TrustWatch {
    private final SyncContext context;
    private final Authors authors;
    private final @Nullable MembershipTrust membership;
    /** The scopes of which a record was disregarded when it was read. */
    private final Set<String> disregarded = new HashSet<>();

    private int turns;
    private Disposable changes = Disposables.disposed();

    /**
     * Begins to hear nothing.
     *
     * @param context the store
     * @param authors says whose writes count
     */
    public TrustWatch(SyncContext context, Authors authors) {
        this.context = context;
        this.authors = authors;
        this.membership = authors.trust() instanceof MembershipTrust grants ? grants : null;
    }

    /**
     * Has records that do not count be as if they were not there, and begins to hear of changes, if peers sign.
     *
     * @param stampOf the stamp of a record
     * @param changed somebody is trusted who was not, or no more
     */
    public void begin(Function<StoredRecord, Hlc> stampOf, Runnable changed) {
        if (authors.isOn()) {
            context.records().disregards(record -> isDisregarded(record, stampOf.apply(record)));
            changes = ApplicationSignals.hear(context, authors.trust().changes(), "Trust.changes", "trust", () -> {
                turns++;
                changed.run();
            });
        }
    }

    private boolean isDisregarded(StoredRecord record, Hlc stamp) {
        boolean disregards = !counts(record.key(), stamp) && !isLowered(record);
        if (disregards) {
            disregarded.add(record.scope());
        }
        return disregards;
    }

    /** {@return how often trust has changed} */
    public int turns() {
        return turns;
    }

    /**
     * A scope's records were read, while trust may have changed: what did not count then may count now. To be asked once for each reading.
     *
     * @param scope the scope
     * @param since {@link #turns} when the reading began
     * @return whether they are to be judged again
     */
    public boolean mayCountNow(String scope, int since) {
        boolean wasDisregarded = disregarded.remove(scope);
        return turns > 0 && (wasDisregarded || turns != since);
    }

    /** Whether a record is about to be stamped again, by this store. */
    private static boolean isLowered(StoredRecord record) {
        return record.version() == 0;
    }

    /**
     * Tells whether a write counts.
     *
     * @param key the record
     * @param stamp its stamp
     * @return whether it does, as far as is known here
     */
    public boolean counts(RecordKey key, Hlc stamp) {
        return authors.counts(context.diagnostics(), key, stamp);
    }

    /**
     * Which records of a scope count was found out.
     *
     * @param scope the scope
     */
    public void judged(String scope) {
        MembershipTrust grants = membership;
        if (grants != null && grants.scope().equals(scope)) {
            grants.holdAll(context.records().serverRecords(scope).stream()
                    .filter(record -> record.entity().equals(grants.entity()))
                    .map(record -> new MembershipTrust.Grant(record.id(), Json.readObject(record.json()))));
        }
    }

    /**
     * A record was changed.
     *
     * @param key the record
     * @param record the record as it is now, or {@code null}
     */
    public void changed(RecordKey key, @Nullable StoredRecord record) {
        MembershipTrust grants = membership;
        if (grants != null && grants.isGrant(key.home(), key.entity())) {
            grants.hold(key.id(), record == null ? null : Json.readObject(record.json()));
        }
    }

    /** Hears nothing more. */
    public void close() {
        changes.dispose();
    }
}
