package io.stitch.simulation.soak;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** The network between stores and a broker: a proxy on the loopback address that can be told to fail. Thread-safe. */
final class Wire implements AutoCloseable {
    private final int target;
    private final ServerSocket listener;
    private final ExecutorService threads;
    private final Set<Link> links = ConcurrentHashMap.newKeySet();
    private volatile boolean refusing;
    private volatile boolean holding;
    private volatile boolean losing;

    /**
     * Begins to listen.
     *
     * @param name names its threads
     * @param target the broker's port
     */
    Wire(String name, int target) {
        this.target = target;
        AtomicInteger number = new AtomicInteger();
        // As a cached pool, but for how long threads are kept: those of a round are to be gone when the rest after it
        // is measured.
        this.threads = new ThreadPoolExecutor(
                0,
                Integer.MAX_VALUE,
                1,
                TimeUnit.SECONDS,
                new SynchronousQueue<>(),
                task -> new Thread(task, name + '-' + number.incrementAndGet()));
        try {
            this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot listen on the loopback address", e);
        }
        threads.execute(this::accept);
    }

    String url() {
        return "mqtt://127.0.0.1:" + listener.getLocalPort();
    }

    /** {@return how many connections there are} */
    int connections() {
        return links.size();
    }

    /** {@return how many topic filters those who are connected are subscribed to} */
    int subscriptions() {
        return links.stream().mapToInt(link -> link.filters.size()).sum();
    }

    /** Resets every connection. */
    void cut() {
        links.forEach(Link::reset);
    }

    /** Resets new connections at once, as if nobody listened. */
    void refuse(boolean refuse) {
        refusing = refuse;
    }

    /** Delivers nothing for a while, and everything then. */
    void hold(boolean hold) {
        holding = hold;
        links.forEach(Link::wake);
    }

    /** Loses what is sent from now on; those who lost something are reset in the end. */
    void lose(boolean lose) {
        losing = lose;
        if (!lose) {
            links.stream().filter(link -> link.lost).forEach(Link::reset);
        }
    }

    void heal() {
        refuse(false);
        hold(false);
        lose(false);
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                if (refusing) {
                    reset(client);
                } else {
                    serve(client);
                }
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serve(Socket client) {
        Socket broker;
        try {
            broker = new Socket(InetAddress.getLoopbackAddress(), target);
        } catch (IOException brokerIsDown) {
            reset(client);
            return;
        }
        Link link = new Link(client, broker);
        links.add(link);
        threads.execute(() -> link.pump(client, broker, true));
        threads.execute(() -> link.pump(broker, client, false));
    }

    private static void reset(Socket socket) {
        try {
            socket.setSoLinger(true, 0);
        } catch (IOException alreadyClosed) {
            return;
        } finally {
            close(socket);
        }
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException("closing a socket failed", e);
        }
    }

    @Override
    public void close() throws IOException, InterruptedException {
        listener.close();
        heal();
        cut();
        threads.shutdown();
        if (!threads.awaitTermination(10, TimeUnit.SECONDS)) {
            throw new IllegalStateException("a thread of the wire did not end");
        }
    }

    private final class Link {
        final SubscribedFilters filters = new SubscribedFilters();
        volatile boolean lost;
        private final Socket client;
        private final Socket broker;

        Link(Socket client, Socket broker) {
            this.client = client;
            this.broker = broker;
        }

        void pump(Socket from, Socket to, boolean up) {
            byte[] piece = new byte[8_192];
            try {
                InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream();
                for (int length = in.read(piece); length >= 0; length = in.read(piece)) {
                    pass();
                    if (losing) {
                        lost = true;
                    } else {
                        if (up) {
                            filters.sent(piece, length);
                        }
                        out.write(piece, 0, length);
                    }
                }
            } catch (IOException ended) {
                // Either side may end a connection at any time, and a fault does too.
                reset();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                links.remove(this);
                Wire.close(client);
                Wire.close(broker);
                wake();
            }
        }

        private synchronized void pass() throws InterruptedException {
            while (holding && !client.isClosed()) {
                wait();
            }
        }

        synchronized void wake() {
            notifyAll();
        }

        void reset() {
            Wire.reset(client);
            Wire.reset(broker);
            wake();
        }
    }
}
