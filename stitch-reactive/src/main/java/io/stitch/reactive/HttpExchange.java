package io.stitch.reactive;

import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.stitch.reactive.spi.FirstSocket;
import io.stitch.reactive.spi.ForeignText;
import io.stitch.reactive.spi.TicketException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SynchronousSink;
import reactor.core.scheduler.Schedulers;
import reactor.netty.NettyPipeline;
import reactor.netty.tcp.TcpClient;
import reactor.netty.transport.ProxyProvider;

import javax.net.ssl.SSLException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.concurrent.TimeoutException;

/** One small HTTP request and its bounded answer, on a connection of its own. Redirects are not followed. */
final class HttpExchange {
    private static final int MAX_BODY = 65_536;
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    /** Reads the system's certificates when they are needed first, where a thread may block. */
    private static final Mono<SslContext> SYSTEM_TLS = Mono.fromCallable(() -> sslContext(TlsOptions.system()))
            .subscribeOn(Schedulers.boundedElastic())
            .cache();

    private final Mono<SslContext> tls;
    private final @Nullable ProxyOptions proxy;

    /**
     * An answer.
     *
     * @param status the status code
     * @param retryAfter how long to wait, where the server says so
     * @param body the body of a 200; empty for any other status, which says all there is to know, whatever follows it
     */
    @SuppressWarnings("ArrayRecordComponent") // Handed over, never compared.
    record Answer(int status, Optional<Duration> retryAfter, byte[] body) {}

    /** A failure after which the same request may succeed. */
    static final class RepeatableException extends RuntimeException {
        private static final long serialVersionUID = 1;

        RepeatableException(String message, @Nullable Throwable cause) {
            super(ForeignText.message(message), cause);
        }
    }

    HttpExchange(@Nullable TlsOptions tls, @Nullable ProxyOptions proxy) {
        this.proxy = proxy;
        this.tls = tls == null ? SYSTEM_TLS : Mono.just(sslContext(tls));
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

    /** Sends a request and takes its answer. Cold; cancelling closes the connection. */
    Mono<Answer> send(String method, String url, @Nullable String header, String value) {
        String request = method + ' ' + url;
        return FirstSocket.opened()
                .then(Mono.defer(() -> exchange(URI.create(url), HttpMethod.valueOf(method), header, value)))
                .timeout(TIMEOUT)
                .onErrorMap(TimeoutException.class, error -> new IOException("no answer within " + TIMEOUT))
                // Whatever it is: there was no answer, and the next one may come through.
                .onErrorMap(
                        error -> !(error instanceof TicketException),
                        error -> new RepeatableException(
                                "%s failed: %s. Is the server running, and can it be reached from here?"
                                        .formatted(request, ForeignText.quoted(error.getMessage())),
                                error));
    }

    private Mono<Answer> exchange(URI uri, HttpMethod method, @Nullable String header, String value) {
        boolean secure = "https".equalsIgnoreCase(uri.getScheme());
        int port = uri.getPort() >= 0 ? uri.getPort() : secure ? 443 : 80;
        TcpClient plain = through(proxy, TcpClient.newConnection())
                .host(unbracketed(uri.getHost()))
                .port(port);
        Mono<TcpClient> client =
                secure ? tls.map(context -> plain.secure(spec -> spec.sslContext(context))) : Mono.just(plain);
        FullHttpRequest request = new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, method, pathOf(uri));
        request.headers()
                .set(HttpHeaderNames.HOST, uri.getPort() >= 0 ? uri.getHost() + ':' + port : uri.getHost())
                .set(HttpHeaderNames.ACCEPT, "application/json")
                .set(HttpHeaderNames.CONTENT_LENGTH, 0)
                .set(HttpHeaderNames.CONNECTION, "close");
        if (header != null) {
            request.headers().set(header, value);
        }
        return Mono.usingWhen(
                client.flatMap(ready -> ready.doOnChannelInit((observer, channel, address) -> addHttp(channel))
                        .connect()),
                connection -> {
                    Reading reading = new Reading(method + " " + uri);
                    return connection
                            .outbound()
                            .sendObject(request)
                            .then()
                            .thenMany(connection.inbound().receiveObject())
                            .handle(reading::take)
                            .next()
                            .switchIfEmpty(Mono.error(() -> new IOException(reading.closedBefore())));
                },
                connection -> Mono.fromRunnable(connection::dispose));
    }

    /** The whole connection goes through it, a tunnel for plain HTTP too: so the proxy sees no header that it need not see. */
    private static TcpClient through(@Nullable ProxyOptions proxy, TcpClient client) {
        if (proxy == null) {
            return client;
        }
        return client.proxy(spec -> {
            ProxyProvider.Builder way = spec.type(
                            proxy.type() == ProxyOptions.Type.HTTP
                                    ? ProxyProvider.Proxy.HTTP
                                    : ProxyProvider.Proxy.SOCKS5)
                    .host(proxy.host())
                    .port(proxy.port());
            proxy.username()
                    .ifPresent(user ->
                            way.username(user).password(name -> proxy.password().orElse("")));
        });
    }

    private static void addHttp(Channel channel) {
        channel.pipeline().addBefore(NettyPipeline.ReactiveBridge, "stitch.http", new HttpClientCodec());
    }

    private static String unbracketed(String host) {
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    private static String pathOf(URI uri) {
        String path = uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
        return uri.getRawQuery() == null ? path : path + '?' + uri.getRawQuery();
    }

    /**
     * Reads one answer. The status comes first, and where it is not 200 it is the whole answer: an error page may be long, or be cut off. What
     * comes before the answer (100 Continue, 103 Early Hints) is none.
     */
    private static final class Reading {
        private final String request;
        private final ByteArrayOutputStream body = new ByteArrayOutputStream();
        private @Nullable HttpResponse accepted;

        Reading(String request) {
            this.request = request;
        }

        void take(Object part, SynchronousSink<Answer> answers) {
            if (part instanceof HttpObject decoded && decoded.decoderResult().isFailure()) {
                answers.error(new IOException(
                        "the answer is not HTTP", decoded.decoderResult().cause()));
                return;
            }
            if (part instanceof HttpResponse head) {
                begin(head, answers);
            }
            HttpResponse answered = accepted;
            if (part instanceof HttpContent content && answered != null) {
                add(content, answered, answers);
            }
        }

        private void begin(HttpResponse head, SynchronousSink<Answer> answers) {
            if (head.status().equals(HttpResponseStatus.OK)) {
                accepted = head;
            } else if (!isInterim(head.status())) {
                answers.next(answer(head, new byte[0]));
            }
        }

        /** Switching protocols, which nobody asked for, is the last that is said in HTTP. */
        private static boolean isInterim(HttpResponseStatus status) {
            return status.codeClass() == HttpStatusClass.INFORMATIONAL
                    && !status.equals(HttpResponseStatus.SWITCHING_PROTOCOLS);
        }

        private void add(HttpContent content, HttpResponse answered, SynchronousSink<Answer> answers) {
            if (body.size() + content.content().readableBytes() > MAX_BODY) {
                answers.error(TicketException.unavailable(
                        "The answer to %s has more than %d bytes. Is this the address of the ticket server?"
                                .formatted(request, MAX_BODY),
                        null));
                return;
            }
            body.writeBytes(ByteBufUtil.getBytes(content.content()));
            if (content instanceof LastHttpContent) {
                answers.next(answer(answered, body.toByteArray()));
            }
        }

        private static Answer answer(HttpResponse head, byte[] body) {
            return new Answer(head.status().code(), retryAfter(head.headers().get(HttpHeaderNames.RETRY_AFTER)), body);
        }

        String closedBefore() {
            return accepted == null
                    ? "the connection was closed before an answer came"
                    : "the connection was closed in the middle of the answer";
        }
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
