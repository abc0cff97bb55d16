package io.stitch.reactive;

import org.jspecify.annotations.Nullable;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** A small proxy on the loopback address, which takes every name for that: HTTP {@code CONNECT} and SOCKS5. Ends with its sockets. */
public final class TestProxy implements AutoCloseable {
    /** What was asked for, such as {@code broker.example:1883}. */
    public final List<String> targets = new CopyOnWriteArrayList<>();

    private final ServerSocket server;
    private final boolean socks;
    private final @Nullable String login;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();

    private TestProxy(boolean socks, @Nullable String login) {
        this.socks = socks;
        this.login = login;
        try {
            this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        daemon(this::accept);
    }

    /** Whoever knows {@code user:password} may use it; with {@code null} everybody may. */
    public static TestProxy http(@Nullable String login) {
        return new TestProxy(false, login);
    }

    /** Whoever knows {@code user:password} may use it; with {@code null} everybody may. */
    public static TestProxy socks5(@Nullable String login) {
        return new TestProxy(true, login);
    }

    /** How to reach it, without a login. */
    public ProxyOptions options() {
        return ProxyOptions.of(
                socks ? ProxyOptions.Type.SOCKS5 : ProxyOptions.Type.HTTP, "127.0.0.1", server.getLocalPort());
    }

    private static void daemon(Runnable task) {
        Thread thread = new Thread(task, "test-proxy");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        try {
            while (true) {
                Socket client = server.accept();
                open.add(client);
                daemon(() -> serve(client));
            }
        } catch (IOException closed) {
            open.forEach(TestProxy::close);
        }
    }

    private void serve(Socket client) {
        try (client) {
            Socket target = socks ? socksTarget(client) : httpTarget(client);
            if (target == null) {
                return;
            }
            open.add(target);
            daemon(() -> copy(target, client));
            copy(client, target);
        } catch (IOException ended) {
            // One side is gone, which the other sees.
        }
    }

    private @Nullable Socket httpTarget(Socket client) throws IOException {
        InputStream in = client.getInputStream();
        OutputStream out = client.getOutputStream();
        String line = line(in);
        String authorization = "";
        for (String header = line(in); !header.isEmpty(); header = line(in)) {
            if (header.toLowerCase(java.util.Locale.ROOT).startsWith("proxy-authorization: basic ")) {
                authorization = new String(
                        Base64.getDecoder().decode(header.substring("proxy-authorization: basic ".length())),
                        StandardCharsets.UTF_8);
            }
        }
        if (login != null && !login.equals(authorization)) {
            out.write("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
                    .getBytes(StandardCharsets.US_ASCII));
            return null;
        }
        String target = line.split(" ", -1)[1];
        targets.add(target);
        Socket connected = connect(Integer.parseInt(target.substring(target.lastIndexOf(':') + 1)));
        out.write("HTTP/1.1 200 Connection established\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        return connected;
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        int next;
        while ((next = in.read()) >= 0 && next != '\n') {
            if (next != '\r') {
                line.append((char) next);
            }
        }
        return line.toString();
    }

    /** RFC 1928 and 1929. */
    private @Nullable Socket socksTarget(Socket client) throws IOException {
        DataInputStream in = new DataInputStream(client.getInputStream());
        DataOutputStream out = new DataOutputStream(client.getOutputStream());
        in.readByte();
        in.readNBytes(in.readUnsignedByte());
        out.write(new byte[] {5, (byte) (login == null ? 0 : 2)});
        if (login != null) {
            in.readByte();
            String user = text(in);
            boolean known = login.equals(user + ':' + text(in));
            out.write(new byte[] {1, (byte) (known ? 0 : 1)});
            if (!known) {
                return null;
            }
        }
        in.readNBytes(3);
        String host = in.readByte() == 3
                ? text(in)
                : InetAddress.getByAddress(in.readNBytes(4)).getHostAddress();
        int port = in.readUnsignedShort();
        targets.add(host + ':' + port);
        Socket connected = connect(port);
        out.write(new byte[] {5, 0, 0, 1, 127, 0, 0, 1, 0, 0});
        return connected;
    }

    private static String text(DataInputStream in) throws IOException {
        return new String(in.readNBytes(in.readUnsignedByte()), StandardCharsets.UTF_8);
    }

    private static Socket connect(int port) throws IOException {
        return new Socket(InetAddress.getLoopbackAddress(), port);
    }

    private static void copy(Socket from, Socket to) {
        try (from;
                to) {
            from.getInputStream().transferTo(to.getOutputStream());
        } catch (IOException ended) {
            // One side is gone, which the other sees.
        }
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
