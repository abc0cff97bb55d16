package io.stitch.server;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The digests of scopes. One is made when somebody asks for it, and from then on changed with the records: to compute it anew after
 * each write would cost as much as the scope is large, for each of the many clients that come back together. Worker only.
 */
final class ScopeDigests {
    private static final int MAX_ITEMS = 1_000_000;
    private final StitchServerOptions options;
    private final RecordTable table;
    private final Access access;
    private final Map<String, Digest> kept = new LinkedHashMap<>(16, 0.75f, true);
    private long items;

    ScopeDigests(StitchServerOptions options, RecordTable table, Access access) {
        this.options = options;
        this.table = table;
        this.access = access;
    }

    /** The digest of what a caller who may open a scope sees in it; only to be read. */
    Digest of(String scopeId, Caller caller) {
        if (!isSameForAll(scopeId)) {
            return make(scopeId, caller);
        }
        Digest known = kept.get(scopeId);
        if (known != null) {
            return known;
        }
        Digest made = make(scopeId, caller);
        kept.put(scopeId, made);
        items += made.size();
        forgetWhatIsTooMuch();
        return made;
    }

    /** Where only roots have owners, who may open a scope sees all of it. */
    private boolean isSameForAll(String scopeId) {
        return options.owners().isEmpty()
                || (options.owners().keySet().stream().allMatch(options.root()::equals)
                        && table.get(new Key(options.root(), scopeId)) != null);
    }

    private Digest make(String scopeId, Caller caller) {
        Digest digest = new Digest();
        access.visible(scopeId, caller).forEach(key -> put(digest, key, table.get(key)));
        return digest;
    }

    private static void put(Digest digest, Key key, @Nullable ObjectNode data) {
        digest.put(key, Long.toString(RecordTable.version(data)));
    }

    private void forgetWhatIsTooMuch() {
        Iterator<Digest> oldest = kept.values().iterator();
        while (items > MAX_ITEMS && kept.size() > 1) {
            items -= oldest.next().size();
            oldest.remove();
        }
    }

    /** Keeps the digests in step with a change. */
    void changed(Key key, @Nullable ObjectNode before, @Nullable ObjectNode after) {
        String from = before == null ? null : table.scopeOf(key.entity(), before);
        String to = after == null ? null : table.scopeOf(key.entity(), after);
        if (from != null && !from.equals(to)) {
            change(from, digest -> digest.remove(key));
        }
        if (to != null) {
            change(to, digest -> put(digest, key, after));
        }
    }

    private void change(String scopeId, Consumer<Digest> change) {
        Digest digest = kept.get(scopeId);
        if (digest != null) {
            int before = digest.size();
            change.accept(digest);
            items += digest.size() - before;
        }
    }
}
