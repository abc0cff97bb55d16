package io.stitch.reactive.peer.internal.safety;

import io.stitch.reactive.internal.OnlyCopy;
import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.spi.ListRequest;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What of a store nobody else is known to hold, in open scopes and closed ones: it is forgotten only if somebody says so, and where nothing is kept
 * it is said when it goes. On the worker.
 */
public final class OnlyCopies {
    /** Of so many closed scopes it is remembered that nobody heard of something in them; then, what was closed first counts as heard of. */
    static final int MOST_NOTED = 10_000;

    private static final Here NOTHING = new Here(false, 0, 0);

    private final SyncContext context;
    private final List<String> entities;
    private final Supplier<Collection<String>> scopes;
    private final Function<String, @Nullable Here> open;
    private final Map<String, Integer> closed = new LinkedHashMap<>();
    private boolean ended;

    /**
     * What of an open scope nobody else is known to hold.
     *
     * @param alone whether nobody else was ever heard in it
     * @param records how many records it has
     * @param onlyHere how many of its records and deletes nobody else is known to hold, besides those that wait to be sent
     */
    public record Here(boolean alone, int records, int onlyHere) {
        private int changes(Unsent unsent, String scope) {
            // Nobody misses the delete of what nobody has.
            return alone
                    ? Math.max(records, unsent.ofRecords().getOrDefault(scope, 0))
                    : onlyHere + unsent.all().getOrDefault(scope, 0);
        }

        private int ending(Unsent unsent, String scope) {
            return onlyHere + (alone ? unsent.ofRecords() : unsent.all()).getOrDefault(scope, 0);
        }
    }

    /** How many writes of each scope would be lost, and how many of them are not of records that are deleted in the end. */
    private record Unsent(Map<String, Integer> all, Map<String, Integer> ofRecords) {}

    /**
     * Begins with no scope.
     *
     * @param context the store
     * @param entities what is shared with others
     * @param scopes the scopes that are open
     * @param open tells of one of them; {@code null} if it is not open, or being read
     */
    public OnlyCopies(
            SyncContext context,
            List<String> entities,
            Supplier<Collection<String>> scopes,
            Function<String, @Nullable Here> open) {
        this.context = context;
        this.entities = entities;
        this.scopes = scopes;
        this.open = open;
    }

    // ---- scopes come and go ----

    /**
     * A scope is opened.
     *
     * @param scope the scope
     * @return how much of it nobody had heard of when it was closed
     */
    public int opened(String scope) {
        Integer noted = closed.remove(scope);
        return noted == null ? 0 : noted;
    }

    /**
     * A scope is about to be closed, and its records to be freed.
     *
     * @param scope the scope
     */
    public void closing(String scope) {
        Here here = open.apply(scope);
        if (here == null || here.onlyHere() == 0 || ended) {
            return;
        }
        if (!keepsRecords()) {
            new OnlyCopy(scope, here.onlyHere()).isFreed(context.diagnostics());
            return;
        }
        closed.put(scope, here.onlyHere());
        if (closed.size() > MOST_NOTED) {
            closed.remove(closed.keySet().iterator().next());
        }
    }

    /** Everything was forgotten. */
    public void forget() {
        closed.clear();
    }

    /** The store ends. */
    public void end() {
        if (!keepsRecords()) {
            List<OnlyCopy> copies = new ArrayList<>();
            Unsent unsent = unsent(true);
            Set<String> all = new LinkedHashSet<>(scopes.get());
            all.addAll(unsent.all().keySet());
            for (String scope : all) {
                Here here = open.apply(scope);
                int changes = (here == null ? NOTHING : here).ending(unsent, scope);
                if (changes > 0) {
                    copies.add(new OnlyCopy(scope, changes));
                }
            }
            OnlyCopy.endsWith(context.diagnostics(), context.clientId(), copies);
        }
        ended = true;
    }

    private boolean keepsRecords() {
        return context.persistence().keepsRecords();
    }

    // ---- what would be lost ----

    /**
     * Looks for a scope with something that nobody else is known to hold. Cold. The open scopes are looked at last, so that nothing happens in them
     * between that and what whoever asks does at once.
     *
     * @param unsentToo whether writes that were not sent would be lost, too
     * @return one, on the worker; empty on the worker if there is none; an error if what is kept cannot be read
     */
    public Mono<OnlyCopy> find(boolean unsentToo) {
        return keptByScope()
                .publishOn(context.serial())
                .flatMap(kept -> inClosedScopes(kept, unsentToo))
                .switchIfEmpty(Mono.defer(() -> Mono.justOrEmpty(inOpenScopes(unsentToo))));
    }

    /** How many records of each scope are kept, whether they are shown or not. */
    private Mono<Map<String, Integer>> keptByScope() {
        if (!keepsRecords()) {
            return Mono.just(Map.<String, Integer>of())
                    .subscribeOn(context.writes().inOrder());
        }
        return Flux.defer(() -> context.journal()
                        .settled()
                        .thenMany(Flux.fromIterable(entities))
                        .concatMap(entity -> context.persistence()
                                .list(new ListRequest(entity, List.of(), List.of(), List.of(), Integer.MAX_VALUE, 0))))
                .subscribeOn(context.writes().inOrder())
                .map(StoredRecord::scope)
                .collect(HashMap::new, (counts, scope) -> counts.merge(scope, 1, Integer::sum));
    }

    private Mono<OnlyCopy> inClosedScopes(Map<String, Integer> kept, boolean unsentToo) {
        Unsent unsent = unsent(unsentToo);
        Set<String> all = new LinkedHashSet<>(kept.keySet());
        all.addAll(closed.keySet());
        all.addAll(unsent.all().keySet());
        List<String> closedOnes =
                all.stream().filter(scope -> open.apply(scope) == null).toList();
        return Flux.fromIterable(closedOnes)
                .concatMap(scope -> isAlone(scope)
                        .map(alone -> new Here(alone, kept.getOrDefault(scope, 0), closed.getOrDefault(scope, 0)))
                        .map(here -> new OnlyCopy(scope, here.changes(unsent, scope))))
                .filter(copy -> copy.changes() > 0)
                .next()
                .publishOn(context.serial());
    }

    /** Whether nobody else was ever heard in a closed scope; where nothing is kept, that is not known. */
    private Mono<Boolean> isAlone(String scope) {
        return context.persistence()
                .peers(scope)
                .hasElements()
                .map(known -> !known && keepsRecords())
                .publishOn(context.serial());
    }

    private @Nullable OnlyCopy inOpenScopes(boolean unsentToo) {
        Unsent unsent = unsent(unsentToo);
        for (String scope : scopes.get()) {
            Here here = open.apply(scope);
            int changes = here == null ? 0 : here.changes(unsent, scope);
            if (changes > 0) {
                return new OnlyCopy(scope, changes);
            }
        }
        return null;
    }

    private Unsent unsent(boolean wouldBeLost) {
        return wouldBeLost
                ? new Unsent(
                        context.writes().counts().ofEverybody(true),
                        context.writes().counts().ofEverybody(false))
                : new Unsent(Map.of(), Map.of());
    }
}
