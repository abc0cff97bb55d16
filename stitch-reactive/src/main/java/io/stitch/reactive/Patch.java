package io.stitch.reactive;

import org.jspecify.annotations.Nullable;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** Fields to merge into a record (RFC 7396 on the top level): a value sets a field, a null clears it. Immutable. */
public final class Patch {
    private final Map<String, @Nullable Object> fields;

    private Patch(Map<String, @Nullable Object> fields) {
        this.fields = Collections.unmodifiableMap(fields);
    }

    /**
     * A patch of no fields, to begin with where the fields are only known at run time. An update with a patch that has stayed empty
     * writes nothing and sends nothing: subscribers see no event, and it completes with the record as it is seen here,
     * {@code QUEUED} if other writes of it are pending and {@code SYNCED} if not. It fails with a {@link RequestRefusedException}
     * (404) if no such record is seen here.
     *
     * @return the patch
     */
    public static Patch none() {
        return new Patch(Map.of());
    }

    /**
     * A patch of one field.
     *
     * @param field its name
     * @param value its value, or {@code null} to clear it
     * @return the patch
     */
    public static Patch of(String field, @Nullable Object value) {
        return none().and(field, value);
    }

    /**
     * This patch with one more field.
     *
     * @param field its name
     * @param value its value, or {@code null} to clear it
     * @return a new patch
     * @throws SchemaException if the field is {@code id} or {@code _version}, which no write may change
     */
    public Patch and(String field, @Nullable Object value) {
        requireWritable(field);
        Map<String, @Nullable Object> more = new LinkedHashMap<>(fields);
        more.put(field, value);
        return new Patch(more);
    }

    /**
     * {@return whether this has no fields}
     */
    public boolean isEmpty() {
        return fields.isEmpty();
    }

    /**
     * Checks that an update may change a field.
     *
     * @param field the field
     * @throws SchemaException if it is the id, or one that only servers write
     */
    public static void requireWritable(String field) {
        if (field.equals("id") || field.startsWith("_")) {
            throw new SchemaException(
                    "An update must not change '%s': the id is fixed, and fields with _ are the server's."
                            .formatted(field));
        }
    }

    /**
     * {@return the fields and their new values, {@code null} for one that is cleared; not to be modified}
     */
    public Map<String, @Nullable Object> fields() {
        return fields;
    }

    /**
     * {@return the names of the fields; values may be secret}
     */
    @Override
    public String toString() {
        return "Patch" + fields.keySet();
    }
}
