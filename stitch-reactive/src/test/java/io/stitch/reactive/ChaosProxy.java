package io.stitch.reactive;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A bad network between a store and its broker: a TCP proxy on the loopback address whose connections suffer what a
 * {@link Misfortune} has in store for them. Thread-safe; closing it ends every connection and thread.
 */
final class ChaosProxy implements AutoCloseable {
    private final int target;
    private final Misfortune misfortune;
    private final ServerSocket listener;
    private final Set<ChaosLink> links = ConcurrentHashMap.newKeySet();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final AtomicInteger faults = new AtomicInteger();
    private volatile boolean calm;

    private ChaosProxy(int target, Misfortune misfortune) throws IOException {
        this.target = target;
        this.misfortune = misfortune;
        this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        threads.execute(this::accept);
    }

    static ChaosProxy to(int port, Misfortune misfortune) {
        try {
            return new ChaosProxy(port, misfortune);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot listen on the loopback address", e);
        }
    }

    String url() {
        return "mqtt://127.0.0.1:" + listener.getLocalPort();
    }

    /** {@return how many faults there were} */
    int faults() {
        return faults.get();
    }

    /** Ends the faults. Connections that suffer from one are cut, because what they lost they cannot make up for. */
    void calmDown() {
        calm = true;
        links.forEach(ChaosLink::calmDown);
    }

    private void accept() {
        for (int number = 0; !listener.isClosed(); number++) {
            try {
                serve(listener.accept(), number);
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serve(Socket client, int number) {
        Socket broker;
        try {
            broker = new Socket(InetAddress.getLoopbackAddress(), target);
        } catch (IOException brokerIsDown) {
            ChaosLink.reset(client);
            return;
        }
        ChaosLink link = new ChaosLink(client, broker, calm ? Misfortune.NONE : misfortune, number, timer, faults);
        links.add(link);
        threads.execute(() -> link.pumpUp(() -> links.remove(link)));
        threads.execute(link::pumpDown);
        if (calm) {
            link.calmDown();
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        links.forEach(ChaosLink::cut);
        timer.shutdownNow();
        threads.shutdown();
        try {
            if (!threads.awaitTermination(10, TimeUnit.SECONDS)) {
                throw new IllegalStateException("a thread of the proxy did not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
