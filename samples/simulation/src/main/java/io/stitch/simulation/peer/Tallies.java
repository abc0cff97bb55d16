package io.stitch.simulation.peer;

import io.stitch.reactive.Patch;
import io.stitch.reactive.Scope;
import io.stitch.simulation.Run;
import io.stitch.simulation.peer.PeerWrite.Kind;
import io.stitch.simulation.peer.PeerWrite.Told;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Numbers that are added to and lists that are put into, in records of their own, which are created once and never written as a whole or
 * deleted: so what they must be in the end is known without asking in which order anything came.
 */
final class Tallies {
    static final String NUMBER = "votes";
    static final String LIST = "tags";

    /** As many as a whole number can tell apart, each being twice the one before. */
    private static final int MOST_STEPS = 50;
    /** Of so many that may count or not, all sums that there can be are looked at. */
    private static final int MOST_UNCERTAIN = 14;
    /** What several put in and take out. */
    private static final List<String> CONTESTED = List.of("red", "green");

    private final PeerWorld world;
    private final Run run;
    private final List<String> ids = new ArrayList<>();
    private final List<Change> changes = new ArrayList<>();
    private final Map<String, Integer> steps = new HashMap<>();
    /** The last word on each element, as anybody ever said it: by record and element. */
    private final Map<String, Map<String, Item>> said = new HashMap<>();

    /**
     * A change.
     *
     * @param record of what
     * @param by what was added, 0 for nothing
     * @param element what was put in or taken out, {@code null} for nothing
     */
    private record Change(
            PeerWrite write,
            String record,
            long by,
            @Nullable String element,
            boolean in) {
        boolean must() {
            return write.isAcknowledged();
        }

        boolean mayNot() {
            return write.told == Told.FAILED && !write.excused;
        }
    }

    private record Item(Stamp stamp, boolean in) {}

    Tallies(PeerWorld world) {
        this.world = world;
        this.run = world.run();
    }

    static boolean isTally(String record) {
        return record.contains("/task/k");
    }

    /** Somebody makes one. */
    void create(Peer peer, String scopeId) {
        Scope scope = peer.process().isRunning() ? peer.process().scope(scopeId) : null;
        if (scope == null) {
            return;
        }
        String id = "k" + ids.size();
        ids.add(scopeId + "/task/" + id);
        PeerWrite write =
                world.ledger().issue(peer.process(), Kind.CREATE, scopeId + "/task/" + id, PeerLedger.BY, null, null);
        ObjectNode record = JsonNodeFactory.instance
                .objectNode()
                .put("id", id)
                .put(PeerLedger.BY, write.tag())
                .put(PeerProcess.SCOPE_FIELD, scopeId);
        peer.process().write(write, scope.create(PeerProcess.TASK, record), false);
    }

    /** Somebody changes one, if it is there. */
    void change(Peer peer, Random random) {
        List<String> there =
                ids.stream().filter(record -> shown(peer, record) != null).toList();
        if (there.isEmpty()) {
            return;
        }
        String record = there.get(random.nextInt(there.size()));
        JsonNode shown = shown(peer, record);
        int step = steps.merge(record, 1, Integer::sum);
        boolean adds = random.nextInt(3) > 0 && step < MOST_STEPS;
        boolean lists = !adds || random.nextInt(3) == 0;
        long by = !adds ? 0 : random.nextInt(3) == 0 ? -(1L << step) : 1L << step;
        String element = lists ? element(random, shown, step) : null;
        boolean contested = element != null && CONTESTED.contains(element);
        boolean in = contested ? random.nextBoolean() : element != null && !has(shown, element);
        PeerWrite write = world.ledger().issue(peer.process(), Kind.CHANGE, record, NUMBER, null, null);
        changes.add(new Change(write, record, by, element, in));
        Patch patch = adds ? Patch.increment(NUMBER, by) : Patch.none();
        if (element != null) {
            patch = in ? patch.andAdd(LIST, element) : patch.andRemove(LIST, element);
        }
        String id = record.substring(record.lastIndexOf('/') + 1);
        Scope scope = peer.process().scope(scopeOf(record));
        if (scope != null) {
            peer.process().write(write, scope.update(PeerProcess.TASK, id, patch), random.nextInt(20) == 0);
        }
    }

    /** One that only this change puts in, or one that is there and was put in so, or one that several like. */
    private static String element(Random random, @Nullable JsonNode shown, int step) {
        List<String> own = new ArrayList<>();
        if (shown != null) {
            shown.path(LIST).forEach(each -> {
                if (!CONTESTED.contains(each.asString())) {
                    own.add(each.asString());
                }
            });
        }
        return switch (random.nextInt(4)) {
            case 0 -> CONTESTED.get(random.nextInt(CONTESTED.size()));
            case 1 -> own.isEmpty() ? "e" + step : own.get(random.nextInt(own.size()));
            default -> "e" + step;
        };
    }

    private static boolean has(@Nullable JsonNode record, String element) {
        if (record != null) {
            for (JsonNode each : record.path(LIST)) {
                if (each.asString("").equals(element)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static String scopeOf(String record) {
        return record.substring(0, record.indexOf('/'));
    }

    private static @Nullable JsonNode shown(Peer peer, String record) {
        Scope scope = peer.process().isRunning() ? peer.process().scope(scopeOf(record)) : null;
        return scope == null
                ? null
                : scope.get(PeerProcess.TASK, record.substring(record.lastIndexOf('/') + 1))
                        .orElse(null);
    }

    /** Somebody has said what a record is. */
    void said(String record, JsonNode data) {
        data.path("_sets").path(LIST).path("items").properties().forEach(each -> {
            Stamp stamp = Stamp.of(each.getValue().path(0).asString(""));
            Item item = stamp == null
                    ? null
                    : new Item(stamp, each.getValue().path(1).asBoolean());
            if (item != null) {
                said.computeIfAbsent(record, name -> new TreeMap<>())
                        .merge(
                                PeerLedger.MAPPER.readTree(each.getKey()).asString(""),
                                item,
                                (one, other) -> other.stamp().isAfter(one.stamp()) ? other : one);
            }
        });
    }

    /** What they are in the end is what was done to them. */
    void judge(Map<String, JsonNode> held) {
        for (String record : ids) {
            JsonNode there = held.get(record);
            if (there != null) {
                List<Change> ofIt = changes.stream()
                        .filter(each -> each.record().equals(record))
                        .toList();
                judgeNumber(record, there, ofIt);
                judgeList(record, there, ofIt);
                judgeContested(record, there);
            }
        }
    }

    private void judgeNumber(String record, JsonNode there, List<Change> ofIt) {
        Set<Long> sums = new HashSet<>(Set.of(0L));
        int uncertain = 0;
        for (Change change : ofIt) {
            if (change.must()) {
                Set<Long> after = new HashSet<>();
                sums.forEach(sum -> after.add(sum + change.by()));
                sums = after;
            } else if (!change.mayNot() && change.by() != 0) {
                Set<Long> after = new HashSet<>(sums);
                sums.forEach(sum -> after.add(sum + change.by()));
                sums = after;
                if (++uncertain > MOST_UNCERTAIN) {
                    return;
                }
            }
        }
        world.ledger().count("a number was compared");
        if (!sums.contains(there.path(NUMBER).asLong(0))) {
            run.problem("a number is not the sum", "%s has %s after %s".formatted(record, there.path(NUMBER), ofIt));
        }
    }

    private void judgeList(String record, JsonNode there, List<Change> ofIt) {
        Map<String, List<Change>> byElement = new TreeMap<>();
        for (Change change : ofIt) {
            String element = change.element();
            if (element != null && !CONTESTED.contains(element)) {
                byElement.computeIfAbsent(element, name -> new ArrayList<>()).add(change);
            }
        }
        byElement.forEach((element, all) -> {
            boolean put = all.stream().anyMatch(each -> each.in() && each.must());
            boolean mayBeOut = all.stream().anyMatch(each -> !each.in() && !each.mayNot());
            // Whoever takes it out has seen it.
            boolean taken = all.stream().anyMatch(each -> !each.in() && each.must());
            boolean is = has(there, element);
            world.ledger().count("an element was compared");
            if ((is && taken) || (!is && put && !mayBeOut)) {
                run.problem(
                        "an element is not as it was left",
                        "%s has %s after %s".formatted(record, there.path(LIST), all));
            }
        });
        Set<String> seen = new TreeSet<>();
        for (JsonNode each : there.path(LIST)) {
            if (!seen.add(each.asString(""))) {
                run.problem("an element twice", "%s has %s".formatted(record, there.path(LIST)));
            }
        }
    }

    private void judgeContested(String record, JsonNode there) {
        said.getOrDefault(record, Map.of()).forEach((element, item) -> {
            if (has(there, element) != item.in()) {
                run.problem(
                        "not the last word on an element",
                        "%s has %s, and the last word on %s was %s".formatted(record, there.path(LIST), element, item));
            }
        });
    }
}
