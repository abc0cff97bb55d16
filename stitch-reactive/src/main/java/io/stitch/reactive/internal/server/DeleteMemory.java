package io.stitch.reactive.internal.server;

import io.stitch.reactive.spi.Batch.Place;
import io.stitch.reactive.spi.RecordKey;

import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Remembers deletes for a while, so that an older event that comes late does not bring a record back (protocol section 2.1). At most
 * 10 000, for an hour; the oldest go first.
 *
 * <p>Kept by scope: when a record moves, its old scope hears a delete that must not hold off the create in the new one.
 */
final class DeleteMemory {
    private static final int MAX_ENTRIES = 10_000;
    private static final long MAX_AGE_MILLIS = Duration.ofHours(1).toMillis();

    private final Map<Place, Deletion> deletions = new LinkedHashMap<>();

    void remember(String scope, RecordKey key, long version, long now) {
        Place place = new Place(scope, key);
        Deletion before = deletions.remove(place);
        deletions.put(place, new Deletion(before == null ? version : Math.max(before.version, version), now));
        for (Iterator<Deletion> oldestFirst = deletions.values().iterator(); oldestFirst.hasNext(); ) {
            boolean expired = now - oldestFirst.next().at > MAX_AGE_MILLIS;
            if (!expired && deletions.size() <= MAX_ENTRIES) {
                return;
            }
            oldestFirst.remove();
        }
    }

    void clear() {
        deletions.clear();
    }

    /**
     * {@return the version at which the record was deleted in this scope, or -1}
     */
    long versionOf(String scope, RecordKey key, long now) {
        Deletion deletion = deletions.get(new Place(scope, key));
        return deletion == null || now - deletion.at > MAX_AGE_MILLIS ? -1 : deletion.version;
    }

    private record Deletion(long version, long at) {}
}
