package io.stitch.reactive.peer;

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
import java.util.concurrent.Executors;

/** The way of one peer to its broker. Cut, it is as if the peer was killed: the broker sees no DISCONNECT. Thread-safe. */
final class CuttableLink implements AutoCloseable {
    private final int target;
    private final ServerSocket listener;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    private CuttableLink(int target, ServerSocket listener) {
        this.target = target;
        this.listener = listener;
    }

    static CuttableLink to(int port) {
        try {
            var link = new CuttableLink(port, new ServerSocket(0, 50, InetAddress.getLoopbackAddress()));
            link.threads.execute(link::accept);
            return link;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot listen on the loopback address", e);
        }
    }

    String url() {
        return "mqtt://127.0.0.1:" + listener.getLocalPort();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket peer = keep(listener.accept());
                serve(peer);
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serve(Socket peer) {
        try {
            Socket broker = keep(new Socket(InetAddress.getLoopbackAddress(), target));
            threads.execute(() -> pump(peer, broker));
            threads.execute(() -> pump(broker, peer));
        } catch (IOException brokerIsDown) {
            drop(peer);
        }
    }

    private Socket keep(Socket socket) throws IOException {
        sockets.add(socket);
        socket.setTcpNoDelay(true);
        if (listener.isClosed()) {
            drop(socket);
        }
        return socket;
    }

    private void pump(Socket from, Socket to) {
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            in.transferTo(out);
        } catch (IOException ended) {
            // The other direction ends with this one.
        } finally {
            drop(from);
            drop(to);
        }
    }

    private void drop(Socket socket) {
        sockets.remove(socket);
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends the connection, and lets nobody through any more. */
    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        sockets.forEach(this::drop);
        threads.shutdown();
    }
}
