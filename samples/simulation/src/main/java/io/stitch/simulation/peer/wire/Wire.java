package io.stitch.simulation.peer.wire;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import java.util.Map;
import java.util.TreeMap;

/** Topics of peers, the fields of records that the simulation writes, and the text that authors sign. */
public final class Wire {
    /** Reads and writes JSON. */
    public static final JsonMapper MAPPER = JsonMapper.builder().build();

    /** The field that tells who wrote the record last, as far as that is one field. */
    public static final String BY = "by";

    /** The field that names a record's scope. */
    public static final String SCOPE_FIELD = "projectId";

    /** A number that is added to. */
    public static final String NUMBER = "votes";

    /** A list that is put into. */
    public static final String LIST = "tags";

    /** The field with a record's stamp. */
    public static final String STAMP = "_hlc";

    /** The field with an author's signature. */
    public static final String SIGNATURE = "_sig";

    /** What the scope of a top-level entity begins with. */
    public static final String TOP = "#";

    /** The scope of the top-level entity that all have. */
    public static final String PEOPLE = TOP + "person";

    /** Below what all is said. */
    public static final String PREFIX = "stitch/peer/";

    private static final String TOP_LEVEL = "_top";
    private static final int SCOPE_LEVEL = 3;
    private static final int LEVELS_OUTSIDE = 4;

    private Wire() {}

    /**
     * Tells whether a scope is that of a top-level entity.
     *
     * @param scope its id
     * @return whether
     */
    public static boolean isTop(String scope) {
        return scope.startsWith(TOP);
    }

    /**
     * Names what is written in a scope.
     *
     * @param scope its id
     * @param root whether its root is meant, where it has one
     * @return the entity
     */
    public static String entity(String scope, boolean root) {
        return isTop(scope) ? scope.substring(TOP.length()) : root ? "project" : "task";
    }

    /**
     * Names a topic.
     *
     * @param scope the id of a scope
     * @param rest what comes below
     * @return the topic
     */
    public static String topic(String scope, String rest) {
        return PREFIX
                + (isTop(scope) ? TOP_LEVEL + '/' + scope.substring(TOP.length()) : "project/" + scope)
                + '/'
                + rest;
    }

    /**
     * Names the topic of what happens to records other than the root.
     *
     * @param scope the id of a scope
     * @param operation created, updated or deleted
     * @return the topic
     */
    public static String event(String scope, String operation) {
        return topic(scope, entity(scope, false) + "/events/" + operation);
    }

    /**
     * Tells whether a message is said in a scope.
     *
     * @param topic its topic
     * @return whether
     */
    public static boolean isInScope(String topic) {
        return topic.split("/", -1).length > LEVELS_OUTSIDE;
    }

    /**
     * Tells in which scope a message is said.
     *
     * @param topic its topic, which is in a scope
     * @return the scope's id
     */
    public static String scopeOf(String topic) {
        String[] levels = topic.split("/", -1);
        return levels[SCOPE_LEVEL - 1].equals(TOP_LEVEL) ? TOP + levels[SCOPE_LEVEL] : levels[SCOPE_LEVEL];
    }

    /**
     * Writes what an author signs (protocol section 5.6).
     *
     * @param scope the scope of what is written
     * @param entity its entity
     * @param id its id
     * @param data the record with its stamp; of a delete the stamp alone
     * @param deletes whether it is a delete
     * @return the text
     */
    public static String signed(String scope, String entity, String id, JsonNode data, boolean deletes) {
        Map<String, JsonNode> rest = new TreeMap<>();
        data.properties().forEach(field -> {
            if (!field.getKey().equals(SIGNATURE)) {
                rest.put(field.getKey(), field.getValue());
            }
        });
        StringBuilder text = new StringBuilder("{\"data\":");
        write(rest, text);
        return text.append(",\"entity\":\"%s\",\"id\":\"%s\",\"operation\":\"%s\",\"scope\":\"%s\"}"
                        .formatted(entity, id, deletes ? "Delete" : "Write", scope))
                .toString();
    }

    private static void write(Map<String, JsonNode> fields, StringBuilder text) {
        char before = '{';
        for (Map.Entry<String, JsonNode> field : fields.entrySet()) {
            text.append(before).append('"').append(field.getKey()).append("\":");
            write(field.getValue(), text);
            before = ',';
        }
        text.append(fields.isEmpty() ? "{}" : "}");
    }

    /** Canonical JSON, of what records of the simulation have in them. */
    private static void write(JsonNode value, StringBuilder text) {
        if (value.isObject()) {
            Map<String, JsonNode> fields = new TreeMap<>();
            value.properties().forEach(field -> fields.put(field.getKey(), field.getValue()));
            write(fields, text);
        } else if (value.isArray()) {
            char before = '[';
            for (JsonNode each : value) {
                text.append(before);
                write(each, text);
                before = ',';
            }
            text.append(value.isEmpty() ? "[]" : "]");
        } else if (value.isNumber()) {
            text.append(
                    value.decimalValue().signum() == 0
                            ? "0"
                            : value.decimalValue().stripTrailingZeros().toPlainString());
        } else {
            text.append(value);
        }
    }
}
