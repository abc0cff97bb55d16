package io.stitch.reactive;

import io.stitch.reactive.internal.connection.HiveMqConnector;
import io.stitch.reactive.spi.ConnectRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.blockhound.BlockHound;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import java.lang.management.ManagementFactory;
import java.net.ProxySelector;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

/** In a process of its own, because the JDK reads its file once in each. */
class FirstSocketTest {
    private static final String CALM = "nothing blocked";

    /** Connects to where nobody listens, from a thread that must not block, and prints what blocked all the same. */
    static final class FirstConnect {
        public static void main(String[] arguments) {
            BlockHound.builder()
                    .loadIntegrations()
                    .disallowBlockingCallsInside("sun.net.NetProperties", "loadDefaultProperties")
                    .blockingMethodCallback(method -> new Error(method.toString()).printStackTrace(System.out))
                    .install();
            attempt(arguments[0])
                    .subscribeOn(Schedulers.newSingle("worker"))
                    .onErrorComplete()
                    .block(Duration.ofSeconds(60));
            System.out.println(CALM);
            System.exit(0);
        }

        private static Mono<Void> attempt(String scheme) {
            String nobody = "//127.0.0.1:1";
            return switch (scheme) {
                case "mqtt" ->
                    Mono.defer(() -> new HiveMqConnector(Schedulers.parallel())
                            .connect(new ConnectRequest(
                                    ConnectRequest.address("mqtt:" + nobody),
                                    "c1",
                                    null,
                                    Duration.ofSeconds(30),
                                    Duration.ofSeconds(60)))
                            .then());
                case "http" ->
                    Mono.defer(() -> HttpTicketProvider.at("http:" + nobody)
                            .firstDelay(Duration.ofMillis(1))
                            .ticket()
                            .then());
                default ->
                    Mono.fromCallable(() -> ProxySelector.getDefault().select(URI.create("http:" + nobody)))
                            .then();
            };
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"mqtt", "http"})
    void noReactiveThreadReadsTheFileThatTheJdkNeedsForIt(String scheme) throws Exception {
        assertThat(run(scheme)).isEqualToIgnoringNewLines(CALM);
    }

    /** Which sockets read it is another matter in each JDK; whoever looks for a proxy does in all of them. */
    @Test
    void aThreadThatReadsTheFileIsSeen() throws Exception {
        assertThat(run("proxy")).contains("NetProperties.loadDefaultProperties");
    }

    private static String run(String scheme) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current().info().command().orElseThrow());
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(option -> option.startsWith("-XX:"))
                .forEach(command::add);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), FirstConnect.class.getName(), scheme));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (var output = process.getInputStream()) {
            return new String(output.readAllBytes(), StandardCharsets.UTF_8);
        } finally {
            process.destroyForcibly();
        }
    }
}
