package io.stitch.reactive;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What to list: filters that are and-ed, alternatives of which one must hold, an order, a part (protocol section 3.2). Immutable: each
 * method returns a changed query. A query that a server would misread is refused here, because servers ignore what they do not understand.
 *
 * <p>No server knows {@link #whereAny} and {@link Operator#CONTAINS}. Live queries and whatever is listed from this store take them as any other
 * condition. A list that a server is asked for is answered as well, and right, but dearly: all that the other conditions leave is fetched,
 * page by page, and looked through here, also where only a part is asked for.
 */
public final class ListQuery {
    private static final int MAX_FILTERS = 16;
    private static final int MAX_SORTS = 4;
    /** Where servers cut a list, before they sort it and apply the offset; a part of one ends there at the latest. */
    public static final int MAX_RECORDS = 10_000;

    private static final ListQuery ALL =
            new ListQuery(List.of(), List.of(), List.of(), List.of(), OptionalInt.empty(), 0, null);

    /** How a field is compared. Each is false on an absent field. */
    public enum Operator {
        /** Equal. */
        EQ,
        /** Not equal. */
        NEQ,
        /** Less. */
        LT,
        /** Less or equal. */
        LTE,
        /** Greater. */
        GT,
        /** Greater or equal. */
        GTE,
        /** One of several values. */
        IN,
        /** Matches a pattern in which {@code *} stands for any text. */
        LIKE,
        /**
         * Has a text somewhere in it, whatever the case of either, as people search: everything stands for itself, and two characters are the
         * same if {@link String#equalsIgnoreCase} says so. No server knows it, see {@link ListQuery}.
         */
        CONTAINS,
        /** Is null. */
        IS_NULL,
        /** Is not null. */
        IS_NOT_NULL;

        /**
         * {@return the operator's name on the wire, as far as it goes there}
         */
        public String wireName() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * A condition.
     *
     * @param field the field
     * @param operator how it is compared
     * @param value with what; {@code null} where the operator asks about null
     */
    public record Filter(
            String field, Operator operator, @Nullable Object value) {}

    /**
     * A part of an order.
     *
     * @param field the field
     * @param ascending whether the smallest value comes first
     */
    public record Sort(String field, boolean ascending) {}

    private final List<Filter> filters;
    private final List<List<Filter>> alternatives;
    private final List<Sort> sorts;
    private final List<String> projection;
    private final OptionalInt limit;
    private final int offset;
    private final @Nullable String grouping;

    private ListQuery(
            List<Filter> filters,
            List<List<Filter>> alternatives,
            List<Sort> sorts,
            List<String> projection,
            OptionalInt limit,
            int offset,
            @Nullable String grouping) {
        this.filters = filters;
        this.alternatives = alternatives;
        this.sorts = sorts;
        this.projection = projection;
        this.limit = limit;
        this.offset = offset;
        this.grouping = grouping;
    }

    /**
     * {@return the query for everything}
     */
    public static ListQuery all() {
        return ALL;
    }

    /**
     * Adds a filter.
     *
     * @param field the field
     * @param operator how it is compared
     * @param value with what; a collection for {@link Operator#IN}, {@code null} for the two that test for null
     * @return a changed query
     * @throws SchemaException if there are more than 16 filters, the field has no name, or the value does not fit the operator
     */
    public ListQuery where(String field, Operator operator, @Nullable Object value) {
        Filter filter = checked(new Filter(field, operator, value));
        if (filters.size() == MAX_FILTERS) {
            throw new SchemaException("A list takes at most %d filters.".formatted(MAX_FILTERS));
        }
        return new ListQuery(plus(filters, filter), alternatives, sorts, projection, limit, offset, grouping);
    }

    /**
     * Adds alternatives, of which at least one must hold, besides all that is asked for otherwise:
     * {@code whereAny(new Filter("title", CONTAINS, text), new Filter("assignee", CONTAINS, text))}. No server knows them, see above.
     *
     * @param filters the alternatives, 1 or more
     * @return a changed query
     * @throws SchemaException if there are none, or more than 16, or there are more than 16 such choices already, or one of the alternatives is
     *     such that {@link #where} would refuse it
     */
    public ListQuery whereAny(Filter... filters) {
        return whereAny(List.of(filters));
    }

    /**
     * Adds alternatives, see {@link #whereAny(Filter...)}.
     *
     * @param filters the alternatives, 1 or more
     * @return a changed query
     * @throws SchemaException as there
     */
    public ListQuery whereAny(Collection<Filter> filters) {
        if (filters.isEmpty() || filters.size() > MAX_FILTERS) {
            throw new SchemaException("A choice needs 1 to %d alternatives, not %d; a query without it has all records."
                    .formatted(MAX_FILTERS, filters.size()));
        }
        if (alternatives.size() == MAX_FILTERS) {
            throw new SchemaException("A query takes at most %d choices.".formatted(MAX_FILTERS));
        }
        List<Filter> choice = filters.stream().map(ListQuery::checked).toList();
        return new ListQuery(this.filters, plus(alternatives, choice), sorts, projection, limit, offset, grouping);
    }

    private static Filter checked(Filter filter) {
        String field = filter.field();
        Operator operator = filter.operator();
        Object value = filter.value();
        requireField(field);
        boolean testsNull = operator == Operator.IS_NULL || operator == Operator.IS_NOT_NULL;
        if (testsNull != (value == null)) {
            throw new SchemaException("The filter on '%s' with %s %s."
                    .formatted(
                            field,
                            operator.wireName(),
                            testsNull ? "takes no value" : "needs a value; use IS_NULL for null"));
        }
        if (operator == Operator.IN && !(value instanceof Collection<?>)) {
            throw new SchemaException("The filter on '%s' with in needs a collection of values.".formatted(field));
        }
        if (operator == Operator.LIKE && !(value instanceof CharSequence)) {
            throw new SchemaException("The filter on '%s' with like needs a text as its pattern.".formatted(field));
        }
        if (operator == Operator.CONTAINS && !(value instanceof CharSequence)) {
            throw new SchemaException("The filter on '%s' with contains needs a text to look for.".formatted(field));
        }
        if (!isFinite(value)) {
            throw new SchemaException("The filter on '%s' needs a finite number: JSON has no others.".formatted(field));
        }
        return filter;
    }

    private static boolean isFinite(@Nullable Object value) {
        if (value instanceof Collection<?> values) {
            return values.stream().allMatch(ListQuery::isFinite);
        }
        return !(value instanceof Double || value instanceof Float) || Double.isFinite(((Number) value).doubleValue());
    }

    /**
     * Adds an order; the first one added decides first.
     *
     * @param field the field
     * @param ascending whether small comes first
     * @return a changed query
     * @throws SchemaException if there are more than 4 orders, or the field has no name
     */
    public ListQuery sortBy(String field, boolean ascending) {
        requireField(field);
        if (sorts.size() == MAX_SORTS) {
            throw new SchemaException("A list takes at most %d sorts.".formatted(MAX_SORTS));
        }
        return new ListQuery(
                filters, alternatives, plus(sorts, new Sort(field, ascending)), projection, limit, offset, grouping);
    }

    /**
     * Asks for some fields only; the id is always there.
     *
     * @param fields the fields
     * @return a changed query
     */
    public ListQuery fields(String... fields) {
        return new ListQuery(filters, alternatives, sorts, List.of(fields), limit, offset, grouping);
    }

    /**
     * Asks for a part. That of a live query may be anywhere. What is listed by {@link StitchStore#list} must end within the first {@link #MAX_RECORDS
     * 10 000} records, because servers cut every list there before they apply the offset; what comes behind them is found by a filter on the last
     * id before it, sorted by id.
     *
     * @param offset how many records to leave out, 0 or more
     * @param limit how many to return, 1 or more
     * @return a changed query
     * @throws SchemaException if one is out of range
     */
    public ListQuery page(int offset, int limit) {
        if (offset < 0 || limit < 1 || offset > Integer.MAX_VALUE - limit) {
            throw new SchemaException("A page needs an offset of 0 or more and a limit of 1 or more, not %d and %d."
                    .formatted(offset, limit));
        }
        return new ListQuery(filters, alternatives, sorts, projection, OptionalInt.of(limit), offset, grouping);
    }

    /**
     * Counts the records by the value of a field, too: for live queries, see {@link QueryResult#groups()}. No server does that, so a list with it is
     * refused.
     *
     * @param field the field
     * @return a changed query
     * @throws SchemaException if the field has no name
     */
    public ListQuery groupBy(String field) {
        requireField(field);
        return new ListQuery(filters, alternatives, sorts, projection, limit, offset, field);
    }

    /**
     * {@return the conditions, all of which a record must fulfil}
     */
    public List<Filter> filters() {
        return filters;
    }

    /**
     * {@return the choices, of each of which a record must fulfil at least one condition}
     */
    public List<List<Filter>> alternatives() {
        return alternatives;
    }

    /**
     * {@return the fields that are sorted by, the most important first}
     */
    public List<Sort> sorts() {
        return sorts;
    }

    /**
     * {@return the fields that are asked for; none for whole records}
     */
    public List<String> projection() {
        return projection;
    }

    /**
     * {@return how many records at most, where the query says so}
     */
    public OptionalInt limit() {
        return limit;
    }

    /**
     * {@return how many records are left out first}
     */
    public int offset() {
        return offset;
    }

    /**
     * {@return the field by whose values records are counted, where the query says so}
     */
    public Optional<String> grouping() {
        return Optional.ofNullable(grouping);
    }

    private static void requireField(String field) {
        if (field.isBlank()) {
            throw new SchemaException("A filter or an order needs the name of a field.");
        }
    }

    private static <E> List<E> plus(List<E> list, E element) {
        List<E> more = new ArrayList<>(list);
        more.add(element);
        return List.copyOf(more);
    }
}
