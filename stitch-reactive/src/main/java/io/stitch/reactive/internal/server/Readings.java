package io.stitch.reactive.internal.server;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.internal.wire.ChangeEvent;
import io.stitch.reactive.spi.RecordKey;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;

import java.util.HashMap;
import java.util.Map;

/**
 * The records of a feed that are being read, one by one. An answer may be older than an event that comes before it, so that this is
 * held back and goes on top. On the worker.
 */
final class Readings {
    private final ServerContext server;
    private final Reader reader;
    private final Map<RecordKey, Reading> open = new HashMap<>();
    private Disposable.Composite readBacks = Disposables.composite();

    private static final class Reading {
        private int count;
        private @Nullable ChangeEvent newest;
        /** Whether an event and the answer to a write came both: which of them is the later, only the server can tell. */
        private boolean ambiguous;
    }

    /** Whose records they are: takes what is read. */
    interface Reader {
        void answered(RecordKey key, ListWalk.Listed listed);

        /** The server has no such record. */
        void missing(RecordKey key);

        void readingFailed(RecordKey key, Throwable error);

        /** Takes an event that was held back. */
        void received(ChangeEvent event);

        /** {@return which of two events that are held back counts} */
        ChangeEvent newer(ChangeEvent held, ChangeEvent event);
    }

    Readings(ServerContext server, Reader reader) {
        this.server = server;
        this.reader = reader;
    }

    /** {@return whether the event is held back} */
    boolean holds(RecordKey key, ChangeEvent event) {
        Reading reading = open.get(key);
        if (reading == null) {
            return false;
        }
        reading.newest = reading.newest == null ? event : reader.newer(reading.newest, event);
        return true;
    }

    /** The server has answered an own write of a record. */
    void confirmed(RecordKey key, ChangeEvent answer) {
        Reading reading = open.get(key);
        if (reading != null) {
            reading.ambiguous |=
                    reading.newest != null && !server.capabilities().replays();
            holds(key, answer);
        }
    }

    /** Reads a record that an event leaves in doubt. */
    void readBack(RecordKey key) {
        if (open.containsKey(key)) {
            return; // What came meanwhile is judged again when it is read.
        }
        server.diagnostics()
                .report(
                        DiagnosticCode.READ_BACK,
                        key.entity() + '/' + key.id(),
                        "an ambiguous event: the record is read");
        readBacks.add(read(key).subscribe(unused -> {}, error -> reader.readingFailed(key, error)));
    }

    /** Reads a record and takes the answer as the server's state. Cold. */
    Mono<ListWalk.Listed> read(RecordKey key) {
        return Mono.using(
                () -> begun(key),
                reading -> server.walk()
                        .read(key.entity(), key.id())
                        .doOnNext(listed -> reader.answered(key, listed))
                        .switchIfEmpty(Mono.fromRunnable(() -> reader.missing(key))),
                reading -> finished(key, reading));
    }

    void stop() {
        readBacks.dispose();
        readBacks = Disposables.composite();
        open.clear();
    }

    private Reading begun(RecordKey key) {
        Reading reading = open.computeIfAbsent(key, name -> new Reading());
        reading.count++;
        return reading;
    }

    private void finished(RecordKey key, Reading reading) {
        if (--reading.count == 0 && open.remove(key, reading) && reading.newest != null) {
            reader.received(reading.newest);
            server.flush();
            if (reading.ambiguous) {
                readBack(key);
            }
        }
    }
}
