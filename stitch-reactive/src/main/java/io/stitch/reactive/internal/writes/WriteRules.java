package io.stitch.reactive.internal.writes;

import io.stitch.reactive.FieldRules;
import io.stitch.reactive.FieldRules.Reference;
import io.stitch.reactive.FieldType;
import io.stitch.reactive.SchemaException;
import io.stitch.reactive.WriteKind;
import io.stitch.reactive.internal.records.FieldChange;
import io.stitch.reactive.internal.records.FieldIndex;
import io.stitch.reactive.internal.records.Merge;
import io.stitch.reactive.internal.records.RecordStore;
import io.stitch.reactive.internal.records.ScopeKeys;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.wire.WireSchema;
import io.stitch.reactive.internal.writes.WriteRefusal.Rule;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;

/**
 * Checks writes against the schema before they are taken, and adds what they entail: defaults to a create, the writes of the
 * records that refer to a deleted one. The records that this store holds count; the server checks against all. On the worker.
 */
public final class WriteRules {
    private final Map<String, FieldRules> rules;
    private final ScopeKeys keys;
    private final FieldIndex index;

    /**
     * Makes rules.
     *
     * @param rules what is checked, by entity; an entity without an entry is free
     * @param keys names records
     */
    public WriteRules(Map<String, FieldRules> rules, ScopeKeys keys) {
        this.keys = keys;
        this.rules = rules.entrySet().stream()
                .filter(entry -> !entry.getValue().equals(FieldRules.none()))
                .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));
        Map<String, Set<String>> lookedUp = new HashMap<>();
        rules.forEach((entity, each) -> lookedUp.put(entity, lookedUp(each)));
        this.index = new FieldIndex(lookedUp);
    }

    /**
     * Names the fields by whose values records are looked up.
     *
     * @param rules what is checked of an entity
     * @return the unique fields, and those that name other records
     */
    public static Set<String> lookedUp(FieldRules rules) {
        Set<String> fields = new LinkedHashSet<>(rules.unique());
        rules.uniqueTogether().forEach(fields::addAll);
        rules.references().forEach(reference -> fields.add(reference.field()));
        return fields;
    }

    /** {@return finds records by the values of the fields that rules ask for} */
    public FieldIndex index() {
        return index;
    }

    /**
     * The records that a write names, or that its record named before, by a field that refers to others.
     *
     * @param set the key of the set of records that is written in
     * @param entity the entity of what is written
     * @param written the record, or the fields
     * @param before the JSON of the record before, or {@code null}; read only if the entity refers to anything
     * @return their keys
     */
    public Set<RecordKey> references(String set, String entity, ObjectNode written, byte @Nullable [] before) {
        FieldRules fields = rules.get(entity);
        if (fields == null || fields.references().isEmpty()) {
            return Set.of();
        }
        Set<RecordKey> targets = new LinkedHashSet<>();
        ObjectNode was = before == null ? Json.object() : Json.readObject(before);
        for (Reference reference : fields.references()) {
            for (JsonNode value : List.of(written.path(reference.field()), was.path(reference.field()))) {
                if (value.isString()) {
                    targets.add(keys.target(set, reference.target(), value.stringValue()));
                }
            }
        }
        return targets;
    }

    /**
     * Checks a write.
     *
     * @param asked the write
     * @param records what is there
     * @return the write, after those that it entails
     * @throws WriteRefusal if it breaks a rule
     */
    public List<LocalWrite> expand(LocalWrite asked, RecordStore records) {
        LocalWrite write = asked.of(records);
        return switch (write.kind()) {
            case CREATE -> List.of(create(write, records));
            case UPDATE -> List.of(update(write, records));
            case DELETE -> delete(write, records);
        };
    }

    private LocalWrite create(LocalWrite write, RecordStore records) {
        if (records.get(write.key()) != null) {
            throw WriteRefusal.exists(write.key());
        }
        FieldRules entity = rules.get(write.key().entity());
        if (entity == null) {
            return write;
        }
        ObjectNode data = write.payload().deepCopy();
        entity.defaults().forEach((field, value) -> {
            if (!data.hasNonNull(field)) { // A Java record cannot leave a field out.
                data.set(field, value.deepCopy());
            }
        });
        entity.required().forEach(field -> requireField(write.key(), field, data.path(field)));
        checkFields(entity, write.key(), write.scope(), data, records);
        entity.uniqueTogether().forEach(group -> requireUnique(write.key(), group, data, records));
        return new LocalWrite(WriteKind.CREATE, write.key(), write.scope(), data).tagged(write.tag());
    }

    private LocalWrite update(LocalWrite write, RecordStore records) {
        RecordKey key = write.key();
        FieldRules entity = rules.get(key.entity());
        String set = setAfter(write);
        RecordKey after = keys.key(set, key.entity(), key.id());
        if (!after.equals(key)) {
            move(write, after, records);
        }
        requireChangeable(write, records);
        if (entity != null) {
            checkFields(entity, after, set, written(write, records), records);
            checkGroups(entity, write, after, records);
        }
        return write;
    }

    /** The fields as they would be now. */
    private static ObjectNode written(LocalWrite write, RecordStore records) {
        StoredRecord seen = write.payload().has(FieldChange.FIELD) ? records.shown(write.key()) : null;
        return seen == null ? write.payload() : FieldChange.resolved(write.payload(), Json.readObject(seen.json()));
    }

    private static void requireChangeable(LocalWrite write, RecordStore records) {
        if (write.expected() != null && write.payload().has(FieldChange.FIELD)) {
            throw new SchemaException(
                    "The %s '%s' cannot be incremented, added to or removed from at one version only: that is done to whatever is there. Use update."
                            .formatted(write.key().entity(), write.key().id()));
        }
        written(write, records);
    }

    /** Where a field of a group is written, or the record moves to where others are. */
    private void checkGroups(FieldRules entity, LocalWrite write, RecordKey after, RecordStore records) {
        StoredRecord seen = entity.uniqueTogether().isEmpty() ? null : records.shown(write.key());
        if (seen == null) {
            return;
        }
        ObjectNode data = Merge.into(Json.readObject(seen.json()), write.payload());
        boolean moves = !after.equals(write.key());
        for (Set<String> group : entity.uniqueTogether()) {
            if (moves || group.stream().anyMatch(written(write, records)::has)) {
                requireUnique(after, group, data, records);
            }
        }
    }

    /** The set of records that an update leaves its record in. */
    private String setAfter(LocalWrite write) {
        String field = keys.schema().children().get(write.key().entity());
        return field == null ? write.scope() : write.payload().path(field).asString(write.scope());
    }

    /** Where the scope is a part of what a record is, one that moves is a new one in its new scope. */
    private void move(LocalWrite write, RecordKey after, RecordStore records) {
        if (records.get(after) != null) {
            throw WriteRefusal.exists(after);
        }
        FieldRules entity = rules.get(after.entity());
        StoredRecord seen = records.shown(write.key());
        if (entity != null && seen != null) {
            ObjectNode data = Merge.into(Json.readObject(seen.json()), write.payload());
            entity.unique().stream()
                    .filter(data::hasNonNull)
                    .forEach(field -> requireUnique(after, field, data.path(field)));
        }
    }

    private static void requireField(RecordKey key, String field, JsonNode value) {
        if (value.isNull() || value.isMissingNode()) {
            throw WriteRefusal.of(Rule.REQUIRED, key, field, value, "it is required and must not be null.");
        }
    }

    /** Checks the fields that are written, not those that others left in the record. */
    private void checkFields(FieldRules entity, RecordKey key, String set, ObjectNode written, RecordStore records) {
        for (Map.Entry<String, JsonNode> each : written.properties()) {
            String field = each.getKey();
            JsonNode value = each.getValue();
            if (entity.required().contains(field)) {
                requireField(key, field, value);
            }
            FieldType type = entity.types().get(field);
            if (type != null && !type.accepts(value)) {
                throw WriteRefusal.of(Rule.TYPE, key, field, value, "it must be of type " + type + '.');
            }
            if (!value.isNull() && entity.unique().contains(field)) {
                requireUnique(key, field, value);
            }
        }
        for (Reference reference : entity.references()) {
            JsonNode value = written.path(reference.field());
            if (value.isString() && !isThere(set, reference.target(), value.stringValue(), records)) {
                throw WriteRefusal.of(
                        Rule.REFERENCE,
                        key,
                        reference.field(),
                        value,
                        "there is no %s with this id here.".formatted(reference.target()));
            }
        }
    }

    /** What goes nowhere else may refer to a record of any scope, which it does not name. */
    private boolean isThere(String set, String entity, String id, RecordStore records) {
        return (WireSchema.isTopLevel(set) && keys.schema().children().containsKey(entity))
                ? records.isInAnyScope(entity, id)
                : records.get(keys.target(set, entity, id)) != null;
    }

    private boolean refersTo(RecordKey referrer, RecordKey target) {
        return WireSchema.isTopLevel(referrer.home())
                || keys.target(referrer.home(), target.entity(), target.id()).equals(target);
    }

    /** What is unique is so among all of a kind; among the records of one scope where that is a part of what each is. */
    private void requireUnique(RecordKey key, String field, JsonNode value) {
        for (RecordKey other : index.find(key.entity(), field, value)) {
            if (counts(other, key)) {
                throw WriteRefusal.of(
                        Rule.UNIQUE,
                        key,
                        field,
                        value,
                        "%s '%s' has it already.".formatted(other.entity(), other.id()));
            }
        }
    }

    /** Looks through those that have the value which the fewest have. */
    private void requireUnique(RecordKey key, Set<String> group, ObjectNode data, RecordStore records) {
        if (!group.stream().allMatch(data::hasNonNull)) {
            return;
        }
        Set<RecordKey> candidates = group.stream()
                .map(field -> index.find(key.entity(), field, data.path(field)))
                .min(Comparator.comparingInt(Set::size))
                .orElse(Set.of());
        for (RecordKey other : candidates) {
            if (counts(other, key) && hasSame(group, data, records.shown(other))) {
                String fields = group.stream().sorted().collect(Collectors.joining(", "));
                throw WriteRefusal.of(
                        Rule.UNIQUE,
                        key,
                        fields,
                        null,
                        "%s '%s' has the same values in them already.".formatted(other.entity(), other.id()));
            }
        }
    }

    private boolean counts(RecordKey other, RecordKey key) {
        boolean together = other.home().equals(key.home())
                || key.entity().equals(keys.schema().root());
        return together && !other.equals(key);
    }

    private static boolean hasSame(Set<String> group, ObjectNode data, @Nullable StoredRecord other) {
        if (other == null) {
            return false;
        }
        ObjectNode there = Json.readObject(other.json());
        return group.stream().allMatch(field -> FieldIndex.isSame(data.path(field), there.path(field)));
    }

    /** Walks the references with a list of its own: a chain of cascades may be deeper than the stack. */
    private List<LocalWrite> delete(LocalWrite write, RecordStore records) {
        List<RecordKey> doomed = new ArrayList<>(List.of(write.key()));
        Set<RecordKey> seen = new LinkedHashSet<>(doomed);
        Map<RecordKey, ObjectNode> cleared = new LinkedHashMap<>();
        Map<RecordKey, WriteRefusal> restricted = new LinkedHashMap<>();
        for (int i = 0; i < doomed.size(); i++) {
            RecordKey target = doomed.get(i);
            references(target, (referrer, reference) -> {
                switch (reference.onDelete()) {
                    case CASCADE -> {
                        if (seen.add(referrer)) {
                            doomed.add(referrer);
                        }
                    }
                    case SET_NULL ->
                        cleared.computeIfAbsent(referrer, key -> Json.object()).putNull(reference.field());
                    case RESTRICT -> restricted.put(referrer, restricts(target, referrer, reference));
                }
            });
        }
        restricted.forEach((referrer, refusal) -> {
            if (!seen.contains(referrer)) {
                throw refusal;
            }
        });
        List<LocalWrite> writes = new ArrayList<>();
        cleared.forEach((key, fields) -> {
            if (!seen.contains(key)) {
                writes.add(new LocalWrite(WriteKind.UPDATE, key, scopeOf(key, write, records), fields)
                        .tagged(write.tag()));
            }
        });
        for (int i = doomed.size() - 1; i > 0; i--) {
            RecordKey key = doomed.get(i);
            writes.add(new LocalWrite(WriteKind.DELETE, key, scopeOf(key, write, records), Json.object())
                    .tagged(write.tag()));
        }
        if (write.expected() != null && !writes.isEmpty()) {
            throw entails(write.key(), writes.get(0).key());
        }
        writes.add(write);
        return writes;
    }

    /** What a delete entails is done before it: also if the comparison fails, which was to keep all that from being done. */
    private static WriteRefusal entails(RecordKey target, RecordKey referrer) {
        return WriteRefusal.of(
                Rule.RESTRICT,
                target,
                "id",
                Json.text(target.id()),
                "it cannot be deleted at one version only, because %s '%s' refers to it and would be changed first, whatever the version is. Change or delete that before, or use delete."
                        .formatted(referrer.entity(), referrer.id()));
    }

    private void references(RecordKey target, BiConsumer<RecordKey, Reference> visitor) {
        JsonNode id = Json.text(target.id());
        rules.forEach((entity, each) -> each.references().stream()
                .filter(reference -> reference.target().equals(target.entity()))
                .forEach(reference -> List.copyOf(index.find(entity, reference.field(), id)).stream()
                        .filter(referrer -> refersTo(referrer, target))
                        .forEach(referrer -> visitor.accept(referrer, reference))));
    }

    private static WriteRefusal restricts(RecordKey target, RecordKey referrer, Reference reference) {
        return WriteRefusal.of(
                Rule.RESTRICT,
                target,
                "id",
                Json.text(target.id()),
                "it cannot be deleted, because %s '%s' refers to it in '%s'. Change or delete that first."
                        .formatted(referrer.entity(), referrer.id(), reference.field()));
    }

    private static String scopeOf(RecordKey key, LocalWrite write, RecordStore records) {
        StoredRecord record = records.get(key);
        return record == null ? write.scope() : record.scope();
    }
}
