package io.stitch.reactive;

import io.stitch.reactive.wire.Json;
import io.stitch.reactive.wire.Names;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

import java.lang.reflect.GenericArrayType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * An entity: its name on the wire and the Java type of its records. Immutable; make one constant for each entity.
 *
 * @param <T> the Java type of a record; it is written and read with Jackson and must have a property {@code id}
 */
public final class EntityType<T> {
    private final String name;
    private final Class<T> javaType;
    private final Type fullType;

    private EntityType(String name, Class<T> javaType, Type fullType) {
        String problem = Names.entityProblem(name);
        if (problem != null) {
            throw new SchemaException("Cannot use '%s' as the name of an entity: %s.".formatted(name, problem));
        }
        this.name = name;
        this.javaType = javaType;
        this.fullType = fullType;
    }

    /**
     * An entity whose records are Java objects.
     *
     * @param name the entity's name on the wire
     * @param javaType the type of a record
     * @param <T> the type of a record
     * @return the entity
     * @throws SchemaException if the name cannot be used in a topic
     */
    public static <T> EntityType<T> of(String name, Class<T> javaType) {
        return new EntityType<>(name, javaType, javaType);
    }

    /**
     * An entity whose records are Java objects of a generic type: {@code new TypeReference<Versioned<Contact>>() {}}.
     *
     * @param name the entity's name on the wire
     * @param javaType the type of a record, without type variables
     * @param <T> the type of a record
     * @return the entity
     * @throws SchemaException if the name cannot be used in a topic, or the type has a variable, whose values would be read as maps
     */
    public static <T> EntityType<T> of(String name, TypeReference<T> javaType) {
        Type type = javaType.getType();
        if (hasVariable(type)) {
            throw new SchemaException(
                    "The type %s of the %s leaves a type variable open. Write the reference with the types that it stands for."
                            .formatted(type.getTypeName(), name));
        }
        @SuppressWarnings("unchecked") // A reference to T has the class of T.
        Class<T> rawType = (Class<T>) JsonMapper.shared().constructType(type).getRawClass();
        return new EntityType<>(name, rawType, type);
    }

    private static boolean hasVariable(Type type) {
        if (type instanceof ParameterizedType generic) {
            return Stream.of(generic.getActualTypeArguments()).anyMatch(EntityType::hasVariable);
        }
        if (type instanceof WildcardType wildcard) {
            return Stream.of(wildcard.getUpperBounds()).anyMatch(EntityType::hasVariable);
        }
        return type instanceof TypeVariable<?>
                || (type instanceof GenericArrayType array && hasVariable(array.getGenericComponentType()));
    }

    /**
     * An entity without a Java type of its own.
     *
     * @param name the entity's name on the wire
     * @return the entity
     * @throws SchemaException if the name cannot be used in a topic
     */
    public static EntityType<ObjectNode> json(String name) {
        return of(name, ObjectNode.class);
    }

    /**
     * {@return the entity's name on the wire}
     */
    public String name() {
        return name;
    }

    /**
     * {@return the type of a record; of a generic one its class}
     */
    public Class<T> javaType() {
        return javaType;
    }

    @Override
    public String toString() {
        return "EntityType[" + name + " as " + (isGeneric() ? fullType.getTypeName() : javaType.getSimpleName()) + ']';
    }

    /** Has the mapper learn the type now: it takes a lock the first time, which a reactive thread must not wait for. */
    void prepare(JsonMapper mapper) {
        mapper.readerFor(type(mapper));
        mapper.writerFor(type(mapper));
    }

    private boolean isGeneric() {
        return fullType != javaType;
    }

    private JavaType type(JsonMapper mapper) {
        return mapper.constructType(fullType);
    }

    T read(JsonMapper mapper, byte[] json) {
        if (javaType == ObjectNode.class) {
            return javaType.cast(Json.readObject(json));
        }
        try (JsonParser parser = Json.rereading(json)) {
            return mapper.readerFor(type(mapper))
                    // Where the type leaves open what a number is.
                    .with(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
                    .readValue(parser);
        } catch (JacksonException e) {
            throw misfit(Json.readObject(json), e);
        }
    }

    T read(JsonMapper mapper, ObjectNode json) {
        if (javaType == ObjectNode.class) {
            return javaType.cast(json);
        }
        try {
            return mapper.treeToValue(json, type(mapper));
        } catch (JacksonException e) {
            throw misfit(json, e);
        }
    }

    private SchemaException misfit(ObjectNode json, JacksonException e) {
        return new SchemaException(
                "The %s '%s' does not fit %s: %s. Make the type accept what the server stores."
                        .formatted(name, json.path("id").asString("?"), fullType.getTypeName(), e.getOriginalMessage()),
                e);
    }

    /** The fields that a function changes in a record; what the Java type does not know of it stays as it is. */
    ObjectNode patch(JsonMapper mapper, ObjectNode held, UnaryOperator<T> change) {
        // The function may change the object that it gets, so that one must not be compared with the result.
        ObjectNode before = JsonNode.class.isAssignableFrom(javaType) ? held : write(mapper, read(mapper, held));
        T changed = applied(change, read(mapper, held.deepCopy()));
        if (changed == null) {
            throw new SchemaException("The change of the %s '%s' returned null. Return the record, or delete it."
                    .formatted(name, held.path("id").asString("?")));
        }
        ObjectNode patch = TypedChange.patch(held, before, write(mapper, changed));
        patch.propertyNames().forEach(Patch::requireWritable);
        return patch;
    }

    private static <T> @Nullable T applied(UnaryOperator<T> change, T record) {
        try {
            return change.apply(record);
        } catch (Error e) {
            Exceptions.throwIfFatal(e);
            throw new IllegalStateException("The function that changes a record failed: " + e, e);
        }
    }

    ObjectNode write(JsonMapper mapper, T record) {
        if (!(tree(mapper, record) instanceof ObjectNode json)) {
            throw new SchemaException(
                    "A %s must be written as a JSON object; %s is not.".formatted(name, fullType.getTypeName()));
        }
        if (!json.path("id").isString()) {
            throw new SchemaException("A %s needs a property 'id' that is a string; %s has none."
                    .formatted(name, fullType.getTypeName()));
        }
        ValidationException.requireId(name, json.path("id").stringValue());
        return json;
    }

    private JsonNode tree(JsonMapper mapper, T record) {
        if (!isGeneric()) {
            return mapper.valueToTree(record);
        }
        // Without the parameters, which the object does not know, no field would name the types of its values.
        JavaType exact = mapper.getTypeFactory().constructSpecializedType(type(mapper), record.getClass());
        return mapper.writerFor(exact).valueToTree(record);
    }
}
