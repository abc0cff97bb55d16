package io.stitch.reactive;

import io.netty.buffer.ByteBuf;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.stitch.reactive.spi.FirstSocket;
import io.stitch.reactive.spi.TicketException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.netty.ByteBufFlux;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.client.HttpClientResponse;

import javax.net.ssl.SSLException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;

/** One small HTTP request and its bounded answer, on a connection of its own. Redirects are not followed. */
final class HttpExchange {
    private static final int MAX_BODY = 65_536;
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final HttpClient client;

    /**
     * An answer.
     *
     * @param status the status code
     * @param retryAfter how long to wait, where the server says so
     * @param body the body
     */
    @SuppressWarnings("ArrayRecordComponent") // Handed over, never compared.
    record Answer(int status, Optional<Duration> retryAfter, byte[] body) {}

    /** A failure after which the same request may succeed. */
    static final class RepeatableException extends RuntimeException {
        private static final long serialVersionUID = 1;

        RepeatableException(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    HttpExchange(@Nullable TlsOptions tls) {
        HttpClient plain = HttpClient.newConnection().responseTimeout(TIMEOUT);
        this.client = tls == null ? plain : plain.secure(spec -> spec.sslContext(sslContext(tls)));
    }

    private static SslContext sslContext(TlsOptions tls) {
        try {
            return SslContextBuilder.forClient()
                    .trustManager(tls.trustManagers())
                    .keyManager(tls.keyManagers())
                    .endpointIdentificationAlgorithm("HTTPS")
                    .build();
        } catch (SSLException e) {
            throw new IllegalArgumentException("The TLS options cannot be used: " + e.getMessage(), e);
        }
    }

    Mono<Answer> send(String method, String url, @Nullable String header, String value) {
        return FirstSocket.opened().then(Mono.defer(() -> exchange(method, url, header, value)));
    }

    private Mono<Answer> exchange(String method, String url, @Nullable String header, String value) {
        return client.headers(headers -> {
                    headers.set("accept", "application/json");
                    if (header != null) {
                        headers.set(header, value);
                    }
                })
                .request(io.netty.handler.codec.http.HttpMethod.valueOf(method))
                .uri(url)
                .response((response, body) -> answer(response, body, method + ' ' + url))
                .single()
                .onErrorMap(
                        IOException.class,
                        error -> new RepeatableException(
                                "%s %s failed: %s. Is the server running, and can it be reached from here?"
                                        .formatted(method, url, error.getMessage()),
                                error))
                .onErrorMap(
                        error -> !(error instanceof TicketException || error instanceof RepeatableException),
                        error -> TicketException.unavailable(
                                "%s %s failed: %s".formatted(method, url, error.getMessage()), error));
    }

    private static Mono<Answer> answer(HttpClientResponse response, ByteBufFlux body, String request) {
        return body.map(chunk -> readable(chunk, request))
                .collect(ByteArrayOutputStream::new, (whole, bytes) -> {
                    if (whole.size() + bytes.length > MAX_BODY) {
                        throw tooLarge(request);
                    }
                    whole.writeBytes(bytes);
                })
                .map(whole -> new Answer(
                        response.status().code(),
                        retryAfter(response.responseHeaders().get("retry-after")),
                        whole.toByteArray()));
    }

    private static byte[] readable(ByteBuf chunk, String request) {
        if (chunk.readableBytes() > MAX_BODY) {
            throw tooLarge(request);
        }
        byte[] bytes = new byte[chunk.readableBytes()];
        chunk.getBytes(chunk.readerIndex(), bytes);
        return bytes;
    }

    private static TicketException tooLarge(String request) {
        return TicketException.unavailable(
                "The answer to %s has more than %d bytes. Is this the address of the ticket server?"
                        .formatted(request, MAX_BODY),
                null);
    }

    /** Seconds or a date; anything else is as if the header were absent. */
    static Optional<Duration> retryAfter(@Nullable String header) {
        if (header == null) {
            return Optional.empty();
        }
        String value = header.strip();
        if (value.matches("[0-9]{1,9}")) {
            return Optional.of(Duration.ofSeconds(Long.parseLong(value)));
        }
        try {
            Duration wait =
                    Duration.between(Instant.now(), ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME));
            return Optional.of(wait.isNegative() ? Duration.ZERO : wait);
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }
}
