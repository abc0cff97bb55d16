package io.stitch.reactive.internal.mode;

import io.stitch.reactive.internal.digest.DigestTree;
import io.stitch.reactive.internal.records.RecordStore;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;

import java.util.HashSet;
import java.util.Set;
import java.util.function.Function;

/**
 * The fingerprints of an open scope, which follow its records as the other side confirmed them. They are made when somebody asks first, so
 * that nothing that a scope shows waits for them; from then on each change of a record costs the hash of its key. On the worker.
 */
public final class ScopeDigest {
    /** So many are taken over at once: a record that changes again and again is hashed once. */
    private static final int MOST_TOUCHED = 1_024;

    private final RecordStore store;
    private final String scope;
    private final DigestTree tree;
    private final Set<RecordKey> touched = new HashSet<>();
    private boolean made;

    /**
     * Begins to follow an open scope.
     *
     * @param store where its records are
     * @param scope its key
     * @param version the version of a record, as the protocol writes it
     */
    public ScopeDigest(RecordStore store, String scope, Function<StoredRecord, String> version) {
        this.store = store;
        this.scope = scope;
        this.tree = new DigestTree(version);
        store.confirmed().watch(scope, this::touched);
    }

    /**
     * {@return the fingerprints as of now} Not to be kept until the next change.
     */
    public DigestTree tree() {
        if (made) {
            catchUp();
        } else {
            store.serverRecords(scope).forEach(tree::put);
            made = true;
        }
        return tree;
    }

    /** Follows no more, and lets go of the fingerprints. */
    public void close() {
        store.confirmed().unwatch(scope);
        touched.clear();
        tree.clear();
        made = false;
    }

    private void touched(RecordKey key) {
        if (made) {
            touched.add(key);
            if (touched.size() >= MOST_TOUCHED) {
                catchUp();
            }
        }
    }

    private void catchUp() {
        for (RecordKey key : touched) {
            StoredRecord now = store.confirmed().in(key, scope);
            if (now == null) {
                tree.remove(key);
            } else {
                tree.put(now);
            }
        }
        touched.clear();
    }
}
