package io.stitch.samples.consumers;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** A server with Ada's tickets, each good for one login, and the HTTP server that gives them away as MQDB does. On free ports. */
final class Servers implements AutoCloseable {
    private final Set<String> tickets = ConcurrentHashMap.newKeySet();
    private final StitchServer server = StitchServer.start(StitchServerOptions.builder()
            .webSocketPort(0)
            .tickets(ticket -> tickets.remove(ticket) ? Optional.of("ada") : Optional.empty())
            .build());
    private final HttpServer http;

    Servers() {
        try {
            http = HttpServer.create(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), 0), 0);
        } catch (IOException e) {
            server.close();
            throw new UncheckedIOException(e);
        }
        http.createContext("/auth/ticket", exchange -> {
            String ticket = UUID.randomUUID().toString();
            tickets.add(ticket);
            answer(exchange, "POST", "{\"ticket\":\"%s\",\"expires_in\":30}".formatted(ticket));
        });
        http.createContext("/auth/session", exchange -> answer(exchange, "GET", """
                {"authenticated":true,"user":{"canonical_id":"ada","email":"ada@example.com","name":"Ada"}}"""));
        http.start();
    }

    private static void answer(HttpExchange exchange, String method, String json) throws IOException {
        try (exchange) {
            byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(exchange.getRequestMethod().equals(method) ? 200 : 405, bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    StitchServer server() {
        return server;
    }

    String ticketUrl() {
        return "http://127.0.0.1:" + http.getAddress().getPort();
    }

    @Override
    public void close() {
        http.stop(0);
        server.close();
    }
}
