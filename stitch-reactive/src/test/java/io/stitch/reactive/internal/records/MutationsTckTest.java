package io.stitch.reactive.internal.records;

import io.stitch.reactive.spi.RecordChange;
import org.reactivestreams.Publisher;
import org.reactivestreams.tck.PublisherVerification;
import org.reactivestreams.tck.TestEnvironment;
import org.testng.annotations.AfterClass;
import org.testng.annotations.Test;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

import java.util.List;
import java.util.stream.LongStream;

/** The stream of every change against the Reactive Streams TCK. */
@Test
public class MutationsTckTest extends PublisherVerification<RecordChange> {
    private static final int MOST_CHANGES = 1_000;
    private static final long PATIENCE_MS = 10_000;
    private static final long NO_SIGNAL_MS = 50;

    private final Scheduler serial = Schedulers.newSingle("tck-mutations");

    public MutationsTckTest() {
        super(new TestEnvironment(PATIENCE_MS, NO_SIGNAL_MS, NO_SIGNAL_MS));
    }

    @AfterClass
    public void stopWorker() {
        serial.dispose();
    }

    @Override
    public Publisher<RecordChange> createPublisher(long elements) {
        List<RecordChange> changes = LongStream.range(0, Math.min(elements, MOST_CHANGES))
                .mapToObj(i -> Changes.updated("t1", i))
                .toList();
        boolean ends = elements <= MOST_CHANGES; // More means that the test does not wait for the end.
        return subscriber -> {
            ChangeHub hub = new ChangeHub();
            hub.mutations(MOST_CHANGES, serial, this).subscribe(subscriber);
            serial.schedule(
                    () -> { // Behind the registration.
                        changes.forEach(hub::emit);
                        if (ends) {
                            hub.complete();
                        }
                    });
        };
    }

    @Override
    public Publisher<RecordChange> createFailedPublisher() {
        Scheduler stopped = Schedulers.newSingle("tck-stopped");
        stopped.dispose();
        return new ChangeHub().mutations(MOST_CHANGES, stopped, this);
    }
}
