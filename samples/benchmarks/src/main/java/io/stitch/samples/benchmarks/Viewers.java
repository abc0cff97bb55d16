package io.stitch.samples.benchmarks;

import io.netty.channel.ChannelOption;
import io.stitch.reactive.Patch;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchStore;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Flux;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * What viewers cost the service of {@code samples/webflux}, in a JVM of its own with 256 MB of heap: many look at the boards of 50
 * projects by Server-Sent Events while another client of the server writes. One viewer of each project does not read before
 * everything is over.
 *
 * @param viewers how many, spread over the projects
 * @param rate how many events a second arrive
 * @param length for how long
 * @param server the server, whose scopes are the projects
 */
record Viewers(int viewers, int rate, Duration length, ServerSpec server) implements Scenario {
    /** The socket buffers of viewers who do not read, and of the service: small, so that it is the service that holds what is unread. */
    static final int SOCKET_BUFFER = 8 * 1024;

    private static final Limit BYTES_PER_VIEWER = Limit.atMost(64 * 1024);
    /** What the web server takes for a connection before it says that it is enough. */
    private static final int WRITE_BUFFER = 64 * 1024;

    private static final int BYTES_PER_UNREAD_RECORD = 1_024;
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int WRITES_UNDER_WAY = 256;
    /** Makes an event about 700 bytes. */
    private static final String TEXT = " and more".repeat(30);

    @Override
    public String name() {
        return "webflux/viewers";
    }

    @Override
    public List<Figure> measure(String serverUrl) {
        StitchStore writer = StitchStore.builder()
                .schema(Workload.SCHEMA)
                .remote(RemoteOptions.to(serverUrl))
                .build();
        writer.start().then(writer.connect()).block(PATIENCE);
        try (BoardJvm board = BoardJvm.start(serverUrl)) {
            return measure(writer, board);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            writer.close().block(PATIENCE);
        }
    }

    private List<Figure> measure(StitchStore writer, BoardJvm board) {
        List<Scope> scopes = server.sizes().stream()
                .map(size -> writer.openScope(Workload.scope(size)))
                .toList();
        long idle = board.liveBytes();
        List<BoardViewer> looking = look(board.url());
        List<BoardViewer> reading = looking.stream().filter(BoardViewer::reads).toList();
        List<BoardViewer> unread =
                looking.stream().filter(viewer -> !viewer.reads()).toList();
        loaded(scopes);
        double seconds = write(scopes);

        Map<String, Map<String, String>> titles = titles(scopes);
        int right = right(reading, titles);
        long busy = board.liveBytes();
        unread.forEach(BoardViewer::requestUnbounded);
        right += right(unread, titles);
        long read = board.liveBytes();
        looking.forEach(BoardViewer::cancel);

        int records = server.sizes().stream().mapToInt(Integer::intValue).sum();
        int got = unread.stream().mapToInt(BoardViewer::events).sum() / unread.size();
        int told = (records + writes()) / scopes.size();
        return List.of(
                figure(
                        "heap",
                        (double) (busy - idle) / viewers,
                        "bytes",
                        BYTES_PER_VIEWER,
                        String.format(
                                Locale.ROOT,
                                "for each of %d viewers on %d projects, %.0f events/s arrived",
                                viewers,
                                scopes.size(),
                                writes() / seconds)),
                figure(
                        "unread",
                        Math.max(0, (double) (busy - read) / unread.size()),
                        "bytes",
                        Limit.atMost(WRITE_BUFFER + (double) records / unread.size() * BYTES_PER_UNREAD_RECORD),
                        "more for a viewer who does not read than when it has; of %d events it got %d in the end"
                                .formatted(told, got)),
                figure("right", right, "viewers", Limit.atLeast(viewers), "showed the right state in the end"));
    }

    private Figure figure(String what, double value, String unit, Limit limit, String note) {
        return new Figure(name() + '/' + what, new Sample(value, value, value), unit, limit, note);
    }

    private int writes() {
        return (int) (rate * length.toSeconds());
    }

    private List<BoardViewer> look(String url) {
        HttpClient http = HttpClient.create(ConnectionProvider.create("viewers", viewers));
        WebClient reading = client(http, url);
        WebClient slow = client(http.option(ChannelOption.SO_RCVBUF, SOCKET_BUFFER), url);
        List<BoardViewer> looking = new ArrayList<>();
        for (int i = 0; i < viewers; i++) {
            String scope = Workload.scope(server.sizes().get(i % server.sizes().size()));
            boolean reads = i >= server.sizes().size();
            looking.add(BoardViewer.look(reads ? reading : slow, scope, reads));
        }
        return looking;
    }

    private static WebClient client(HttpClient http, String url) {
        return WebClient.builder()
                .clientConnector(new ReactorClientHttpConnector(http))
                .baseUrl(url)
                .build();
    }

    /** The writer has to know the records that it changes. */
    private void loaded(List<Scope> scopes) {
        for (int i = 0; i < scopes.size(); i++) {
            int size = server.sizes().get(i);
            scopes.get(i)
                    .records(Workload.TASK)
                    .filter(tasks -> tasks.size() == size)
                    .blockFirst(PATIENCE);
        }
    }

    /** Writes at the rate, one scope after another, and returns how many seconds it took until the server had all. */
    private double write(List<Scope> scopes) {
        long start = System.nanoTime();
        Flux.interval(Duration.ofNanos(1_000_000_000L / rate))
                .onBackpressureBuffer()
                .take(writes())
                .flatMap(
                        n -> {
                            int place = (int) (n % scopes.size());
                            int size = server.sizes().get(place);
                            String id = Workload.taskId(size, (int) (n / scopes.size() % size));
                            return scopes.get(place)
                                    .update(Workload.TASK, id, Patch.of("title", n + TEXT))
                                    .result();
                        },
                        WRITES_UNDER_WAY)
                .doOnNext(StoreClient::requireSynced)
                .blockLast();
        return (System.nanoTime() - start) / 1e9;
    }

    private static Map<String, Map<String, String>> titles(List<Scope> scopes) {
        Map<String, Map<String, String>> titles = new HashMap<>();
        for (Scope scope : scopes) {
            Map<String, String> ofScope = new HashMap<>();
            scope.snapshot(Workload.TASK)
                    .forEach(task -> ofScope.put(
                            task.path("id").asString(), task.path("title").asString()));
            titles.put(scope.id(), ofScope);
        }
        return titles;
    }

    /** {@return how many of them show the right state, which they are given some time for} */
    private static int right(List<BoardViewer> viewers, Map<String, Map<String, String>> titles) {
        List<CompletableFuture<Void>> each = viewers.stream()
                .map(viewer -> viewer.shows(titles.getOrDefault(viewer.scope(), Map.of())))
                .toList();
        CompletableFuture.allOf(each.toArray(CompletableFuture[]::new))
                .completeOnTimeout(null, PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
                .exceptionally(failed -> null)
                .join();
        return (int) each.stream()
                .filter(done -> done.isDone() && !done.isCompletedExceptionally())
                .count();
    }
}
