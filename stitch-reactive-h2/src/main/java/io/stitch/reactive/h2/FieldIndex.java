package io.stitch.reactive.h2;

/**
 * The index of a field: a table with the value of the field in each record of its entity, as {@link FieldKey} has it, and an index
 * of that table by value and id.
 *
 * @param number what the table is named after
 * @param entity the entity
 * @param field the field
 * @param ready whether all records are in it; lists look at it only then
 */
record FieldIndex(int number, String entity, String field, boolean ready) {
    String table() {
        return "FIELD_" + number;
    }

    FieldIndex made() {
        return new FieldIndex(number, entity, field, true);
    }
}
