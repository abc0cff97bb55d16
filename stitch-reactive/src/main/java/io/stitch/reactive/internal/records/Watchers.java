package io.stitch.reactive.internal.records;

import io.stitch.reactive.internal.records.Touched.Held;
import io.stitch.reactive.spi.RecordKey;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Those who read a set of records by what changes of it. Told on the worker; one may go on any thread. */
final class Watchers {
    private final List<Touched> all = new CopyOnWriteArrayList<>();
    private boolean completed; // On the worker.

    void add(Touched watcher) {
        if (completed) {
            watcher.complete();
        } else {
            all.add(watcher);
        }
    }

    void remove(Touched watcher) {
        all.remove(watcher);
    }

    boolean isEmpty() {
        return all.isEmpty();
    }

    void changed(RecordKey key, boolean isNew, @Nullable Held now) {
        for (Touched watcher : all) {
            if (watcher.entity().equals(key.entity())) {
                watcher.changed(key, isNew, now);
            }
        }
    }

    void settle() {
        all.forEach(Touched::settle);
    }

    void reload() {
        all.forEach(Touched::reload);
    }

    void complete() {
        completed = true;
        all.forEach(Touched::complete);
    }
}
