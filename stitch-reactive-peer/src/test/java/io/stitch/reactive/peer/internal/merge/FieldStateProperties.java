package io.stitch.reactive.peer.internal.merge;

import io.stitch.reactive.internal.records.FieldChange;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.peer.internal.wire.Hlc;
import io.stitch.reactive.peer.internal.wire.PeerPayloads;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

import static org.assertj.core.api.Assertions.assertThat;

/** Two states of a record become one that depends on neither their order nor on how often they come. */
class FieldStateProperties {
    private static final List<String> FIELDS = List.of("a", "b", "c");
    private static final Hlc CREATED = new Hlc(1, 0, "n0");

    /** What one store does next. */
    record Act(int store, int kind, String field, int value, int from) {}

    @Provide
    Arbitrary<List<Act>> acts() {
        return Combinators.combine(
                        Arbitraries.integers().between(0, 2),
                        Arbitraries.integers().between(0, 9),
                        Arbitraries.of(FIELDS),
                        Arbitraries.integers().between(1, 5),
                        Arbitraries.integers().between(0, 2))
                .as(Act::new)
                .list()
                .ofMaxSize(30);
    }

    /** Three stores that write one record and hear of each other now and then, and what all of them wrote. */
    private static final class Stores {
        final List<FieldState> states = new ArrayList<>();
        final List<FieldState> everything = new ArrayList<>();
        final Map<String, Hlc> newest = new HashMap<>();
        final Map<String, JsonNode> values = new HashMap<>();
        private int clock = 1;

        Stores(boolean changes, List<Act> acts) {
            FieldState created = read(
                    Json.object().put("id", "t").put("p", "s").put("title", "x").put("n", 10), CREATED);
            for (int i = 0; i < 3; i++) {
                states.add(created);
            }
            everything.add(created);
            acts.forEach(act -> act(act, changes));
        }

        private void act(Act act, boolean changes) {
            FieldState held = states.get(act.store);
            FieldState next;
            if (act.kind < 3) {
                next = held.merge(states.get(act.from));
            } else {
                clock++;
                Hlc stamp = new Hlc(clock, 0, "n" + act.store);
                if (act.kind < 7 || !changes) {
                    ObjectNode fields = Json.object();
                    if (act.value == 5) {
                        fields.putNull(act.field);
                    } else {
                        fields.put(act.field, act.value);
                    }
                    newest.put(act.field, stamp);
                    values.put(act.field, fields.get(act.field));
                    next = held.written(stamp, fields, Map.of());
                } else if (act.kind == 7) {
                    next = held.written(
                            stamp,
                            Json.object(),
                            Map.of("n", new FieldChange.Increment(BigDecimal.valueOf(act.value - 3))));
                } else {
                    next = held.written(
                            stamp,
                            Json.object(),
                            Map.of(
                                    "tags",
                                    new FieldChange.Elements(Map.of(Json.text("e" + act.value), act.kind == 8))));
                }
            }
            states.set(act.store, next);
            everything.add(next);
        }

        FieldState all() {
            return everything.stream().reduce(FieldState::merge).orElseThrow();
        }
    }

    private static FieldState read(ObjectNode record, Hlc stamp) {
        return FieldState.read(PeerPayloads.stamped(Json.write(record), stamp), stamp, "p");
    }

    private static String text(FieldState state) {
        return PeerPayloads.canonical(state.toBytes());
    }

    @Property(tries = 500)
    void theOrderOfMergingMakesNoDifference(@ForAll("acts") List<Act> acts, @ForAll long seed) {
        Stores stores = new Stores(true, acts);
        List<FieldState> states = new ArrayList<>(stores.everything);
        String expected = text(stores.all());

        Collections.shuffle(states, new Random(seed));
        states.addAll(states.subList(0, states.size() / 2));
        assertThat(text(states.stream().reduce(FieldState::merge).orElseThrow()))
                .isEqualTo(expected);
    }

    @Property(tries = 500)
    void threeStatesAreMergedInAnyGrouping(@ForAll("acts") List<Act> acts) {
        List<FieldState> states = new Stores(true, acts).states;
        FieldState one = states.get(0);
        FieldState other = states.get(1);
        FieldState third = states.get(2);

        assertThat(text(one.merge(other).merge(third))).isEqualTo(text(one.merge(other.merge(third))));
        assertThat(text(one.merge(other))).isEqualTo(text(other.merge(one)));
        assertThat(one.merge(one)).isSameAs(one);
        FieldState both = one.merge(other);
        assertThat(both.merge(one)).isSameAs(both);
        // Two stores may have come to one state, each to its own object: then a merge leaves what it was asked of.
        assertThat(other.merge(both)).isSameAs(text(other).equals(text(both)) ? other : both);
    }

    @Property(tries = 500)
    void ofEachFieldTheValueWithTheHighestStampIsLeft(@ForAll("acts") List<Act> acts) {
        Stores stores = new Stores(false, acts);
        ObjectNode merged = Json.readObject(stores.all().toBytes());
        stores.values.forEach((field, value) -> {
            if (value.isNull()) {
                assertThat(merged.has(field)).isFalse();
            } else {
                assertThat(merged.path(field)).isEqualTo(value);
            }
        });
        assertThat(merged.path("title").stringValue()).isEqualTo("x");
    }

    @Property(tries = 500)
    void whatAllStoresAddedIsInTheSum(@ForAll("acts") List<Act> acts) {
        Stores stores = new Stores(true, acts);
        int expected = 10
                + acts.stream()
                        .filter(act -> act.kind == 7)
                        .mapToInt(act -> act.value - 3)
                        .sum();
        assertThat(Json.readObject(stores.all().toBytes()).path("n").intValue()).isEqualTo(expected);
    }

    @Property(tries = 500)
    void theLastWordOnEachElementCounts(@ForAll("acts") List<Act> acts) {
        Stores stores = new Stores(true, acts);
        Map<String, Boolean> in = new TreeMap<>();
        acts.stream().filter(act -> act.kind > 7).forEach(act -> in.put("e" + act.value, act.kind == 8));
        Set<String> there = new TreeSet<>();
        Json.readObject(stores.all().toBytes()).path("tags").forEach(tag -> there.add(tag.stringValue()));
        in.values().removeIf(is -> !is);
        assertThat(there).isEqualTo(in.keySet());
    }

    @Property(tries = 40)
    void aStateThatWasKeptIsTheSameStateAndItsSumTellsItFromOthers(@ForAll("acts") List<Act> acts) {
        List<FieldState> all = new Stores(true, acts).everything;
        for (FieldState state : all) {
            FieldState again = FieldState.read(state.toBytes(), state.stamps().latest(), "p");
            assertThat(text(again)).isEqualTo(text(state));
            assertThat(again.sum()).isEqualTo(state.sum());
            assertThat(state.merge(again)).isIn(state, again);
            for (FieldState other : all) {
                boolean same = text(other).equals(text(state));
                if (other.stamps().latest().equals(state.stamps().latest())) {
                    assertThat(java.util.Objects.equals(other.sum(), state.sum()))
                            .isEqualTo(same);
                }
            }
        }
    }

    @Property(tries = 300)
    void whatIsTakenBackLeavesWhatOthersWrote(@ForAll("acts") List<Act> acts) {
        Stores stores = new Stores(true, acts);
        FieldState before = stores.states.get(0);
        FieldState others = stores.states.get(1);
        Hlc first = new Hlc(100, 0, "mine");
        Hlc second = new Hlc(101, 0, "mine");
        FieldState written = before.written(
                        first,
                        Json.object().put("a", 99).putNull("title"),
                        Map.of("n", new FieldChange.Increment(BigDecimal.TEN)))
                .written(
                        second,
                        Json.object().put("new", 1),
                        Map.of("tags", new FieldChange.Elements(Map.of(Json.text("e1"), false))));

        FieldState undone = written.merge(others).without(written, before);
        assertThat(undone).isNotNull();
        ObjectNode expected = Json.readObject(before.merge(others).toBytes());
        ObjectNode left = Json.readObject(undone.toBytes());
        List.of("b", "c", "n", "new")
                .forEach(field -> assertThat(left.path(field)).isEqualTo(expected.path(field)));
        // What it was written over is known again when the others say it again.
        ObjectNode again = Json.readObject(undone.merge(others).toBytes());
        List.of("a", "title").forEach(field -> assertThat(again.path(field)).isEqualTo(expected.path(field)));
        assertThat(elements(again.path("tags"))).isEqualTo(elements(expected.path("tags")));
    }

    private static Set<String> elements(JsonNode list) {
        Set<String> elements = new TreeSet<>();
        list.forEach(each -> elements.add(each.toString()));
        return elements;
    }

    /** States that nobody who keeps to the rules could have, as far as the decoder lets them through. */
    @Provide
    Arbitrary<FieldState> anyStates() {
        Arbitrary<Hlc> stamps = Combinators.combine(Arbitraries.integers().between(1, 4), Arbitraries.of("x", "y"))
                .as((ts, node) -> new Hlc(ts, 0, node));
        Arbitrary<Map<String, Hlc>> listed = Arbitraries.maps(Arbitraries.of(FIELDS), stamps);
        Arbitrary<Map<String, Integer>> values =
                Arbitraries.maps(Arbitraries.of(FIELDS), Arbitraries.integers().between(1, 2));
        return Combinators.combine(stamps, stamps.injectNull(0.3), listed.injectNull(0.2), values)
                .as(FieldStateProperties::state);
    }

    private static FieldState state(
            Hlc latest, @Nullable Hlc rest, @Nullable Map<String, Hlc> listed, Map<String, Integer> values) {
        ObjectNode record = Json.object().put("id", "t").put("p", "s");
        values.forEach(record::put);
        if (listed != null) {
            ObjectNode stamps = record.putObject("_stamps").put("of", latest.text());
            if (rest != null) {
                stamps.put("rest", rest.text());
            }
            ObjectNode fields = stamps.putObject("fields");
            listed.forEach((field, stamp) -> {
                if (!fields.has(stamp.text())) {
                    fields.putArray(stamp.text());
                }
                fields.withArray(stamp.text()).add(field);
            });
        }
        return read(record, latest);
    }

    @Property(tries = 2_000)
    void anyStatesAreMergedAlikeInAnyOrder(
            @ForAll("anyStates") FieldState one,
            @ForAll("anyStates") FieldState other,
            @ForAll("anyStates") FieldState third) {
        assertThat(text(one.merge(other))).isEqualTo(text(other.merge(one)));
        assertThat(text(one.merge(one))).isEqualTo(text(one));
        assertThat(text(one.merge(other).merge(third))).isEqualTo(text(one.merge(other.merge(third))));
    }

    @Property(tries = 500)
    void foldingRaisesStampsAndChangesNoValue(@ForAll("acts") List<Act> acts, @ForAll("acts") List<Act> others) {
        Stores stores = new Stores(true, acts);
        FieldState state = stores.all();
        FieldState folded = state.stamped(state.stamps().folded(8, state.changedFields()));

        ObjectNode shown = Json.readObject(folded.toBytes());
        ObjectNode before = Json.readObject(state.toBytes());
        FIELDS.forEach(field -> assertThat(shown.path(field)).isEqualTo(before.path(field)));
        assertThat(shown.path("n")).isEqualTo(before.path("n"));
        assertThat(text(state.merge(folded))).isEqualTo(text(folded));
        FieldState third = new Stores(true, others).all();
        assertThat(text(third.merge(folded).merge(state))).isEqualTo(text(folded.merge(third)));
    }
}
