package io.stitch.reactive.spi;

import io.stitch.reactive.ListQuery.Operator;
import io.stitch.reactive.ListQuery.Sort;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.NumericNode;
import tools.jackson.databind.node.ObjectNode;

import java.util.Collection;
import java.util.List;

/**
 * What to list of an entity: filters that are and-ed, alternatives of which one must hold, an order, fields, a part.
 *
 * <p>Values compare as {@link FieldOrder} says. Every filter is false on an absent field, and on a value of another kind unless it
 * asks for inequality. In an order, what is equal is ordered by id.
 *
 * @param entity the entity
 * @param filters the filters
 * @param alternatives choices: of each of them at least one filter must be passed, too
 * @param sorts the order, the first one deciding first; by id after that
 * @param projection the fields to return, with the id always among them; empty for the whole record
 * @param limit how many records to return, 1 or more
 * @param offset how many records to leave out, 0 or more
 */
public record ListRequest(
        String entity,
        List<Filter> filters,
        List<List<Filter>> alternatives,
        List<Sort> sorts,
        List<String> projection,
        int limit,
        int offset) {
    /**
     * A condition.
     *
     * @param field the field
     * @param operator how it is compared
     * @param value with what: an array for {@link Operator#IN}, a text for {@link Operator#LIKE} and {@link Operator#CONTAINS}, ignored by the two
     *     that test for null; otherwise a boolean, a number or a text
     */
    public record Filter(String field, Operator operator, JsonNode value) {
        /**
         * Checks the value.
         *
         * @param field the field
         * @param operator how it is compared
         * @param value with what
         * @throws IllegalArgumentException if the value does not fit the operator
         */
        public Filter {
            boolean fits = switch (operator) {
                case EQ, NEQ, LT, LTE, GT, GTE -> isScalar(value);
                case IN -> value.isArray() && value.values().stream().allMatch(Filter::isScalar);
                case LIKE, CONTAINS -> value.isString();
                case IS_NULL, IS_NOT_NULL -> true;
            };
            if (!fits) {
                throw new IllegalArgumentException("The filter on '%s' with %s cannot take %s: it needs %s."
                        .formatted(
                                field,
                                operator,
                                value,
                                switch (operator) {
                                    case IN -> "an array of booleans, finite numbers and texts";
                                    case LIKE, CONTAINS -> "a text";
                                    default -> "a boolean, a finite number or a text";
                                }));
            }
        }

        /**
         * Tells whether a value passes.
         *
         * @param held the value that a record has; a missing node if it has none
         * @return whether it does
         */
        public boolean matches(JsonNode held) {
            if (held.isMissingNode()) {
                return false;
            }
            return switch (operator) {
                case EQ -> FieldOrder.compare(held, value) == 0;
                case NEQ -> FieldOrder.compare(held, value) != 0;
                case LT -> isComparable(held) && FieldOrder.compare(held, value) < 0;
                case LTE -> isComparable(held) && FieldOrder.compare(held, value) <= 0;
                case GT -> isComparable(held) && FieldOrder.compare(held, value) > 0;
                case GTE -> isComparable(held) && FieldOrder.compare(held, value) >= 0;
                case IN -> value.values().stream().anyMatch(each -> FieldOrder.compare(held, each) == 0);
                case LIKE -> held.isString() && FieldOrder.isLike(held.stringValue(), value.stringValue());
                case CONTAINS -> held.isString() && FieldOrder.contains(held.stringValue(), value.stringValue());
                case IS_NULL -> held.isNull();
                case IS_NOT_NULL -> !held.isNull();
            };
        }

        private boolean matches(ObjectNode data) {
            return matches(data.path(field));
        }

        private boolean isComparable(JsonNode held) {
            return FieldOrder.kind(held) == FieldOrder.kind(value);
        }

        private static boolean isScalar(JsonNode value) {
            return value.isBoolean() || value.isString() || (value instanceof NumericNode number && !number.isNaN());
        }
    }

    /**
     * Copies the collections and checks the part.
     *
     * @param entity the entity
     * @param filters the filters
     * @param alternatives the choices
     * @param sorts the order
     * @param projection the fields to return
     * @param limit how many records to return
     * @param offset how many records to leave out
     * @throws IllegalArgumentException if the part is out of range, or a choice is empty
     */
    public ListRequest {
        filters = List.copyOf(filters);
        alternatives = alternatives.stream().map(List::copyOf).toList();
        sorts = List.copyOf(sorts);
        projection = List.copyOf(projection);
        if (alternatives.stream().anyMatch(List::isEmpty)) {
            throw new IllegalArgumentException(
                    "A choice without alternatives lets nothing pass: give it one, or leave it out.");
        }
        if (limit < 1 || offset < 0) {
            throw new IllegalArgumentException(
                    "A list needs a limit of 1 or more and an offset of 0 or more, not %d and %d."
                            .formatted(limit, offset));
        }
    }

    /**
     * A request without choices.
     *
     * @param entity the entity
     * @param filters the filters
     * @param sorts the order
     * @param projection the fields to return
     * @param limit how many records to return
     * @param offset how many records to leave out
     * @throws IllegalArgumentException if the part is out of range
     */
    public ListRequest(
            String entity, List<Filter> filters, List<Sort> sorts, List<String> projection, int limit, int offset) {
        this(entity, filters, List.of(), sorts, projection, limit, offset);
    }

    /**
     * Tells whether a record passes, whatever its entity is.
     *
     * @param data its fields
     * @return whether it passes all filters, and of each choice at least one
     */
    public boolean matches(ObjectNode data) {
        return filters.stream().allMatch(filter -> filter.matches(data))
                && alternatives.stream().allMatch(choice -> choice.stream().anyMatch(filter -> filter.matches(data)));
    }

    /**
     * Answers the request by looking at each record: for those that are in memory.
     *
     * @param records records, in any order; those of other entities are left out
     * @return what the request lists of them, in the order asked for
     */
    public List<StoredRecord> answeredFrom(Collection<StoredRecord> records) {
        return new ListEvaluation(this).of(records);
    }

    /**
     * Leaves of a record what is asked for.
     *
     * @param record the record
     * @return it with its id and the fields of the projection, or as it is where there is none
     */
    public StoredRecord projected(StoredRecord record) {
        return projection.isEmpty() ? record : projected(record, JsonBounds.read(record.json()));
    }

    /** The same for a record that was read already. */
    StoredRecord projected(StoredRecord record, ObjectNode data) {
        if (projection.isEmpty()) {
            return record;
        }
        ObjectNode part = JsonBounds.MAPPER.createObjectNode();
        data.properties().forEach(property -> {
            if (property.getKey().equals("id") || projection.contains(property.getKey())) {
                part.set(property.getKey(), property.getValue());
            }
        });
        return new StoredRecord(
                record.key(), record.scope(), record.version(), JsonBounds.MAPPER.writeValueAsBytes(part));
    }
}
