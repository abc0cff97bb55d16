package io.stitch.reactive.internal.queries;

import io.stitch.reactive.ListQuery.Sort;
import io.stitch.reactive.RecordRow;
import io.stitch.reactive.spi.FieldOrder;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

import java.util.Comparator;
import java.util.List;

/**
 * A record in an index. Compared by identity: another one for the same record is another state of it.
 *
 * @param <T> the type of a record
 */
final class Entry<T> {
    private final StoredRecord record;
    private final List<JsonNode> sortedBy;
    private final JsonNode group;
    private final boolean pending;
    private final @Nullable RecordRow<T> row;

    /**
     * Makes an entry.
     *
     * @param row the row, or {@code null} if one is made for each who gets it
     */
    Entry(StoredRecord record, List<JsonNode> sortedBy, JsonNode group, boolean pending, @Nullable RecordRow<T> row) {
        this.record = record;
        this.sortedBy = sortedBy;
        this.group = group;
        this.pending = pending;
        this.row = row;
    }

    RecordKey key() {
        return record.key();
    }

    StoredRecord record() {
        return record;
    }

    JsonNode group() {
        return group;
    }

    boolean isPending() {
        return pending;
    }

    @Nullable
    RecordRow<T> row() {
        return row;
    }

    /** The same record with another mark. */
    Entry<T> marked(boolean otherwise) {
        return new Entry<>(
                record,
                sortedBy,
                group,
                otherwise,
                row == null ? null : new RecordRow<>(row.record(), row.version(), otherwise));
    }

    /** {@return the order of a list: by fields, then by id, then by home} */
    static <T> Comparator<Entry<T>> order(List<Sort> sorts) {
        return (one, other) -> {
            for (int i = 0; i < sorts.size(); i++) {
                int compared = FieldOrder.compare(one.sortedBy.get(i), other.sortedBy.get(i));
                if (compared != 0) {
                    return sorts.get(i).ascending() ? compared : -compared;
                }
            }
            return one.key().compareTo(other.key());
        };
    }
}
