package io.stitch.reactive.peer;

import org.reactivestreams.Publisher;
import reactor.core.publisher.Sinks;

import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Keys of scopes to be put in and taken out while stores run. A scope that nothing was said of is one whose key is missing. Safe on any
 * thread; may serve several stores.
 */
public final class ScopeKeyTable implements ScopeKeys {
    private static final Choice MISSING = new Missing();
    private final Map<String, Choice> choices = new ConcurrentHashMap<>();
    private final Sinks.Many<Boolean> changes = Sinks.many().multicast().directBestEffort();

    /** Makes an empty table. */
    public ScopeKeyTable() {}

    /**
     * Says with which key a scope is written, and with which it is read beside that.
     *
     * @param scopeId the scope
     * @param writes the key that writes, and reads
     * @param reads keys that read only
     * @return this table
     */
    public ScopeKeyTable put(String scopeId, ScopeKey writes, ScopeKey... reads) {
        return put(scopeId, new Encrypted(writes, List.of(reads)));
    }

    /**
     * Says that a scope is not encrypted.
     *
     * @param scopeId the scope
     * @return this table
     */
    public ScopeKeyTable plain(String scopeId) {
        return put(scopeId, new Plain());
    }

    /**
     * Takes away what was said of a scope, so that its key is missing.
     *
     * @param scopeId the scope
     * @return this table
     */
    public ScopeKeyTable remove(String scopeId) {
        choices.remove(scopeId);
        changed();
        return this;
    }

    private ScopeKeyTable put(String scopeId, Choice choice) {
        choices.put(scopeId, choice);
        changed();
        return this;
    }

    private void changed() {
        synchronized (changes) { // A sink takes one signal at a time.
            changes.tryEmitNext(true);
        }
    }

    @Override
    public Choice of(String scopeId) {
        return choices.getOrDefault(scopeId, MISSING);
    }

    @Override
    public Publisher<?> changes() {
        return changes.asFlux();
    }

    /**
     * {@return which scopes there are, without any key}
     */
    @Override
    public String toString() {
        return "ScopeKeyTable" + new TreeSet<>(choices.keySet());
    }
}
