package io.stitch.server;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What a client says it holds of a scope. */
final class Manifest {
    /** As many values as a client reads in one list. */
    private static final int MAX_ENTRIES = 250_000;

    private final String scopeId;
    private final List<Entry> entries;

    private record Entry(String id, @Nullable String entity, long version) {}

    private Manifest(String scopeId, List<Entry> entries) {
        this.scopeId = scopeId;
        this.entries = entries;
    }

    /**
     * Reads the manifest of a hello. An entry that is malformed is left out, as if it were not there: it costs nobody the others.
     *
     * @throws Refusal with 400 if there is no manifest, or it has too many entries
     */
    static Manifest read(ObjectNode hello, String root, String scopeId, boolean matchById) {
        JsonNode manifest = hello.path("manifest");
        if (!manifest.isArray()) {
            throw new Refusal(400, "invalid hello: manifest must be an array");
        }
        if (manifest.size() > MAX_ENTRIES) {
            throw new Refusal(400, "invalid hello: a manifest has at most " + MAX_ENTRIES + " entries");
        }
        List<Entry> entries = new ArrayList<>(manifest.size());
        for (JsonNode json : manifest) {
            Entry entry = entry(json, matchById);
            boolean otherRoot = entry != null && root.equals(entry.entity()) && !scopeId.equals(entry.id());
            if (entry != null && !otherRoot) {
                entries.add(entry);
            }
        }
        return new Manifest(scopeId, entries);
    }

    private static @Nullable Entry entry(JsonNode json, boolean matchById) {
        String id = json.path("id").asString("");
        JsonNode version = json.path("version");
        if (!json.path("id").isString() || !Names.validId(id) || !isVersion(version)) {
            return null;
        }
        if (matchById || !json.hasNonNull("entity")) {
            return new Entry(id, null, version.asLong());
        }
        String entity = json.path("entity").asString("");
        return Names.validEntity(entity) ? new Entry(id, entity, version.asLong()) : null;
    }

    private static boolean isVersion(JsonNode json) {
        return json.isIntegralNumber()
                && json.canConvertToLong()
                && json.asLong() >= 0
                && json.asLong() <= RecordTable.MAX_VERSION;
    }

    /**
     * The versions by key. An entry without an entity stands for every record with its id that the scope holds or has held;
     * where that makes several entries for one record, the lowest version counts.
     */
    Map<Key, Long> versions(Set<Key> held, Collection<Tombstone> tombstones) {
        boolean byId = entries.stream().anyMatch(entry -> entry.entity() == null);
        Map<String, Set<Key>> candidates = byId ? candidates(held, tombstones) : Map.of();
        Map<Key, Long> versions = new LinkedHashMap<>();
        for (Entry entry : entries) {
            Set<Key> keys = entry.entity() == null
                    ? candidates.getOrDefault(entry.id(), Set.of())
                    : Set.of(new Key(entry.entity(), entry.id()));
            keys.forEach(key -> versions.merge(key, entry.version(), Math::min));
        }
        return versions;
    }

    /** The version of the root, if an entry may stand for it. */
    Map<Key, Long> ofRoot(Key root) {
        Map<Key, Long> versions = new LinkedHashMap<>();
        for (Entry entry : entries) {
            boolean mayBe = entry.entity() == null || entry.entity().equals(root.entity());
            if (mayBe && entry.id().equals(root.id())) {
                versions.merge(root, entry.version(), Math::min);
            }
        }
        return versions;
    }

    private Map<String, Set<Key>> candidates(Set<Key> held, Collection<Tombstone> tombstones) {
        Map<String, Set<Key>> candidates = new HashMap<>();
        held.forEach(key -> add(candidates, key));
        for (Tombstone stone : tombstones) {
            if (stone.scope().equals(scopeId)) {
                add(candidates, stone.key());
            }
        }
        return candidates;
    }

    private static void add(Map<String, Set<Key>> candidates, Key key) {
        candidates.computeIfAbsent(key.id(), id -> new LinkedHashSet<>()).add(key);
    }
}
