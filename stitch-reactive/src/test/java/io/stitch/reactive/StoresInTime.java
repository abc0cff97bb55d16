package io.stitch.reactive;

import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import reactor.test.scheduler.VirtualTimeScheduler;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Stores in a time that a test moves, which are closed after it, and what they told of writes. */
final class StoresInTime implements AfterEachCallback {
    final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    final List<String> outcomes = new ArrayList<>();

    private final List<StitchStore> opened = new ArrayList<>();
    private final Function<Throwable, String> inShort;

    /**
     * Makes none yet.
     *
     * @param inShort what an outcome says of a failure
     */
    StoresInTime(Function<Throwable, String> inShort) {
        this.inShort = inShort;
    }

    static RemoteOptions as(String user) {
        return RemoteOptions.to("mqtt://broker.example").login(user, "secret");
    }

    /** A task of the scope p1 at version 1, as a database keeps it. */
    static StoredRecord stored(String id, String title) {
        return new StoredRecord(
                new RecordKey("task", id),
                "p1",
                1,
                ModelServer.read("{'id':'%s','projectId':'p1','title':'%s','_version':1}".formatted(id, title))
                        .toString()
                        .getBytes(StandardCharsets.UTF_8));
    }

    StitchStore build(StitchStoreBuilder builder) {
        StitchStore store = builder.scheduler(time).build();
        opened.add(store);
        return store;
    }

    StitchStore opened(int number) {
        return opened.get(number);
    }

    /** Subscribes to a write; the worker has not had a turn when this returns. */
    void subscribe(String name, Mutation<?> mutation) {
        mutation.result()
                .subscribe(
                        result -> outcomes.add(name + " " + result.status()),
                        error -> outcomes.add(name + " " + inShort.apply(error)));
    }

    void write(String name, Mutation<?> mutation) {
        subscribe(name, mutation);
        time.advanceTime();
    }

    @Override
    public void afterEach(ExtensionContext context) {
        opened.forEach(store -> store.close().onErrorComplete().subscribe());
        time.advanceTime();
        time.dispose();
    }
}
