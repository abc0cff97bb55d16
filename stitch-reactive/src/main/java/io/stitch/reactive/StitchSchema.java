package io.stitch.reactive;

import org.jspecify.annotations.Nullable;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The entities that a store keeps: one root, its children, and entities that belong to no scope. Immutable. */
public final class StitchSchema {
    private final String root;
    private final Map<String, String> children;
    private final Set<String> topLevel;
    private final Set<String> localOnly;
    private final @Nullable String userScopeField;
    private final List<EntityType<?>> types;
    private final Map<String, FieldRules> rules;

    private StitchSchema(Builder builder) {
        this.root = builder.root;
        this.children = Map.copyOf(builder.children);
        this.topLevel = Set.copyOf(builder.topLevel);
        this.localOnly = Set.copyOf(builder.localOnly);
        this.userScopeField = builder.userScopeField;
        this.types = List.copyOf(builder.types.values());
        this.rules = Map.copyOf(builder.rules);
    }

    /**
     * Begins a schema with its root entity, whose ids are the scope ids.
     *
     * @param root the root
     * @return a builder
     */
    public static Builder root(EntityType<?> root) {
        return root(root, FieldRules.none());
    }

    /**
     * Begins a schema with its root entity, whose ids are the scope ids.
     *
     * @param root the root
     * @param rules what is checked before a root is written
     * @return a builder
     */
    public static Builder root(EntityType<?> root, FieldRules rules) {
        return new Builder(root, rules);
    }

    /**
     * {@return the entities that a scope consists of: the root first, then its children in the order in which they were added}
     */
    public List<EntityType<?>> scopedTypes() {
        return types.stream().filter(type -> isScoped(type.name())).toList();
    }

    /**
     * Names the field in which a child's record holds the id of its root.
     *
     * @param type an entity
     * @return the field, or empty if the entity is no child
     */
    public Optional<String> scopeField(EntityType<?> type) {
        return Optional.ofNullable(children.get(type.name()));
    }

    /**
     * {@return the name of the root entity}
     */
    public String root() {
        return root;
    }

    /**
     * {@return each child entity with the field that holds its scope's id}
     */
    public Map<String, String> children() {
        return children;
    }

    /**
     * {@return the entities that belong to no scope and are kept in sync}
     */
    public Set<String> topLevel() {
        return topLevel;
    }

    /**
     * {@return the entities that never leave this store}
     */
    public Set<String> localOnly() {
        return localOnly;
    }

    /**
     * {@return the root's field that names its owner, if there is one}
     */
    public Optional<String> userScopeField() {
        return Optional.ofNullable(userScopeField);
    }

    /**
     * {@return every entity}
     */
    public List<EntityType<?>> types() {
        return types;
    }

    /**
     * {@return what is checked of each entity's writes}
     */
    public Map<String, FieldRules> rules() {
        return rules;
    }

    private boolean isScoped(String entity) {
        return entity.equals(root) || children.containsKey(entity);
    }

    /** Builds a {@link StitchSchema}. */
    public static final class Builder {
        private final String root;
        private final Map<String, String> children = new LinkedHashMap<>();
        private final Set<String> topLevel = new LinkedHashSet<>();
        private final Set<String> localOnly = new LinkedHashSet<>();
        private final Map<String, EntityType<?>> types = new LinkedHashMap<>();
        private final Map<String, FieldRules> rules = new LinkedHashMap<>();
        private @Nullable String userScopeField;

        private Builder(EntityType<?> root, FieldRules rules) {
            this.root = claim(root, rules);
        }

        /**
         * Adds an entity whose records belong to a scope.
         *
         * @param type the entity
         * @param scopeField the field that holds the id of the root
         * @return this builder
         * @throws SchemaException if the name is taken or reserved, or the field cannot be a scope field
         */
        public Builder child(EntityType<?> type, String scopeField) {
            return child(type, scopeField, FieldRules.none());
        }

        /**
         * Adds an entity whose records belong to a scope.
         *
         * @param type the entity
         * @param scopeField the field that holds the id of the root
         * @param fieldRules what is checked before a record is written
         * @return this builder
         * @throws SchemaException if the name is taken or reserved, or the field cannot be a scope field
         */
        public Builder child(EntityType<?> type, String scopeField, FieldRules fieldRules) {
            String problem = Names.childEntityProblem(type.name());
            if (problem != null) {
                throw new SchemaException("Cannot use '%s' as a child entity: %s.".formatted(type.name(), problem));
            }
            if (scopeField.isBlank() || scopeField.equals("id")) {
                throw new SchemaException(
                        "The child entity '%s' needs the name of the field that holds its %s's id, not '%s'."
                                .formatted(type.name(), root, scopeField));
            }
            children.put(claim(type, fieldRules), scopeField);
            return this;
        }

        /**
         * Adds an entity that belongs to no scope. All its records are kept.
         *
         * @param type the entity
         * @return this builder
         * @throws SchemaException if the name is taken
         */
        public Builder topLevel(EntityType<?> type) {
            return topLevel(type, FieldRules.none());
        }

        /**
         * Adds an entity that belongs to no scope. All its records are kept.
         *
         * @param type the entity
         * @param fieldRules what is checked before a record is written
         * @return this builder
         * @throws SchemaException if the name is taken
         */
        public Builder topLevel(EntityType<?> type, FieldRules fieldRules) {
            topLevel.add(claim(type, fieldRules));
            return this;
        }

        /**
         * Adds an entity whose records never leave this store.
         *
         * @param type the entity
         * @return this builder
         * @throws SchemaException if the name is taken
         */
        public Builder localOnly(EntityType<?> type) {
            return localOnly(type, FieldRules.none());
        }

        /**
         * Adds an entity whose records never leave this store.
         *
         * @param type the entity
         * @param fieldRules what is checked before a record is written
         * @return this builder
         * @throws SchemaException if the name is taken
         */
        public Builder localOnly(EntityType<?> type, FieldRules fieldRules) {
            localOnly.add(claim(type, fieldRules));
            return this;
        }

        /**
         * Names the root's field that holds its owner. The lists of roots then ask only for the user's own.
         *
         * @param field the field
         * @return this builder
         * @throws SchemaException if the field is blank
         */
        public Builder userScopeField(String field) {
            if (field.isBlank()) {
                throw new SchemaException("The user scope field must be the name of a field of '%s'.".formatted(root));
            }
            this.userScopeField = field;
            return this;
        }

        /**
         * Checks the schema.
         *
         * @return the schema
         * @throws SchemaException if a field refers to an entity that the schema does not have
         */
        public StitchSchema build() {
            rules.forEach((entity, each) -> each.references().forEach(reference -> {
                if (!types.containsKey(reference.target())) {
                    throw new SchemaException(
                            "The field '%s' of '%s' refers to '%s', which the schema does not have. Add it to the schema."
                                    .formatted(reference.field(), entity, reference.target()));
                }
            }));
            return new StitchSchema(this);
        }

        private String claim(EntityType<?> type, FieldRules fieldRules) {
            if (types.putIfAbsent(type.name(), type) != null) {
                throw new SchemaException("The entity '%s' is in the schema twice. Give each entity one place in it."
                        .formatted(type.name()));
            }
            rules.put(type.name(), fieldRules);
            return type.name();
        }
    }
}
