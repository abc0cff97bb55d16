package io.stitch.server;

import org.junit.jupiter.api.Test;

import java.io.Closeable;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class WorkerTest {
    private final List<String> said = new CopyOnWriteArrayList<>();
    private final AtomicBoolean broken = new AtomicBoolean();

    private final AtomicBoolean changed = new AtomicBoolean(true);

    private final Worker.Ledger ledger = new Worker.Ledger() {
        @Override
        public boolean isChanged() {
            return changed.get();
        }

        @Override
        public void commit() {
            if (broken.get()) {
                throw new IllegalStateException("on purpose");
            }
            said.add("commit");
        }

        @Override
        public void rollBack() {
            said.add("undo");
        }
    };

    private Worker.Task task(Worker worker, String name) {
        return new Worker.Task() {
            @Override
            public void run() {
                said.add("run " + name);
                worker.afterCommit(() -> said.add("tell " + name));
            }

            @Override
            public void lost() {
                said.add("lost " + name);
            }
        };
    }

    @Test
    void nothingIsToldBeforeItIsCommitted() {
        try (Worker worker = Worker.onItsThread(ledger, 10)) {
            worker.offer(task(worker, "a"));
        }
        assertThat(said).containsSubsequence("run a", "commit", "tell a");
    }

    @Test
    void whatAFailedCommitWasToWriteIsUndoneAndItsTasksAreTold() {
        try (Worker worker = Worker.onItsThread(ledger, 10)) {
            broken.set(true);
            worker.offer(task(worker, "a"));
            assertThatThrownBy(() -> worker.call(() -> "waits for a")).hasMessageContaining("cannot be written");
            worker.offer(task(worker, "b"));
            assertThatThrownBy(() -> worker.call(() -> "waits for b")).hasMessageContaining("cannot be written");
            assertThat(said).containsSubsequence("run a", "undo", "lost a", "run b", "undo", "lost b");
            assertThat(said).doesNotContain("commit", "tell a", "tell b");
            said.clear();
            broken.set(false);
            worker.offer(task(worker, "c"));
            assertThat(worker.call(() -> "waits for c")).isEqualTo("waits for c");
            assertThat(said).startsWith("run c", "commit", "tell c");
        }
    }

    @Test
    void whatComparesComesAfterTheOthersOfItsGroupAndIsNotLostWithThem() {
        changed.set(false);
        broken.set(true);
        try (Worker worker = Worker.onTheCallersThread(ledger, 10)) {
            worker.offer(() -> {
                worker.offer(comparing(worker, "b"));
                worker.offer(task(worker, "a"));
            });
            assertThat(said).containsExactly("undo", "run a", "undo", "lost a", "run b", "tell b");
            said.clear();
            changed.set(true);
            worker.offer(comparing(worker, "c"));
            assertThat(said).containsExactly("run c", "undo", "lost c");
        }
    }

    private Worker.Task comparing(Worker worker, String name) {
        Worker.Task task = task(worker, name);
        return new Worker.Task() {
            @Override
            public void run() {
                task.run();
            }

            @Override
            public boolean compares() {
                return true;
            }

            @Override
            public void lost() {
                task.lost();
            }
        };
    }

    @Test
    void aTaskThatThrowsHoldsUpNobody() {
        try (Worker worker = Worker.onItsThread(ledger, 10)) {
            worker.offer(() -> {
                throw new IllegalArgumentException("on purpose");
            });
            assertThat(worker.call(() -> "goes on")).isEqualTo("goes on");
            assertThatThrownBy(() -> worker.call(() -> {
                        throw new Refusal(409, "no");
                    }))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("no");
        }
    }

    @Test
    void onlySoManyTasksWaitButAdmittedWorkGoesOn() throws Exception {
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        try (Worker worker = Worker.onItsThread(ledger, 1);
                Closeable unused = go::countDown) {
            worker.offer(() -> {
                entered.countDown();
                try {
                    go.await();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
            entered.await();
            assertThat(worker.offer(task(worker, "a"))).isTrue();
            assertThat(worker.offer(task(worker, "b"))).isFalse();
            worker.resume(task(worker, "c"));
        }
        assertThat(said).contains("tell a", "tell c").doesNotContain("run b");
    }

    @Test
    void afterTheEndTasksAreRefusedOrLost() {
        Worker worker = Worker.onItsThread(ledger, 10);
        worker.close();
        assertThat(worker.offer(task(worker, "a"))).isFalse();
        worker.resume(task(worker, "b"));
        assertThat(said).contains("lost b").doesNotContain("run b");
        assertThatThrownBy(() -> worker.call(() -> "too late")).hasMessageContaining("closed");
    }
}
