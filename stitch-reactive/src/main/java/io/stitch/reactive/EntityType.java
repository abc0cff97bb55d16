package io.stitch.reactive;

import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

import java.lang.reflect.GenericArrayType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
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

    /**
     * {@return the type of a record, with its parameters where it is generic}
     */
    public Type fullType() {
        return fullType;
    }

    private boolean isGeneric() {
        return fullType != javaType;
    }
}
