package io.stitch.samples.desktop;

import io.stitch.reactive.QueryChange;
import io.stitch.reactive.QueryGroup;
import io.stitch.reactive.QueryResult;
import io.stitch.reactive.RecordRow;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;

/**
 * A result of a query that never was, with plain steps from the one before: what goes, from the last to the first; what comes and what moves,
 * from the first to the last; what is another one in its place.
 */
record Found<R>(List<RecordRow<R>> rows, List<QueryChange<R>> changes) implements QueryResult<R> {
    /** {@return a result with these records, none of them pending, after another one} */
    static <R> Found<R> after(List<R> before, List<R> now, Function<? super R, ?> key) {
        List<RecordRow<R>> rows =
                now.stream().map(record -> new RecordRow<>(record, 1, false)).toList();
        List<R> list = new ArrayList<>(before);
        List<QueryChange<R>> changes = new ArrayList<>();
        for (int i = list.size() - 1; i >= 0; i--) {
            if (indexOf(now, list.get(i), key) < 0) {
                changes.add(new QueryChange.Removed<>(i));
                list.remove(i);
            }
        }
        for (int i = 0; i < now.size(); i++) {
            int from = indexOf(list, now.get(i), key);
            if (from < 0) {
                changes.add(new QueryChange.Inserted<>(i, rows.get(i)));
                list.add(i, now.get(i));
            } else if (from != i) {
                changes.add(new QueryChange.Moved<>(from, i, rows.get(i)));
                list.remove(from);
                list.add(i, now.get(i));
            }
        }
        for (int i = 0; i < now.size(); i++) {
            if (!list.get(i).equals(now.get(i))) {
                changes.add(new QueryChange.Changed<>(i, rows.get(i)));
            }
        }
        return new Found<>(rows, changes);
    }

    private static <R> int indexOf(List<R> list, R sought, Function<? super R, ?> key) {
        for (int i = 0; i < list.size(); i++) {
            if (Objects.equals(key.apply(list.get(i)), key.apply(sought))) {
                return i;
            }
        }
        return -1;
    }

    @Override
    public List<R> records() {
        return rows.stream().map(RecordRow::record).toList();
    }

    @Override
    public int count() {
        return rows.size();
    }

    @Override
    public List<QueryGroup> groups() {
        return List.of();
    }
}
