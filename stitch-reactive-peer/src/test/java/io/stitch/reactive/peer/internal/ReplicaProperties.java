package io.stitch.reactive.peer.internal;

import io.stitch.reactive.RecordEvent.Origin;
import io.stitch.reactive.internal.Diagnostics;
import io.stitch.reactive.internal.lanes.PendingWrites;
import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.internal.records.RecordStore;
import io.stitch.reactive.internal.records.ScopeKeys;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.wire.Operation;
import io.stitch.reactive.internal.wire.Topics;
import io.stitch.reactive.internal.wire.WireSchema;
import io.stitch.reactive.internal.writes.Journal;
import io.stitch.reactive.internal.writes.WriteRules;
import io.stitch.reactive.peer.internal.merge.RecordMerging;
import io.stitch.reactive.peer.internal.wire.Hlc;
import io.stitch.reactive.peer.internal.wire.PeerPayloads;
import io.stitch.reactive.spi.Persistence;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoreObserver;
import io.stitch.reactive.spi.StoredRecord;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.Size;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;

import static org.assertj.core.api.Assertions.assertThat;

/** Which event wins does not depend on the order they come in, nor on how often. */
class ReplicaProperties {
    private static final List<String> SCOPES = List.of("p1", "p2");
    private static final WireSchema SCHEMA = new WireSchema("project", Map.of("task", "projectId"), Set.of());

    /** An event; {@code content} is null on a delete. */
    record Event(String scope, Hlc stamp, @Nullable String content) {
        RecordKey key() {
            return ReplicaProperties.key(scope);
        }

        Operation operation() {
            return content == null ? Operation.DELETE : Operation.UPDATE;
        }

        byte @Nullable [] json() {
            return content == null
                    ? null
                    : Json.write(Json.object()
                            .put("id", "t1")
                            .put("projectId", scope)
                            .put("title", content)
                            .set("_hlc", stamp.toJson()));
        }
    }

    private static RecordKey key(String scope) {
        return new RecordKey(scope, "task", "t1");
    }

    @Provide
    Arbitrary<Event> events() {
        // A stamp was issued in one scope, so that two with the same stamp are a copied database's, in one scope.
        return Combinators.combine(
                        Arbitraries.integers().between(1, 6),
                        Arbitraries.of("a", "b"),
                        Arbitraries.of("x", "y").injectNull(0.4))
                .as((ts, node, content) -> {
                    Hlc stamp = new Hlc(ts, ts % 2, node);
                    return new Event((ts + node.length() + node.charAt(0)) % 3 == 0 ? "p2" : "p1", stamp, content);
                });
    }

    private static final class Copy {
        private final RecordStore records;
        private final Graves graves;
        private final Replica replica;

        Copy(boolean byField) {
            Scheduler serial = Schedulers.immediate();
            ScopeKeys keys = new ScopeKeys(SCHEMA, true);
            Journal journal = new Journal(Persistence.none(), serial, failure -> {});
            WriteRules rules = new WriteRules(Map.of(), keys);
            records = new RecordStore(keys, journal, rules.index(), StoreObserver.NONE);
            Diagnostics diagnostics = new Diagnostics(serial);
            PendingWrites.Listener nobody = new PendingWrites.Listener() {
                @Override
                public void rejected(io.stitch.reactive.internal.writes.WriteRejection rejection) {}

                @Override
                public void setAside(io.stitch.reactive.spi.PendingWrite write, Throwable why) {}

                @Override
                public void parked(io.stitch.reactive.spi.PendingWrite write, Throwable why) {}

                @Override
                public void outOfOrder(List<RecordKey> circle) {}
            };
            SyncContext context = new SyncContext(
                    records,
                    new PendingWrites(records, journal, serial, serial, rules, Set.of(), () -> null, 10, nobody),
                    journal,
                    Persistence.none(),
                    Map::of,
                    records,
                    SCHEMA,
                    new Topics("stitch/peer", "stitch/peer", "project"),
                    () -> "me",
                    serial,
                    serial,
                    diagnostics,
                    () -> 0.5,
                    null,
                    Optional::empty,
                    StoreObserver.NONE);
            graves = new Graves(journal, diagnostics, (key, stamp) -> true, 1_000);
            replica = new Replica(context, graves, new RecordMerging(SCHEMA.children(), byField));
            for (String scope : SCOPES) {
                records.open(scope);
                graves.open(scope);
            }
        }

        Replica.Verdict take(Event event) {
            return replica.take(event.key(), event.operation(), event.json(), event.stamp(), null, Origin.REMOTE);
        }

        String held() {
            return held("p1") + ", " + held("p2");
        }

        String held(String scope) {
            StoredRecord record = replica.get(key(scope));
            return record == null ? "nothing" : record.scope() + ' ' + PeerPayloads.canonical(record.json());
        }
    }

    private static Copy after(List<Event> events) {
        return after(events, false);
    }

    private static Copy after(List<Event> events, boolean byField) {
        Copy copy = new Copy(byField);
        events.forEach(copy::take);
        return copy;
    }

    @Property(tries = 1000)
    void theOrderOfEventsAndTheirRepetitionDoNotMatter(
            @ForAll @Size(min = 1, max = 8) List<@net.jqwik.api.From("events") Event> events, @ForAll Random random) {
        List<Event> shuffled = new ArrayList<>(events);
        shuffled.addAll(events.subList(0, random.nextInt(events.size())));
        Collections.shuffle(shuffled, random);
        assertThat(after(shuffled).held()).isEqualTo(after(events).held());
        assertThat(after(shuffled, true).held()).isEqualTo(after(events, true).held());
    }

    @Property(tries = 1000)
    void theHighestStampOfAScopeWinsWhateverItSaysAndWhateverIsSaidInAnother(
            @ForAll @Size(min = 1, max = 8) List<@net.jqwik.api.From("events") Event> events) {
        Copy copy = after(events);
        for (String scope : SCOPES) {
            List<Event> here =
                    events.stream().filter(event -> event.scope().equals(scope)).toList();
            Hlc highest = here.stream().map(Event::stamp).max(Hlc::compareTo).orElse(null);
            List<Event> winners =
                    here.stream().filter(event -> event.stamp().equals(highest)).toList();
            String expected = winners.isEmpty() || winners.stream().anyMatch(event -> event.content() == null)
                    ? "nothing"
                    : winners.stream()
                            .map(event -> event.scope() + ' ' + PeerPayloads.canonical(event.json()))
                            .max(String::compareTo)
                            .orElseThrow();
            assertThat(copy.held(scope)).isEqualTo(expected);
        }
    }

    @Property(tries = 1000)
    void whatTwoCopiesTellEachOtherMakesThemTheSame(
            @ForAll @Size(max = 6) List<@net.jqwik.api.From("events") Event> here,
            @ForAll @Size(max = 6) List<@net.jqwik.api.From("events") Event> there) {
        // Two events with one stamp can only be told apart by their contents, which manifests do not have.
        Map<Hlc, Event> byStamp = new java.util.HashMap<>();
        List<Event> known = new ArrayList<>(here);
        known.addAll(there);
        known.forEach(event -> byStamp.putIfAbsent(event.stamp(), event));
        Copy one = after(here.stream().map(event -> byStamp.get(event.stamp())).toList());
        Copy other =
                after(there.stream().map(event -> byStamp.get(event.stamp())).toList());
        for (int round = 0; round < 2; round++) {
            tell(one, other);
            tell(other, one);
        }
        assertThat(one.held()).isEqualTo(other.held());
        // What nobody holds alive is not resurrected, and what somebody holds latest is not lost.
        List<Event> all = new ArrayList<>(byStamp.values());
        Copy whole = after(all);
        for (String scope : SCOPES) {
            if (!whole.held(scope).equals("nothing")) {
                assertThat(one.held(scope)).isEqualTo(whole.held(scope));
            }
        }
    }

    /** A hello from one to the other, scope by scope, and its answers. */
    private static void tell(Copy asker, Copy teller) {
        for (String scope : SCOPES) {
            RecordKey key = key(scope);
            StoredRecord asked = asker.replica.get(key);
            if (asked != null && teller.replica.compareWith(key, Replica.stampOf(asked)) <= 0) {
                continue;
            }
            StoredRecord told = teller.replica.get(key);
            Hlc dead = teller.graves.stampOf(key);
            if (told != null) {
                asker.replica.take(key, Operation.CREATE, told.json(), Replica.stampOf(told), null, Origin.REMOTE);
            } else if (asked != null && dead != null) {
                asker.replica.take(key, Operation.DELETE, null, dead, null, Origin.REMOTE);
            }
        }
    }

    @Property(tries = 1000)
    void anEventThatLosesToADeleteIsToldOf(
            @ForAll @Size(min = 1, max = 6) List<@net.jqwik.api.From("events") Event> events,
            @ForAll("events") Event late) {
        Copy copy = after(events);
        String before = copy.held();
        Hlc known = copy.replica.known(late.key());
        boolean isThere = copy.replica.get(late.key()) != null;
        Replica.Verdict verdict = copy.take(late);
        if (late.content() != null && !late.stamp().isAfter(known) && !isThere) {
            assertThat(verdict).isEqualTo(Replica.Verdict.DEAD);
            assertThat(copy.graves.stampOf(late.key())).isGreaterThanOrEqualTo(late.stamp());
            assertThat(copy.held()).isEqualTo(before);
        }
    }
}
