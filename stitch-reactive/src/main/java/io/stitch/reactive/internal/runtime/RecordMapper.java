package io.stitch.reactive.internal.runtime;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.stitch.reactive.EntityType;
import io.stitch.reactive.Patch;
import io.stitch.reactive.SchemaException;
import io.stitch.reactive.internal.records.Bookkeeping;
import io.stitch.reactive.internal.records.FieldChange;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.writes.Ids;
import io.stitch.reactive.spi.JsonBounds;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.TokenStreamContext;
import tools.jackson.databind.AnnotationIntrospector;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.cfg.MapperConfig;
import tools.jackson.databind.deser.DeserializationProblemHandler;
import tools.jackson.databind.introspect.Annotated;
import tools.jackson.databind.introspect.NopAnnotationIntrospector;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.util.TokenBuffer;

import java.lang.reflect.AnnotatedElement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * Between records as JSON and the application's types.
 *
 * @param mapper the application's, or Jackson's shared one
 * @param whole the same, but for leaving nothing out: what a function changed is seen only where each field is written
 */
record RecordMapper(JsonMapper mapper, JsonMapper whole) {
    /** Whether a type takes whatever fields there are, so that it would show those that are nobody's to see. */
    private static final ClassValue<Boolean> SHOWS_ALL = new ClassValue<>() {
        @Override
        protected Boolean computeValue(Class<?> type) {
            if (Map.class.isAssignableFrom(type) || JsonNode.class.isAssignableFrom(type) || type == Object.class) {
                return true;
            }
            for (Class<?> each = type; each != null; each = each.getSuperclass()) {
                boolean any = Stream.of(each.getDeclaredMethods(), each.getDeclaredFields(), parametersOf(each))
                        .flatMap(Stream::of)
                        .anyMatch(member -> member.isAnnotationPresent(JsonAnySetter.class));
                if (any) {
                    return true;
                }
            }
            return false;
        }

        private static AnnotatedElement[] parametersOf(Class<?> type) {
            return Stream.of(type.getDeclaredConstructors())
                    .flatMap(each -> Stream.of(each.getParameters()))
                    .toArray(AnnotatedElement[]::new);
        }
    };

    RecordMapper(JsonMapper mapper) {
        this(mapper, leavingNothingOut(mapper));
    }

    private static JsonMapper leavingNothingOut(JsonMapper mapper) {
        AnnotationIntrospector annotations = mapper.serializationConfig().getAnnotationIntrospector();
        return mapper.rebuild()
                .changeDefaultPropertyInclusion(ignored -> Everything.ALWAYS)
                .annotationIntrospector(AnnotationIntrospector.pair(new Everything(), annotations))
                .build();
    }

    /** Overrides what types say about leaving fields out. */
    private static final class Everything extends NopAnnotationIntrospector {
        private static final long serialVersionUID = 1;
        private static final JsonInclude.Value ALWAYS =
                JsonInclude.Value.construct(JsonInclude.Include.ALWAYS, JsonInclude.Include.ALWAYS);

        @Override
        public JsonInclude.Value findPropertyInclusion(MapperConfig<?> config, Annotated member) {
            return ALWAYS;
        }
    }

    /** Has the mapper learn a type now: it takes a lock the first time, which a reactive thread must not wait for. */
    void prepare(EntityType<?> type) {
        mapper.readerFor(javaType(type));
        mapper.writerFor(javaType(type));
        whole.writerFor(javaType(type));
    }

    private JavaType javaType(EntityType<?> type) {
        return mapper.constructType(type.fullType());
    }

    <T> T read(EntityType<T> type, byte[] json) {
        if (type.javaType() == ObjectNode.class) {
            return type.javaType().cast(Bookkeeping.read(json));
        }
        if (SHOWS_ALL.get(type.javaType()) && Bookkeeping.mayBeIn(json)) {
            return read(type, Bookkeeping.read(json));
        }
        try (JsonParser parser = Json.rereading(json)) {
            return reader(type)
                    // Where the type leaves open what a number is.
                    .with(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
                    .readValue(parser);
        } catch (JacksonException e) {
            throw misfit(type, id(json), e);
        }
    }

    /** The id of a record, which may be damaged. */
    private static String id(byte[] json) {
        try {
            return Json.readObject(json).path("id").asString("?");
        } catch (JacksonException e) {
            return "?";
        }
    }

    <T> T read(EntityType<T> type, ObjectNode json) {
        Bookkeeping.without(json);
        if (type.javaType() == ObjectNode.class) {
            return type.javaType().cast(json);
        }
        try {
            // Not treeToValue, whose signature is another one in each of Jackson 3.0 and 3.1.
            return reader(type).readValue(json);
        } catch (JacksonException e) {
            throw misfit(type, json.path("id").asString("?"), e);
        }
    }

    private ObjectReader reader(EntityType<?> type) {
        return mapper.readerFor(javaType(type)).withHandler(ProtocolFields.HANDLER);
    }

    /** Lets a mapper that fails on unknown properties pass over those that the protocol adds to every record. */
    private static final class ProtocolFields extends DeserializationProblemHandler {
        static final ProtocolFields HANDLER = new ProtocolFields();

        @Override
        public boolean handleUnknownProperty(
                DeserializationContext context,
                JsonParser parser,
                ValueDeserializer<?> deserializer,
                Object beanOrClass,
                String name) {
            if (!name.startsWith("_") || !isOfRecord(parser)) {
                return false;
            }
            parser.skipChildren();
            return true;
        }

        /** {@return whether the value that was begun is one of the record itself, not of an object in it} */
        private static boolean isOfRecord(JsonParser parser) {
            TokenStreamContext around = parser.streamReadContext();
            if (parser.currentToken().isStructStart()) {
                around = around.getParent();
            }
            return around.getParent().inRoot();
        }
    }

    private static SchemaException misfit(EntityType<?> type, String id, JacksonException e) {
        return new SchemaException(
                "The %s '%s' does not fit %s: %s. Make the type accept what the server stores."
                        .formatted(type.name(), id, type.fullType().getTypeName(), e.getOriginalMessage()),
                e);
    }

    /** The fields that a function changes in a record; what the Java type does not know of it stays as it is. */
    <T> ObjectNode patch(EntityType<T> type, ObjectNode held, UnaryOperator<T> change) {
        Bookkeeping.without(held);
        // The function may change the object that it gets, so that one must not be compared with the result.
        ObjectNode before =
                JsonNode.class.isAssignableFrom(type.javaType()) ? held : write(whole, type, read(type, held));
        T changed = applied(change, read(type, held.deepCopy()));
        if (changed == null) {
            throw new SchemaException("The change of the %s '%s' returned null. Return the record, or delete it."
                    .formatted(type.name(), held.path("id").asString("?")));
        }
        ObjectNode patch = TypedChange.patch(held, before, write(whole, type, changed));
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

    <T> ObjectNode write(EntityType<T> type, T record) {
        return write(mapper, type, record);
    }

    private static <T> ObjectNode write(JsonMapper mapper, EntityType<T> type, T record) {
        if (!(tree(mapper, type, record) instanceof ObjectNode json)) {
            throw new SchemaException("A %s must be written as a JSON object; %s is not."
                    .formatted(type.name(), type.fullType().getTypeName()));
        }
        if (!json.path("id").isString()) {
            throw new SchemaException("A %s needs a property 'id' that is a string; %s has none."
                    .formatted(type.name(), type.fullType().getTypeName()));
        }
        Ids.require(type.name(), json.path("id").stringValue());
        return json;
    }

    /**
     * The fields of a patch as JSON.
     *
     * @throws SchemaException if the type could not read one of them again: the server would take it, and nobody see the record
     */
    ObjectNode write(EntityType<?> type, Patch patch) {
        ObjectNode fields = Json.object();
        patch.fields().forEach((field, value) -> fields.set(field, ownTree(value)));
        if (type.javaType() != ObjectNode.class) {
            requireFitting(type, fields);
        }
        if (!patch.changes().isEmpty()) {
            ObjectNode changes = fields.putObject(FieldChange.FIELD);
            patch.changes().forEach((field, change) -> changes.set(field, change(type, field, change)));
        }
        return fields;
    }

    private ObjectNode change(EntityType<?> type, String field, Patch.Change change) {
        if (change instanceof Patch.Increment increment) {
            return new FieldChange.Increment(increment.by()).toJson();
        }
        Map<JsonNode, Boolean> in = new LinkedHashMap<>();
        ((Patch.Elements) change).in().forEach((element, is) -> {
            JsonNode tree = ownTree(element);
            if (tree.toString().length() > JsonBounds.MAX_NAME_LENGTH) {
                throw new SchemaException(
                        "An element of the field '%s' of a %s has more than %d characters as JSON. Keep what is so large in a record of its own."
                                .formatted(field, type.name(), JsonBounds.MAX_NAME_LENGTH));
            }
            in.put(tree, is);
        });
        return new FieldChange.Elements(in).toJson();
    }

    private JsonNode ownTree(@Nullable Object value) {
        JsonNode tree = mapper.valueToTree(value);
        return value instanceof JsonNode ? tree.deepCopy() : tree; // The caller may go on changing its own.
    }

    /** Reads the fields alone: what is missing beside them is no fault of theirs. */
    private void requireFitting(EntityType<?> type, ObjectNode fields) {
        try {
            Object ignored = reader(type).readValue(fields);
        } catch (JacksonException e) {
            List<JacksonException.Reference> path = e.getPath();
            String field = path.isEmpty() ? null : path.get(0).getPropertyName();
            if (field != null && fields.hasNonNull(field)) {
                throw new SchemaException(
                        "The field '%s' of a %s cannot be set to %s: it does not fit %s: %s. Nothing was written."
                                .formatted(
                                        field,
                                        type.name(),
                                        abbreviated(fields.path(field)),
                                        type.fullType().getTypeName(),
                                        e.getOriginalMessage()),
                        e);
            }
        }
    }

    private static String abbreviated(JsonNode value) {
        String text = value.toString();
        return text.length() <= 100 ? text : text.substring(0, 100) + '…';
    }

    private static <T> JsonNode tree(JsonMapper mapper, EntityType<T> type, T record) {
        if (type.fullType() == type.javaType()) {
            return mapper.valueToTree(record);
        }
        // Without the parameters, which the object does not know, no field would name the types of its values.
        JavaType exact = mapper.getTypeFactory()
                .constructSpecializedType(mapper.constructType(type.fullType()), record.getClass());
        // Not the writer's valueToTree: that of Jackson 3.0 forgets the type that the writer is for.
        try (TokenBuffer tokens = TokenBuffer.forGeneration()) {
            mapper.writerFor(exact).writeValue(tokens, record);
            return mapper.readTree(tokens.asParser());
        }
    }
}
