package io.stitch.reactive.internal.queries;

import io.stitch.reactive.QueryChange;
import io.stitch.reactive.QueryGroup;
import io.stitch.reactive.QueryResult;
import io.stitch.reactive.RecordRow;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

/** A result. What changed is found when somebody asks: most do not. */
final class Result<T> implements QueryResult<T> {
    private final Part<Entry<T>> before;
    private final Part<Entry<T>> now;
    private final Groups groups;
    private final List<RecordRow<T>> rows;
    private volatile @Nullable List<QueryChange<T>> changes;

    Result(Part<Entry<T>> before, Part<Entry<T>> now, Groups groups, RowReader<T> reader) {
        this.before = before;
        this.now = now;
        this.groups = groups;
        this.rows = reader.isReusable()
                ? new PartList<>(now, entry -> Objects.requireNonNull(entry.row()))
                : readAnew(now, reader);
    }

    private static <T> List<RecordRow<T>> readAnew(Part<Entry<T>> part, RowReader<T> reader) {
        List<RecordRow<T>> rows = new ArrayList<>(part.size());
        Iterator<Entry<T>> entries = part.index().from(part.from());
        for (int i = 0; i < part.size(); i++) {
            Entry<T> entry = entries.next();
            T value = Objects.requireNonNull(
                    reader.read(entry.record()), "A record that could be read before cannot be read again.");
            rows.add(new RecordRow<>(value, reader.version(entry.record()), entry.isPending()));
        }
        return Collections.unmodifiableList(rows);
    }

    /** What is the same whatever else of the index is not. */
    Part<Entry<T>> part() {
        return now;
    }

    @Override
    public List<RecordRow<T>> rows() {
        return rows;
    }

    @Override
    public List<T> records() {
        return new Records<>(rows);
    }

    @Override
    public int count() {
        return now.index().size();
    }

    @Override
    public List<QueryGroup> groups() {
        return groups.list();
    }

    @Override
    public List<QueryChange<T>> changes() {
        List<QueryChange<T>> found = changes;
        if (found == null) {
            found = find();
            changes = found;
        }
        return found;
    }

    private List<QueryChange<T>> find() {
        List<QueryChange<T>> found = new ArrayList<>();
        PartChanges.between(before, now, Entry::key, new PartChanges.Steps() {
            @Override
            public void removed(int index) {
                found.add(new QueryChange.Removed<>(index));
            }

            @Override
            public void inserted(int index, int place) {
                found.add(new QueryChange.Inserted<>(index, rows.get(place)));
            }

            @Override
            public void moved(int from, int to, int place) {
                found.add(new QueryChange.Moved<>(from, to, rows.get(place)));
            }

            @Override
            public void changed(int index, int place) {
                found.add(new QueryChange.Changed<>(index, rows.get(place)));
            }
        });
        return Collections.unmodifiableList(found);
    }

    @Override
    public String toString() {
        return "QueryResult[%d of %d%s]"
                .formatted(
                        rows.size(),
                        count(),
                        groups.list().stream()
                                .map(group -> ", " + group.value() + ": " + group.count())
                                .collect(Collectors.joining()));
    }

    /** The records of rows. */
    private static final class Records<T> extends java.util.AbstractList<T> implements java.util.RandomAccess {
        private final List<RecordRow<T>> rows;

        Records(List<RecordRow<T>> rows) {
            this.rows = rows;
        }

        @Override
        public T get(int index) {
            return rows.get(index).record();
        }

        @Override
        public int size() {
            return rows.size();
        }

        @Override
        public Iterator<T> iterator() {
            Iterator<RecordRow<T>> each = rows.iterator();
            return new Iterator<>() {
                @Override
                public boolean hasNext() {
                    return each.hasNext();
                }

                @Override
                public T next() {
                    return each.next().record();
                }
            };
        }
    }
}
