package io.stitch.samples.benchmarks;

import io.stitch.reactive.spi.ConnectRequest;
import io.stitch.reactive.spi.ConnectionEnd;
import io.stitch.reactive.spi.InboundMessage;
import io.stitch.reactive.spi.MqttConnection;
import io.stitch.reactive.spi.MqttConnector;
import io.stitch.reactive.spi.OutboundMessage;
import io.stitch.reactive.spi.PublishResult;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A broker in memory that lets a client wait before it accepts it, takes all that comes, and has a server that answers nothing. */
final class MuteBroker implements MqttConnector {
    private static final int RECEIVE_MAXIMUM = 64;

    private final Sinks.Empty<Void> accepting = Sinks.empty();
    private final CountDownLatch hellos;
    private final CountDownLatch requests = new CountDownLatch(RECEIVE_MAXIMUM / 2);

    /**
     * Makes a broker that accepts nobody yet.
     *
     * @param scopes how many scopes there are to be asked for
     */
    MuteBroker(int scopes) {
        hellos = new CountDownLatch(scopes);
    }

    @Override
    public Mono<MqttConnection> connect(ConnectRequest request) {
        return accepting.asMono().then(Mono.fromSupplier(Connection::new));
    }

    /** Accepts who has been waiting, and returns when every scope was asked for and writes were sent. */
    void accept(Duration limit) throws InterruptedException {
        accepting.tryEmitEmpty();
        if (!hellos.await(limit.toSeconds(), TimeUnit.SECONDS)
                || !requests.await(limit.toSeconds(), TimeUnit.SECONDS)) {
            throw new IllegalStateException("%d hellos and %d requests did not come within %s."
                    .formatted(hellos.getCount(), requests.getCount(), limit));
        }
    }

    private final class Connection extends TakingConnection {
        private final Sinks.Empty<Void> ended = Sinks.empty();

        Connection() {
            super(RECEIVE_MAXIMUM);
        }

        @Override
        public Flux<InboundMessage> messages() {
            return ended.asMono().thenMany(Flux.empty());
        }

        @Override
        public Mono<PublishResult> publish(OutboundMessage message) {
            return Mono.fromSupplier(() -> {
                (message.topic().endsWith("/hello") ? hellos : requests).countDown();
                return new PublishResult(false);
            });
        }

        @Override
        public Mono<ConnectionEnd> closed() {
            return ended.asMono().then(Mono.never());
        }

        @Override
        public Mono<Void> disconnect() {
            return Mono.fromRunnable(ended::tryEmitEmpty);
        }
    }
}
