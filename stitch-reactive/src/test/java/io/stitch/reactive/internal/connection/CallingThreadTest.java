package io.stitch.reactive.internal.connection;

import io.reactivex.Flowable;
import io.reactivex.Scheduler;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class CallingThreadTest {
    @Test
    void whatAClientObservesComesOnTheThreadThatHasIt() {
        List<String> threads = new ArrayList<>();
        var unused = Flowable.range(0, 3)
                .observeOn(CallingThread.INSTANCE)
                .subscribe(number -> threads.add(Thread.currentThread().getName()));
        String own = Thread.currentThread().getName();
        assertThat(threads).containsExactly(own, own, own);
    }

    @Test
    void aDisposedWorkerRunsNothing() {
        Scheduler.Worker worker = CallingThread.INSTANCE.createWorker();
        List<String> ran = new ArrayList<>();
        worker.schedule(() -> ran.add("before"));
        worker.dispose();
        worker.schedule(() -> ran.add("after"));
        assertThat(ran).containsExactly("before");
        assertThat(worker.isDisposed()).isTrue();
    }

    @Test
    void nothingWaitsThere() {
        Scheduler.Worker worker = CallingThread.INSTANCE.createWorker();
        assertThatThrownBy(() -> worker.schedule(() -> {}, 1, TimeUnit.SECONDS))
                .isInstanceOf(UnsupportedOperationException.class);
    }
}
