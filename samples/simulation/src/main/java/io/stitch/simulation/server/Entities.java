package io.stitch.simulation.server;

import io.stitch.reactive.EntityType;
import io.stitch.reactive.FieldRules;
import io.stitch.reactive.FieldType;
import io.stitch.reactive.OnDelete;
import io.stitch.reactive.StitchSchema;
import io.stitch.server.EntitySchema;
import io.stitch.server.ForeignKey;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** The entities of the simulation: with each rule that there is, and references that go round in a circle. */
final class Entities {
    static final EntityType<ObjectNode> PROJECT = EntityType.json("project");
    static final EntityType<Task> TASK = EntityType.of("task", Task.class);
    static final EntityType<ObjectNode> TASK_JSON = EntityType.json("task");
    static final EntityType<ObjectNode> MEMBER = EntityType.json("member");
    static final EntityType<ObjectNode> NOTE = EntityType.json("note");
    static final EntityType<ObjectNode> LINK = EntityType.json("link");
    static final EntityType<ObjectNode> PERSON = EntityType.json("person");
    static final EntityType<ObjectNode> DRAFT = EntityType.json("draft");

    static final String SCOPE_FIELD = "projectId";
    static final List<String> SCOPES = List.of("p1", "p2", "p3");

    /** The entities of a scope, the root first. */
    static final List<EntityType<ObjectNode>> SCOPED = List.of(PROJECT, TASK_JSON, MEMBER, NOTE, LINK);

    static final List<EntityType<ObjectNode>> ALL = List.of(PROJECT, TASK_JSON, MEMBER, NOTE, LINK, PERSON, DRAFT);

    static final StitchSchema SCHEMA = StitchSchema.root(
                    PROJECT, FieldRules.none().required("name"))
            .child(MEMBER, SCOPE_FIELD, FieldRules.none().unique("name"))
            .child(
                    TASK,
                    SCOPE_FIELD,
                    FieldRules.none()
                            .required("title")
                            .type("title", FieldType.STRING)
                            .defaultValue("state", "open")
                            .unique("rank")
                            .references("partOf", TASK, OnDelete.CASCADE)
                            .references("memberId", MEMBER, OnDelete.SET_NULL))
            .child(NOTE, SCOPE_FIELD, FieldRules.none().references("taskId", TASK, OnDelete.RESTRICT))
            .child(LINK, SCOPE_FIELD, FieldRules.none().references("otherId", LINK, OnDelete.SET_NULL))
            .topLevel(PERSON, FieldRules.none().required("name"))
            .localOnly(DRAFT)
            .build();

    /** The fields that name other records, with the entity of those. */
    private static final Map<String, Map<String, String>> REFERENCES = Map.of(
            "task", Map.of("partOf", "task", "memberId", "member"),
            "note", Map.of("taskId", "task"),
            "link", Map.of("otherId", "link"));

    private Entities() {}

    static List<String> scopes(int count) {
        return IntStream.rangeClosed(1, count).mapToObj(number -> "p" + number).toList();
    }

    static Map<String, String> references(String entity) {
        return REFERENCES.getOrDefault(entity, Map.of());
    }

    /** One of so few ids that records of an entity meet; those of a scope have its name in front. */
    static String id(String entity, String scope, int number) {
        if (entity.equals("project")) {
            return scope;
        }
        return (isScoped(entity) ? scope : "") + entity.charAt(0) + number;
    }

    static boolean isScoped(String entity) {
        return SCOPED.stream().anyMatch(type -> type.name().equals(entity));
    }

    static boolean isChild(String entity) {
        return isScoped(entity) && !entity.equals("project");
    }

    /** The scope of a record, or an empty text. */
    static String scopeOf(String entity, ObjectNode record) {
        return record.path(entity.equals("project") ? "id" : SCOPE_FIELD).asString("");
    }

    static EntityType<ObjectNode> json(String entity) {
        return ALL.stream()
                .filter(type -> type.name().equals(entity))
                .findFirst()
                .orElseThrow();
    }

    /** The same rules, where a server checks them too. */
    static List<EntitySchema> serverRules() {
        List<EntitySchema> rules = new ArrayList<>();
        rules.add(EntitySchema.of("project").withNotNull("name"));
        rules.add(EntitySchema.of("person").withNotNull("name"));
        rules.add(ofTheScope("member").withUnique("name"));
        rules.add(ofTheScope("task")
                .withNotNull("title")
                .withUnique("rank")
                .withType("effort", EntitySchema.FieldType.NUMBER)
                .withDefault("state", JsonNodeFactory.instance.stringNode("open"))
                .withForeignKey("partOf", "task", ForeignKey.OnDelete.CASCADE)
                .withForeignKey("memberId", "member", ForeignKey.OnDelete.SET_NULL));
        rules.add(ofTheScope("note").withForeignKey("taskId", "task", ForeignKey.OnDelete.RESTRICT));
        rules.add(ofTheScope("link").withForeignKey("otherId", "link", ForeignKey.OnDelete.SET_NULL));
        return rules;
    }

    private static EntitySchema ofTheScope(String entity) {
        return EntitySchema.of(entity).withForeignKey(SCOPE_FIELD, "project", ForeignKey.OnDelete.CASCADE);
    }
}
