package io.stitch.samples.benchmarks;

import org.springframework.core.ParameterizedTypeReference;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.reactive.function.client.WebClientResponseException;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;
import reactor.util.retry.Retry;
import tools.jackson.databind.json.JsonMapper;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * What it costs the service of {@code samples/webflux} that many come to look at one board at once: the processor time of its JVM, until each
 * of them has been told that all are there.
 *
 * @param viewers how many
 * @param server the server, with one scope, which is the board
 * @param rounds how often
 */
record ViewersJoin(int viewers, ServerSpec server, Rounds rounds) implements Scenario {
    private static final Limit CPU_SECONDS = Limit.atMost(10);
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    /** Names as long as they may be. */
    private static final String NAME = "%04d Wolfeschlegelsteinhausenbergerdorff";

    @Override
    public String name() {
        return "webflux/viewers/join-" + viewers;
    }

    @Override
    public List<Figure> measure(String serverUrl) {
        try (BoardJvm board = BoardJvm.start(serverUrl)) {
            List<Double> seconds = rounds.run(round -> measure(board));
            return List.of(new Figure(
                    name(),
                    Sample.of(seconds, Double::doubleValue),
                    "s",
                    CPU_SECONDS,
                    "of the service's processor time, for %d viewers who come to one board of %d tasks at once"
                            .formatted(viewers, server.sizes().get(0))));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private double measure(BoardJvm board) {
        WebClient client = WebClient.builder()
                .clientConnector(new ReactorClientHttpConnector(
                        HttpClient.create(ConnectionProvider.create("joining", viewers + 1))))
                .baseUrl(board.url())
                .build();
        // The board may still be connecting, and says so.
        alone(client)
                .retryWhen(Retry.fixedDelay(PATIENCE.toSeconds(), Duration.ofSeconds(1))
                        .filter(WebClientResponseException.ServiceUnavailable.class::isInstance))
                .block(PATIENCE);
        CountDownLatch left = new CountDownLatch(viewers);
        AtomicReference<Throwable> sentAway = new AtomicReference<>();
        Duration before = board.processorTime();
        Disposable.Composite looking = Disposables.composite();
        for (int i = 0; i < viewers; i++) {
            looking.add(counts(client, NAME.formatted(i))
                    .filter(count -> count == viewers)
                    .distinct()
                    .subscribe(count -> left.countDown(), sentAway::set));
        }
        try {
            if (!left.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                throw new IllegalStateException(
                        "%d of %d viewers were never told that all are there.".formatted(left.getCount(), viewers),
                        sentAway.get());
            }
            return board.processorTime().minus(before).toMillis() / 1e3;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("The measurement was interrupted.", e);
        } finally {
            looking.dispose();
            alone(client).block(PATIENCE);
        }
    }

    /** All are gone when somebody who comes is alone. */
    private Mono<Integer> alone(WebClient client) {
        return counts(client, "last").filter(count -> count == 1).next();
    }

    private Flux<Integer> counts(WebClient client, String name) {
        return client.get()
                .uri(
                        "/api/projects/{scope}/events?name={name}",
                        Workload.scope(server.sizes().get(0)),
                        name)
                .retrieve()
                .bodyToFlux(new ParameterizedTypeReference<ServerSentEvent<String>>() {})
                .filter(event -> "viewers".equals(event.event()))
                .mapNotNull(ServerSentEvent::data)
                .map(data -> JsonMapper.shared().readTree(data).path("count").asInt());
    }
}
