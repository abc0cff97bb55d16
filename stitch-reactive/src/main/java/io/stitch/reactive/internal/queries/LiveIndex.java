package io.stitch.reactive.internal.queries;

import io.stitch.reactive.ListQuery.Sort;
import io.stitch.reactive.RecordRow;
import io.stitch.reactive.internal.records.Touched.Held;
import io.stitch.reactive.internal.records.Touched.News;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.spi.ListRequest;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;
import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a query matches, in order, as one subscriber has it. A change costs one reading of the record and the logarithm of how many there
 * are. For one thread at a time.
 *
 * @param <T> the type of a record
 */
final class LiveIndex<T> {
    private final ListRequest request;
    private final @Nullable String groupBy;
    private final boolean marks;
    private final RowReader<T> reader;
    private final Comparator<Entry<T>> order;
    private final Map<RecordKey, Entry<T>> entries = new HashMap<>();
    private Ranked<Entry<T>> index;
    private Groups groups = Groups.NONE;

    /** The part that the subscriber has. */
    private Part<Entry<T>> shown;

    private Groups shownGroups = groups;
    private int shownCount;
    private boolean first = true;

    LiveIndex(ListRequest request, @Nullable String groupBy, boolean marks, RowReader<T> reader) {
        this.request = request;
        this.groupBy = groupBy;
        this.marks = marks;
        this.reader = reader;
        this.order = Entry.order(request.sorts());
        this.index = Ranked.empty(order);
        this.shown = part();
    }

    private Part<Entry<T>> part() {
        return Part.of(index, request.offset(), request.limit());
    }

    /**
     * Takes what changed.
     *
     * @return the next result, or {@code null} if the subscriber would see nothing new
     */
    @Nullable
    Result<T> next(News news) {
        Ranked<Entry<T>> before = index;
        Collection<Held> all = news.all();
        if (all != null) {
            replace(all);
        }
        news.changed().forEach((key, held) -> change(key, held.orElse(null)));
        return before == index && !first ? null : result();
    }

    private @Nullable Result<T> result() {
        Result<T> result = new Result<>(shown, part(), groups, reader);
        boolean isNews = first
                || index.size() != shownCount
                || groups.differFrom(shownGroups)
                || isWhole()
                || !result.changes().isEmpty();
        // Also if it is not news: what is outside the part differs, and is not to be looked at again.
        shown = result.part();
        shownGroups = groups;
        shownCount = index.size();
        first = false;
        return isNews ? result : null;
    }

    /** Then whatever changes is seen. */
    private boolean isWhole() {
        return request.offset() == 0 && request.limit() >= Math.max(index.size(), shownCount);
    }

    private void replace(Collection<Held> all) {
        if (entries.isEmpty()) {
            begin(all);
            return;
        }
        Set<RecordKey> gone = new HashSet<>(entries.keySet());
        for (Held held : all) {
            gone.remove(held.record().key());
            change(held.record().key(), held);
        }
        gone.forEach(key -> change(key, null));
    }

    private void begin(Collection<Held> all) {
        List<Entry<T>> sorted = new ArrayList<>(all.size());
        for (Held held : all) {
            Entry<T> entry = entry(held, null);
            if (entry != null) {
                entries.put(entry.key(), entry);
                sorted.add(entry);
                count(null, entry);
            }
        }
        sorted.sort(order);
        index = Ranked.ofSorted(order, sorted);
    }

    @SuppressWarnings("ReferenceEquality") // The same entry is the same state.
    private void change(RecordKey key, @Nullable Held held) {
        Entry<T> before = entries.get(key);
        Entry<T> now = held == null ? null : entry(held, before);
        if (before == now) {
            return;
        }
        if (before != null && (now == null || order.compare(before, now) != 0)) {
            index = index.without(before);
        }
        if (now == null) {
            entries.remove(key);
        } else {
            entries.put(key, now);
            index = index.with(now);
        }
        count(before, now);
    }

    private void count(@Nullable Entry<T> before, @Nullable Entry<T> now) {
        if (groupBy == null || (before != null && now != null && Groups.isSame(before.group(), now.group()))) {
            return;
        }
        groups = before == null ? groups : groups.without(before.group());
        groups = now == null ? groups : groups.with(now.group());
    }

    private @Nullable Entry<T> entry(Held held, @Nullable Entry<T> before) {
        if (before != null && isSame(before.record(), held.record())) {
            return before.isPending() == held.pending() || !marks ? before : before.marked(held.pending());
        }
        StoredRecord record = held.record();
        List<JsonNode> sortedBy = List.of();
        JsonNode group = MissingNode.getInstance();
        if (looksIntoRecords()) {
            ObjectNode data = Json.readObject(record.json());
            if (!request.matches(data)) {
                return null;
            }
            sortedBy = request.sorts().stream()
                    .map(Sort::field)
                    .map(field -> data.path(field))
                    .toList();
            group = groupBy == null ? group : data.path(groupBy);
        }
        T value = reader.read(record);
        if (value == null) {
            return null;
        }
        RecordRow<T> row = reader.isReusable() ? new RecordRow<>(value, reader.version(record), held.pending()) : null;
        return new Entry<>(record, sortedBy, group, held.pending(), row);
    }

    private boolean looksIntoRecords() {
        return groupBy != null
                || !request.filters().isEmpty()
                || !request.alternatives().isEmpty()
                || !request.sorts().isEmpty();
    }

    @SuppressWarnings("ReferenceEquality") // Records are immutable, so the same object is the same state.
    private static boolean isSame(StoredRecord one, StoredRecord other) {
        return one == other
                || (one.version() == other.version()
                        && one.scope().equals(other.scope())
                        && Arrays.equals(one.json(), other.json()));
    }
}
