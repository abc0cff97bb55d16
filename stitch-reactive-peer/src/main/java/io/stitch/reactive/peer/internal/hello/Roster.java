package io.stitch.reactive.peer.internal.hello;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.BiPredicate;
import java.util.function.Predicate;

/**
 * Who was heard, by names that anybody can make up. A bounded number is remembered: where there is no room for one more, the newcomer that was
 * unheard longest gives way, and only if there are no newcomers somebody who was heard over a minute or more. So whoever makes up a thousand
 * names pushes out those, and nobody who was there before. On the worker.
 *
 * @param <V> what is remembered of each
 */
public final class Roster<V> {
    /** After this time, who is still heard is no newcomer any more. */
    private static final long SETTLED_MILLIS = 60_000;

    private final int bound;
    /** The one unheard longest first, in both. */
    private final Map<String, Entry<V>> newcomers = new LinkedHashMap<>();

    private final Map<String, Entry<V>> settled = new LinkedHashMap<>();

    private record Entry<V>(long firstAt, V value) {}

    /**
     * Remembers nobody.
     *
     * @param bound how many names are remembered at most
     */
    public Roster(int bound) {
        this.bound = bound;
    }

    /**
     * Remembers those who are known from before: each was heard before all who were heard since.
     *
     * @param known what is remembered of each, unless something newer is; the one unheard longest first
     * @return who was forgotten, because there are more than are remembered
     */
    public List<String> restore(Map<String, V> known) {
        Map<String, Entry<V>> since = new LinkedHashMap<>(settled);
        settled.clear();
        known.forEach((name, value) -> {
            Entry<V> newer = newcomers.remove(name);
            if (newer != null) {
                since.put(name, newer);
            } else if (!since.containsKey(name)) {
                settled.put(name, new Entry<>(0, value));
            }
        });
        settled.putAll(since);
        List<String> forgotten = new ArrayList<>();
        while (size() > bound) {
            forgotten.add(forgetOne());
        }
        return forgotten;
    }

    /**
     * Somebody was heard.
     *
     * @param name who
     * @param now when, in milliseconds
     * @param value what is remembered
     * @return who was forgotten for it
     */
    public @Nullable String heard(String name, long now, V value) {
        Entry<V> known = settled.remove(name);
        if (known != null) {
            settled.put(name, new Entry<>(known.firstAt, value));
            return null;
        }
        Entry<V> newcomer = newcomers.remove(name);
        if (newcomer != null && Math.abs(now - newcomer.firstAt) >= SETTLED_MILLIS) {
            settled.put(name, new Entry<>(newcomer.firstAt, value));
            return null;
        }
        String forgotten = size() < bound ? null : forgetOne();
        newcomers.put(name, new Entry<>(newcomer == null ? now : newcomer.firstAt, value));
        return forgotten;
    }

    private String forgetOne() {
        Map<String, Entry<V>> from = newcomers.isEmpty() ? settled : newcomers;
        String first = from.keySet().iterator().next();
        from.remove(first);
        return first;
    }

    /**
     * Tells what is remembered.
     *
     * @param name of whom
     * @return what; {@code null} if nothing is
     */
    public @Nullable V get(String name) {
        Entry<V> entry = settled.get(name);
        Entry<V> either = entry == null ? newcomers.get(name) : entry;
        return either == null ? null : either.value;
    }

    /**
     * Tells whether somebody is remembered.
     *
     * @param name who
     * @return whether
     */
    public boolean knows(String name) {
        return settled.containsKey(name) || newcomers.containsKey(name);
    }

    /**
     * Forgets somebody.
     *
     * @param name who
     * @return whether they were remembered
     */
    public boolean remove(String name) {
        return settled.remove(name) != null || newcomers.remove(name) != null;
    }

    /**
     * Forgets all of a kind.
     *
     * @param kind the kind, by what is remembered
     * @return whether there was one
     */
    public boolean removeIf(Predicate<V> kind) {
        boolean any = settled.values().removeIf(entry -> kind.test(entry.value));
        return newcomers.values().removeIf(entry -> kind.test(entry.value)) || any;
    }

    /**
     * Looks for somebody.
     *
     * @param kind of a kind, by name and by what is remembered
     * @return whether there is one
     */
    public boolean any(BiPredicate<String, V> kind) {
        return any(settled, kind) || any(newcomers, kind);
    }

    private static <V> boolean any(Map<String, Entry<V>> of, BiPredicate<String, V> kind) {
        for (Map.Entry<String, Entry<V>> each : of.entrySet()) {
            if (kind.test(each.getKey(), each.getValue().value)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Shows all.
     *
     * @param each takes the names, and what is remembered
     */
    public void forEach(BiConsumer<String, V> each) {
        settled.forEach((name, entry) -> each.accept(name, entry.value));
        newcomers.forEach((name, entry) -> each.accept(name, entry.value));
    }

    /**
     * {@return all names, in no order}
     */
    public List<String> names() {
        List<String> names = new ArrayList<>(settled.keySet());
        names.addAll(newcomers.keySet());
        return names;
    }

    /**
     * {@return how many are remembered}
     */
    public int size() {
        return settled.size() + newcomers.size();
    }

    /** Forgets all. */
    public void clear() {
        settled.clear();
        newcomers.clear();
    }
}
