package io.stitch.reactive.internal.records;

import io.stitch.reactive.RecordEvent.Origin;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoreObserver;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * The records of every open scope, in memory: as the server holds them ({@link ServerRecords}), and on top of that what this client wrote and
 * the server has not settled yet ({@link PendingRecords}). Subscribers and readers see the one with the other applied.
 *
 * <p>All changes are made on the store's one serial worker. Reads need no lock and may come from any thread; they see
 * each record whole, and a scope as it is between two changes or in the middle of several.
 *
 * <p>Only open scopes have records here: opening one makes its {@link ScopeRecords}, dropping it frees them.
 */
public final class RecordStore {
    private final ScopeKeys scopeKeys;
    private final RecordLog log;
    private final ShownRecords shown;
    private final Overlays overlays = new Overlays();
    private final List<DiskReading> readings = new ArrayList<>(0);
    private final ServerRecords confirmed;
    private final PendingRecords pending;

    /**
     * Makes an empty store.
     *
     * @param scopeKeys tells where records belong
     * @param log keeps what the server confirmed
     * @param index finds records by the values of their fields
     * @param observer is told of each change
     */
    public RecordStore(ScopeKeys scopeKeys, RecordLog log, FieldIndex index, StoreObserver observer) {
        this.scopeKeys = scopeKeys;
        this.log = log;
        this.shown = new ShownRecords(scopeKeys.schema().root(), index, observer, overlays::isPending);
        this.confirmed = new ServerRecords(shown, overlays);
        this.pending = new PendingRecords(shown, overlays, confirmed);
    }

    /**
     * {@return the roots with pending writes, whether their scopes are open or not}
     */
    public PendingRoots pendingRoots() {
        return shown.pendingRoots();
    }

    /**
     * Opens a scope. On the worker.
     *
     * @param scope its key
     * @return its records, the same ones while it stays open
     */
    public ScopeRecords open(String scope) {
        ScopeRecords open = shown.scope(scope);
        if (open != null) {
            return open;
        }
        ScopeRecords opened = shown.open(scope);
        pending.show(scope);
        shown.settleWatched();
        return opened;
    }

    /**
     * Sets which scopes show nothing, be they open or not: neither to subscribers nor to readers. To be called before anything is shown.
     *
     * @param scopes tells whether one does; safe on any thread
     */
    public void conceals(Predicate<String> scopes) {
        shown.conceals(scopes);
    }

    /**
     * {@return whether there may be scopes that show nothing}
     */
    public boolean conceals() {
        return shown.conceals();
    }

    /**
     * Sets which records do not count: they are as if they were not there, in memory and for whoever reads, and stay where they are kept.
     *
     * @param records tells whether one does not; safe on any thread
     */
    public void disregards(Predicate<StoredRecord> records) {
        shown.disregards(records);
    }

    /**
     * Tells whether a record is not shown, because of its scope or because it does not count. Any thread.
     *
     * @param record the record
     * @return whether it is not
     */
    public boolean isHidden(StoredRecord record) {
        return shown.isHidden(record);
    }

    /**
     * Looks again which records of an open scope count: those that do so no more leave memory, and of what is pending is shown what counts now.
     * On the worker.
     *
     * @param scope its key
     */
    public void judge(String scope) {
        ScopeRecords open = shown.scope(scope);
        List<StoredRecord> visible = open == null ? List.of() : open.all();
        for (StoredRecord record : visible) {
            if (overlays.get(record.key()) == null && shown.isHidden(record)) {
                confirmed.touched(record.key());
                shown.show(record.key(), null, Origin.REMOTE);
            }
        }
        pending.judge(scope);
    }

    /**
     * Tells whether a scope shows nothing now. Any thread.
     *
     * @param scope its key
     * @return whether it does
     */
    public boolean isConcealed(String scope) {
        return shown.isConcealed(scope);
    }

    /**
     * Shows nothing of an open scope any more: its records leave memory, and stay where they are kept. Pending writes stay. On the worker.
     *
     * @param scope its key
     */
    public void conceal(String scope) {
        shown.conceal(scope);
        flushLists();
    }

    /**
     * Shows what is pending in an open scope that showed nothing; what is kept of it is to be read. On the worker.
     *
     * @param scope its key
     */
    public void reveal(String scope) {
        pending.show(scope);
        shown.settleWatched();
    }

    /**
     * Begins to collect what changes of an entity's records in all open scopes, for a reader who begins with those that are there now. On the
     * worker.
     *
     * @param entity the entity
     * @return what changes, to be given to {@link #unwatch} in the end
     */
    public Touched watchOpen(String entity) {
        return shown.watchOpen(entity);
    }

    /**
     * Begins to collect what changes of an entity's records whether their scopes are open or not, for a reader who gets what is kept from
     * elsewhere. On the worker.
     *
     * @param entity the entity
     * @return what changes, to be given to {@link #unwatch} in the end
     */
    public Touched watchKept(String entity) {
        return shown.watchKept(entity);
    }

    /**
     * Ends what one of the two began. Any thread.
     *
     * @param watcher what collected
     */
    public void unwatch(Touched watcher) {
        shown.unwatch(watcher);
    }

    /**
     * Forgets a scope and its records; its subscribers are completed. Pending writes stay. On the worker.
     *
     * @param scope its key
     */
    public void drop(String scope) {
        shown.drop(scope);
    }

    /**
     * Finds an open scope. Any thread.
     *
     * @param scope its key
     * @return its records, or {@code null} if it is not open
     */
    public @Nullable ScopeRecords scope(String scope) {
        return shown.scope(scope);
    }

    /**
     * Finds a record in any open scope, as subscribers see it. Any thread.
     *
     * @param key its identity
     * @return the record, or {@code null}
     */
    public @Nullable StoredRecord get(RecordKey key) {
        return shown.get(key);
    }

    /**
     * Tells whether any open scope has a record, as its subscribers see it. Any thread.
     *
     * @param entity its entity
     * @param id its id
     * @return whether one has
     */
    public boolean isInAnyScope(String entity, String id) {
        return shown.isInAnyScope(entity, id);
    }

    /**
     * Finds a record as the server last confirmed it, without what is pending. On the worker.
     *
     * @param key its identity
     * @return the record, or {@code null}
     */
    public @Nullable StoredRecord server(RecordKey key) {
        return confirmed.get(key);
    }

    /**
     * The records of a scope as the server last confirmed them: one with a pending delete is among them, and so is, at version
     * 0, one that the server has never acknowledged. On the worker.
     *
     * @param scope its key
     * @return a copy
     */
    public List<StoredRecord> serverRecords(String scope) {
        return confirmed.of(scope);
    }

    /**
     * {@return the records as the server last confirmed them} On the worker.
     */
    public ServerRecords confirmed() {
        return confirmed;
    }

    /**
     * {@return the records with writes that the server has not settled}
     */
    public PendingRecords pending() {
        return pending;
    }

    /**
     * Finds a record as subscribers see it, whether its scope is open or not if it has pending writes. On the worker.
     *
     * @param key its identity
     * @return the record, or {@code null}
     */
    public @Nullable StoredRecord shown(RecordKey key) {
        StoredRecord visible = shown.get(key);
        Overlay record = visible == null ? overlays.get(key) : null;
        StoredRecord state = record == null ? visible : record.shown();
        return state == null || isHidden(state) ? null : state;
    }

    /**
     * Takes what the server holds now, whatever was there. If a record of this key was held in another scope it moves, and both scopes'
     * subscribers see that; if its new scope is not open it only leaves the old one. Local writes stay on top. On the worker.
     *
     * @param record the record
     * @param origin who did it
     */
    public void put(StoredRecord record, Origin origin) {
        log.put(record);
        readings.forEach(reading -> reading.changed(record.key()));
        server(record.key(), record, origin);
    }

    private void server(RecordKey key, @Nullable StoredRecord state, Origin origin) {
        confirmed.touched(key);
        Overlay local = overlays.get(key);
        if (local == null) {
            shown.show(key, state, origin);
        } else {
            local.server(state);
            pending.refresh(local, origin);
        }
        confirmed.touched(key);
    }

    /**
     * Puts a record that was kept on disk. On the worker.
     *
     * @param record the record
     */
    public void restore(StoredRecord record) {
        Overlay local = overlays.get(record.key());
        boolean isNews = local == null ? shown.get(record.key()) == null : !local.isAcknowledged();
        if (isNews) { // What came meanwhile is newer.
            server(record.key(), record, Origin.STORED);
        }
    }

    /**
     * Begins to read records from disk: what changes until it is over is newer, and what is gone stays gone. On the worker.
     *
     * @return takes what is read
     */
    public DiskReading read() {
        DiskReading reading = new DiskReading(this);
        readings.add(reading);
        return reading;
    }

    void over(DiskReading reading) {
        readings.remove(reading);
    }

    /**
     * Takes that the server holds a record no more. It stays visible while local writes of it are pending. On the worker.
     *
     * @param key the record
     * @param origin who did it
     */
    public void remove(RecordKey key, Origin origin) {
        log.remove(key);
        readings.forEach(reading -> reading.changed(key));
        server(key, null, origin);
    }

    /**
     * Forgets what the server holds of records with pending writes, and what is being read from disk: of all others nothing is left.
     * On the worker.
     */
    public void forgetServerStates() {
        readings.forEach(DiskReading::forgetAll);
        pending.forgetServerStates();
        shown.keptForgotten();
    }

    /** Tells the subscribers of lists that a batch of changes is over, and hands the changes on to be kept. On the worker. */
    public void flush() {
        flushLists();
        log.commit();
    }

    /** Tells the subscribers of lists that a batch of changes is over. */
    public void flushLists() {
        shown.flush();
    }

    /**
     * Makes several changes that subscribers see as one per record. On the worker.
     *
     * @param changes makes the changes
     */
    public void batch(Runnable changes) {
        shown.batch(changes);
    }

    /**
     * Has the events of what changes while something runs carry the mark of a write. On the worker.
     *
     * @param tag the mark, or {@code null} for none
     * @param changes makes the changes
     */
    public void tagged(@Nullable String tag, Runnable changes) {
        shown.tagged(tag, changes);
    }

    /** {@return tells where records belong} */
    public ScopeKeys scopeKeys() {
        return scopeKeys;
    }

    /** Drops every scope. On the worker. */
    public void close() {
        shown.close();
    }
}
