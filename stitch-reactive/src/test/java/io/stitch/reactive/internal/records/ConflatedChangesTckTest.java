package io.stitch.reactive.internal.records;

import io.stitch.reactive.spi.RecordChange;
import io.stitch.reactive.spi.StoredRecord;
import org.reactivestreams.Publisher;
import org.reactivestreams.tck.PublisherVerification;
import org.reactivestreams.tck.TestEnvironment;
import org.testng.annotations.AfterClass;
import org.testng.annotations.Test;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

import java.util.List;

/** The conflated changes against the Reactive Streams TCK. */
@Test
public class ConflatedChangesTckTest extends PublisherVerification<RecordChange> {
    private static final int MOST_RECORDS = 1_000;
    private static final long PATIENCE_MS = 10_000;
    private static final long NO_SIGNAL_MS = 50;

    private final Scheduler serial = Schedulers.newSingle("tck-conflated");

    public ConflatedChangesTckTest() {
        super(new TestEnvironment(PATIENCE_MS, NO_SIGNAL_MS, NO_SIGNAL_MS));
    }

    @AfterClass
    public void stopWorker() {
        serial.dispose();
    }

    @Override
    public Publisher<RecordChange> createPublisher(long elements) {
        ChangeHub hub = new ChangeHub();
        List<StoredRecord> stored = Changes.tasks((int) Math.min(elements, MOST_RECORDS));
        return hub.conflated(
                () -> {
                    if (elements <= MOST_RECORDS) { // More means that the test does not wait for the end.
                        serial.schedule(() -> hub.complete(this));
                    }
                    return stored;
                },
                serial,
                this);
    }

    @Override
    public Publisher<RecordChange> createFailedPublisher() {
        return new ChangeHub()
                .conflated(
                        () -> {
                            throw new IllegalStateException("no snapshot");
                        },
                        serial,
                        this);
    }
}
