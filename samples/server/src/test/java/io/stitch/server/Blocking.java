package io.stitch.server;

import tools.jackson.databind.node.ObjectNode;

import java.util.AbstractList;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;

/** Holds up a server's worker: it is seeded with an empty list whose size is told only when this is closed. */
final class Blocking extends AbstractList<ObjectNode> implements AutoCloseable {
    private final CountDownLatch entered = new CountDownLatch(1);
    private final CountDownLatch go = new CountDownLatch(1);
    private final CompletableFuture<Void> held;

    /** Returns when the worker is held up. */
    Blocking(StitchServer server) {
        held = CompletableFuture.runAsync(() -> server.seed("x", this));
        await(entered);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public ObjectNode get(int index) {
        throw new IndexOutOfBoundsException(index);
    }

    @Override
    public int size() {
        entered.countDown();
        await(go);
        return 0;
    }

    @Override
    public void close() {
        go.countDown();
        held.join();
    }
}
