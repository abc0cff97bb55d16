package io.stitch.reactive;

import org.jspecify.annotations.Nullable;

import java.math.BigDecimal;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/** Fields to merge into a record (RFC 7396 on the top level): a value sets a field, a null clears it. Immutable. */
public final class Patch {
    private final Map<String, @Nullable Object> fields;
    private static final int MOST_DIGITS = 200;

    private final Map<String, Change> changes;

    /** What is done to the value that a field has when the write's turn comes. */
    public sealed interface Change {}

    /**
     * Adds to a number.
     *
     * @param by how much
     */
    public record Increment(BigDecimal by) implements Change {}

    /**
     * Puts elements into a list, and takes them out of it.
     *
     * @param in whether each element is in afterwards
     */
    public record Elements(Map<Object, Boolean> in) implements Change {}

    private Patch(Map<String, @Nullable Object> fields, Map<String, Change> changes) {
        this.fields = Collections.unmodifiableMap(fields);
        this.changes = Collections.unmodifiableMap(changes);
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
        return new Patch(Map.of(), Map.of());
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
        if (changes.containsKey(field)) {
            throw bothWays(field);
        }
        Map<String, @Nullable Object> more = new LinkedHashMap<>(fields);
        more.put(field, value);
        return new Patch(more, changes);
    }

    /**
     * A patch that adds to a number, whatever it is by then: what others add meanwhile counts, too. A field without a value begins at 0. A write fails with a
     * {@link SchemaException} if the field holds something else. In server mode the value is worked out when it is sent, and anew if others wrote the record meanwhile; one
     * that was sent and not answered is done once, or rejected with {@link RequestFailedException.Reason#OVERTAKEN} where nobody can tell whether it was.
     *
     * @param field its name
     * @param by how much; below zero to take away
     * @return the patch
     */
    public static Patch increment(String field, Number by) {
        return none().andIncrement(field, by);
    }

    /**
     * This patch with one more number that is added to.
     *
     * @param field its name
     * @param by how much; below zero to take away
     * @return a new patch
     * @throws SchemaException if the field is one that no write may change, or this sets it as well, or the number is none
     */
    public Patch andIncrement(String field, Number by) {
        BigDecimal number;
        try {
            number = new BigDecimal(by.toString());
        } catch (NumberFormatException e) {
            throw new SchemaException("The field '%s' cannot be incremented by %s.".formatted(field, by), e);
        }
        Change before = changes.get(field);
        BigDecimal sum = before instanceof Increment increment ? increment.by.add(number) : number;
        if (sum.precision() > MOST_DIGITS || Math.abs((long) sum.scale()) > MOST_DIGITS) {
            throw new SchemaException("The field '%s' cannot be incremented by a number of more than %d digits."
                    .formatted(field, MOST_DIGITS));
        }
        return change(field, before instanceof Elements, new Increment(sum));
    }

    /**
     * A patch that puts an element into a list that has each element once, whatever is in it by then: what others put in or take out meanwhile counts, too.
     * A field without a value begins as an empty list. A write fails with a {@link SchemaException} if the field holds something else.
     *
     * @param field its name
     * @param element the element; its JSON has at most 4 096 characters
     * @return the patch
     */
    public static Patch add(String field, Object element) {
        return none().andAdd(field, element);
    }

    /**
     * A patch that takes an element out of a list, as {@link #add} puts it in.
     *
     * @param field its name
     * @param element the element
     * @return the patch
     */
    public static Patch remove(String field, Object element) {
        return none().andRemove(field, element);
    }

    /**
     * This patch with one more element that is put into a list.
     *
     * @param field its name
     * @param element the element
     * @return a new patch
     * @throws SchemaException if the field is one that no write may change, or this sets it as well
     */
    public Patch andAdd(String field, Object element) {
        return element(field, element, true);
    }

    /**
     * This patch with one more element that is taken out of a list.
     *
     * @param field its name
     * @param element the element
     * @return a new patch
     * @throws SchemaException if the field is one that no write may change, or this sets it as well
     */
    public Patch andRemove(String field, Object element) {
        return element(field, element, false);
    }

    private Patch element(String field, Object element, boolean in) {
        Change before = changes.get(field);
        Map<Object, Boolean> all =
                before instanceof Elements elements ? new LinkedHashMap<>(elements.in) : new LinkedHashMap<>();
        all.remove(element);
        all.put(element, in);
        return change(field, before instanceof Increment, new Elements(Collections.unmodifiableMap(all)));
    }

    private Patch change(String field, boolean isOther, Change change) {
        requireWritable(field);
        if (isOther || fields.containsKey(field)) {
            throw bothWays(field);
        }
        Map<String, Change> more = new LinkedHashMap<>(changes);
        more.put(field, change);
        return new Patch(fields, more);
    }

    private static SchemaException bothWays(String field) {
        return new SchemaException(
                "A patch cannot change the field '%s' in two ways. Write it twice, one after the other."
                        .formatted(field));
    }

    /**
     * {@return the fields whose values are changed, and how; not to be modified}
     */
    public Map<String, Change> changes() {
        return changes;
    }

    /**
     * {@return whether this has no fields}
     */
    public boolean isEmpty() {
        return fields.isEmpty() && changes.isEmpty();
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
        Set<String> names = new LinkedHashSet<>(fields.keySet());
        names.addAll(changes.keySet());
        return "Patch" + names;
    }
}
