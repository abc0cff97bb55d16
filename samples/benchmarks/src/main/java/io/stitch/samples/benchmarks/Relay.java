package io.stitch.samples.benchmarks;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** Stands between stores and their broker: counts the bytes of both directions, and can cut all connections and let none through. */
final class Relay implements AutoCloseable {
    private static final int BUFFER = 64 << 10;
    /** A PINGREQ, a PINGRESP: what keeps a connection alive says nothing. */
    private static final int PING_BYTES = 2;

    private static final long QUIET_NANOS = TimeUnit.MILLISECONDS.toNanos(400);

    private final ServerSocket listener;
    private final int target;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong packets = new AtomicLong();
    private volatile long lastAt = System.nanoTime();
    private volatile boolean down;

    private Relay(ServerSocket listener, int target) {
        this.listener = listener;
        this.target = target;
    }

    static Relay before(int port) {
        try {
            Relay relay = new Relay(new ServerSocket(0, 1_000, InetAddress.getLoopbackAddress()), port);
            daemon(relay::accept);
            return relay;
        } catch (IOException e) {
            throw new IllegalStateException("The relay cannot listen on the loopback address.", e);
        }
    }

    String url() {
        return "mqtt://127.0.0.1:" + listener.getLocalPort();
    }

    /** {@return the bytes that have gone through until now} */
    long bytes() {
        return bytes.get();
    }

    /** {@return how often something has gone through until now, apart from pings} */
    long packets() {
        return packets.get();
    }

    /** {@return when something went through last, by the clock of {@link System#nanoTime}} */
    long lastAt() {
        return lastAt;
    }

    /** Waits until nothing goes through any more. */
    void awaitQuiet() {
        for (long rest = QUIET_NANOS; rest > 0; rest = lastAt + QUIET_NANOS - System.nanoTime()) {
            LockSupport.parkNanos(rest);
        }
    }

    /** Cuts all connections, and lets none through until {@link #heal}. */
    void cut() {
        down = true;
        sockets.forEach(Relay::close);
    }

    void heal() {
        down = false;
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                if (down) {
                    close(client);
                } else {
                    join(client);
                }
            } catch (IOException e) {
                if (!listener.isClosed()) {
                    throw new IllegalStateException("The relay does not get any further.", e);
                }
            }
        }
    }

    private void join(Socket client) {
        try {
            Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
            sockets.add(client);
            sockets.add(server);
            daemon(() -> pump(client, server));
            daemon(() -> pump(server, client));
        } catch (IOException e) {
            close(client);
        }
    }

    private void pump(Socket from, Socket to) {
        byte[] buffer = new byte[BUFFER];
        try (InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream()) {
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                out.write(buffer, 0, read);
                bytes.addAndGet(read);
                if (read > PING_BYTES) {
                    packets.incrementAndGet();
                    lastAt = System.nanoTime();
                }
            }
        } catch (IOException e) {
            // The connection was cut, here or at an end: both ends hear of it below.
        } finally {
            close(from);
            close(to);
            sockets.remove(from);
            sockets.remove(to);
        }
    }

    private static void daemon(Runnable task) {
        Thread thread = new Thread(task, "relay");
        thread.setDaemon(true);
        thread.start();
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new IllegalStateException("A socket cannot be closed.", e);
        }
    }

    @Override
    public void close() {
        cut();
        try {
            listener.close();
        } catch (IOException e) {
            throw new IllegalStateException("The relay's socket cannot be closed.", e);
        }
    }
}
