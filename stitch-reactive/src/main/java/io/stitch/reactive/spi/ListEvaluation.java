package io.stitch.reactive.spi;

import io.stitch.reactive.ListQuery.Sort;
import tools.jackson.databind.node.ObjectNode;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** Answers a list request by looking at each record: plain, so that others can be measured against it. */
final class ListEvaluation {
    private final ListRequest request;

    private record Row(StoredRecord record, ObjectNode data) {}

    ListEvaluation(ListRequest request) {
        this.request = request;
    }

    List<StoredRecord> of(Collection<StoredRecord> records) {
        return records.stream()
                .filter(record -> record.entity().equals(request.entity()))
                .map(record -> new Row(record, JsonBounds.read(record.json())))
                .filter(row -> request.matches(row.data()))
                .sorted(order())
                .skip(request.offset())
                .limit(request.limit())
                .map(row -> request.projected(row.record(), row.data()))
                .toList();
    }

    private Comparator<Row> order() {
        Comparator<Row> order = Comparator.comparing(row -> row.record().key());
        for (int i = request.sorts().size() - 1; i >= 0; i--) {
            Sort sort = request.sorts().get(i);
            Comparator<Row> before = (one, other) -> FieldOrder.compare(
                    one.data().path(sort.field()), other.data().path(sort.field()));
            order = (sort.ascending() ? before : before.reversed()).thenComparing(order);
        }
        return order;
    }
}
