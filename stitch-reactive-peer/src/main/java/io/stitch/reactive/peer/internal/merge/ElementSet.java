package io.stitch.reactive.peer.internal.merge;

import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.peer.internal.wire.Hlc;
import io.stitch.reactive.peer.internal.wire.PeerPayloads;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * What was put into a list and taken out of it since it was last written as a whole: a set in which the last word on each element counts
 * (LWW-element-set, INRIA RR-7506, 3.3.3). Immutable.
 *
 * @param of the stamp of the plain value that it changes
 * @param items the elements that somebody put in or took out, by their canonical JSON
 */
record ElementSet(Hlc of, Map<String, Item> items) {
    /** How many elements may have been put in or taken out. */
    static final int MOST_ITEMS = 1_000;

    /**
     * The last word on an element.
     *
     * @param stamp when it was said
     * @param in whether it is in
     */
    record Item(Hlc stamp, boolean in) {
        Item max(Item other) {
            int order = stamp.compareTo(other.stamp);
            return order > 0 || (order == 0 && in) ? this : other;
        }
    }

    static ElementSet none(Hlc of) {
        return new ElementSet(of, Map.of());
    }

    ElementSet with(String element, Item item) {
        Map<String, Item> after = new TreeMap<>(items);
        after.put(element, item);
        return new ElementSet(of, after);
    }

    /** The same without what some writes said. */
    ElementSet without(Predicate<Hlc> which, @Nullable ElementSet before) {
        Map<String, Item> after = new TreeMap<>(items);
        Map<String, Item> earlier = before == null || !before.of.equals(of) ? Map.of() : before.items;
        items.forEach((element, item) -> {
            if (which.test(item.stamp)) {
                after.remove(element);
                Item last = earlier.get(element);
                if (last != null) {
                    after.put(element, last);
                }
            }
        });
        return new ElementSet(of, after);
    }

    /** The same, with another stamp for what was said at some. */
    ElementSet stampedAgain(Hlc stamp, Predicate<Hlc> which) {
        Map<String, Item> after = new TreeMap<>(items);
        after.replaceAll((element, item) -> which.test(item.stamp) ? new Item(stamp, item.in) : item);
        return new ElementSet(of, after);
    }

    /** Together with another one of the same plain value. */
    ElementSet merge(ElementSet other) {
        Map<String, Item> after = new TreeMap<>(items);
        other.items.forEach((element, item) -> after.merge(element, item, Item::max));
        return new ElementSet(of, after);
    }

    /** What is left of a list when everything is out that somebody put in or took out. */
    ArrayNode base(JsonNode list) {
        ArrayNode base = Json.mapper().createArrayNode();
        for (JsonNode element : list) {
            if (!items.containsKey(PeerPayloads.canonical(element))) {
                base.add(element);
            }
        }
        return base;
    }

    /** The list: what nobody touched in its order, and then what was put in, in the order in which that was done. */
    ArrayNode over(ArrayNode base) {
        ArrayNode list = base(base);
        List<Map.Entry<String, Item>> put = new ArrayList<>(items.entrySet());
        put.removeIf(each -> !each.getValue().in());
        put.sort(Comparator.<Map.Entry<String, Item>, Hlc>comparing(
                        each -> each.getValue().stamp())
                .thenComparing(Map.Entry::getKey));
        put.forEach(each -> list.add(element(each.getKey())));
        return list;
    }

    /** What a field counts as where elements are put into it. */
    static ArrayNode listOf(@Nullable JsonNode value) {
        return value instanceof ArrayNode list ? list : Json.mapper().createArrayNode();
    }

    private static JsonNode element(String canonical) {
        return Json.read(canonical.getBytes(StandardCharsets.UTF_8));
    }

    /** Whether a text is the canonical JSON of something. */
    static boolean isElement(String text) {
        try {
            return PeerPayloads.canonical(element(text)).equals(text);
        } catch (JacksonException e) {
            return false;
        }
    }

    ObjectNode toJson() {
        ObjectNode json = Json.object().put("of", of.text());
        ObjectNode elements = json.putObject("items");
        items.forEach((element, item) ->
                elements.putArray(element).add(item.stamp().text()).add(item.in()));
        return json;
    }

    /** Reads what was checked by {@link BookkeepingRules}; what breaks a rule is left out. */
    static @Nullable ElementSet read(JsonNode json) {
        Hlc of = Hlc.parse(json.path("of").asString(""));
        if (of == null) {
            return null;
        }
        Map<String, Item> items = new TreeMap<>();
        json.path("items").properties().forEach(each -> {
            Hlc stamp = Hlc.parse(each.getValue().path(0).asString(""));
            if (stamp != null && isElement(each.getKey())) {
                items.put(each.getKey(), new Item(stamp, each.getValue().path(1).asBoolean(false)));
            }
        });
        return new ElementSet(of, items);
    }
}
