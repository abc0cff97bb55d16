package io.stitch.server;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** A worker with a thread of its own. */
final class ThreadWorker extends Worker {
    private final BlockingQueue<Task> tasks;
    private final Thread thread;

    ThreadWorker(Ledger ledger, int limit) {
        this(new LinkedBlockingQueue<>(), ledger, limit);
    }

    private ThreadWorker(BlockingQueue<Task> tasks, Ledger ledger, int limit) {
        super(tasks, ledger, limit);
        this.tasks = tasks;
        this.thread = new Thread(this::loop, "stitch-server-worker");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    void added() {}

    @Override
    void checkMayWait() {}

    private void loop() {
        List<Task> group = new ArrayList<>();
        try {
            while (isOpen() || !tasks.isEmpty()) {
                group.add(tasks.take());
                tasks.drainTo(group, GROUP - 1);
                execute(group);
                group.clear();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            end();
        }
    }

    @Override
    public void close() {
        super.close();
        tasks.add(() -> {});
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
