package io.stitch.server;

import tools.jackson.databind.node.ObjectNode;

import java.util.AbstractList;
import java.util.concurrent.CountDownLatch;

/** An empty list that holds up whoever looks into it: the server's worker, when it is seeded with it. */
final class Blocking extends AbstractList<ObjectNode> {
    private final CountDownLatch entered;
    private final CountDownLatch go;

    Blocking(CountDownLatch entered, CountDownLatch go) {
        this.entered = entered;
        this.go = go;
    }

    @Override
    public ObjectNode get(int index) {
        throw new IndexOutOfBoundsException(index);
    }

    @Override
    public int size() {
        entered.countDown();
        try {
            go.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        return 0;
    }
}
