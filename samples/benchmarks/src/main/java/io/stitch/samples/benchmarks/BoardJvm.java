package io.stitch.samples.benchmarks;

import io.netty.channel.ChannelOption;
import io.stitch.samples.webflux.TaskBoard;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.reactor.netty.NettyServerCustomizer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerResponse;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** The task board of {@code samples/webflux} in a JVM of its own, with a small heap. */
final class BoardJvm implements AutoCloseable {
    private static final Duration TIME_TO_START = Duration.ofSeconds(60);
    private static final List<String> JVM_FLAGS = List.of("-Xms256m", "-Xmx256m", "-XX:+UseG1GC");
    private static final String HEAP = "/benchmark/heap";

    private final ChildJvm child;
    private final String url;

    private BoardJvm(ChildJvm child, String url) {
        this.child = child;
        this.url = url;
    }

    static BoardJvm start(String brokerUrl) throws IOException {
        ChildJvm child = ChildJvm.start(BoardJvm.class, JVM_FLAGS, List.of(brokerUrl));
        return new BoardJvm(child, child.address("http", TIME_TO_START));
    }

    String url() {
        return url;
    }

    /** {@return the live heap of that JVM, in bytes, after a garbage collection} */
    long liveBytes() {
        try {
            HttpRequest request = HttpRequest.newBuilder(URI.create(url + HEAP))
                    .timeout(TIME_TO_START)
                    .build();
            return Long.parseLong(HttpClient.newHttpClient()
                    .send(request, HttpResponse.BodyHandlers.ofString())
                    .body());
        } catch (IOException e) {
            throw new IllegalStateException("The task board does not tell its heap; look for its error above.", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while waiting for the task board.", e);
        }
    }

    /** {@return the processor time that the JVM has taken until now} */
    Duration processorTime() {
        return child.processorTime();
    }

    @Override
    public void close() {
        child.close();
    }

    /**
     * The child: starts the service, says where it is, and stays until its parent is gone.
     *
     * @param args the broker
     * @throws InterruptedException if it is interrupted
     */
    public static void main(String[] args) throws InterruptedException {
        ChildJvm.endWithParent();
        ConfigurableApplicationContext context = new SpringApplicationBuilder(TaskBoard.class, Measured.class)
                .run(
                        "--server.address=127.0.0.1",
                        "--server.port=0",
                        "--logging.config=classpath:benchmarks-logback.xml",
                        "--stitch.url=" + args[0],
                        "--board.max-streams-per-address=5000", // All viewers are on this machine.
                        "--stitch.persistence.file="); // Nothing is kept: what is measured is memory.
        System.out.println("http://127.0.0.1:" + context.getEnvironment().getProperty("local.server.port"));
        new CountDownLatch(1).await();
    }

    /** What the benchmark adds to the service. */
    @Configuration(proxyBeanMethods = false)
    static class Measured {
        /** With the megabytes that a kernel would buffer, the service would never notice a viewer who does not read. */
        @Bean
        NettyServerCustomizer smallSendBuffers() {
            return server -> server.childOption(ChannelOption.SO_SNDBUF, Viewers.SOCKET_BUFFER);
        }

        @Bean
        RouterFunction<ServerResponse> heap() {
            return RouterFunctions.route()
                    .GET(HEAP, request -> ServerResponse.ok().bodyValue(String.valueOf(ScopeHeap.liveBytes())))
                    .build();
        }
    }
}
