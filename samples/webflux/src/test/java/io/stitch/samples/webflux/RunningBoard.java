package io.stitch.samples.webflux;

import io.stitch.reactive.StitchStore;
import io.stitch.server.StitchServer;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.client.ReactorResourceFactory;
import org.springframework.test.web.reactive.server.WebTestClient;
import org.springframework.util.FileSystemUtils;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Stream;

/**
 * The whole service on a free port.
 *
 * @param context the service
 * @param temporary what it keeps, if that ends with it
 */
record RunningBoard(
        ConfigurableApplicationContext context, @Nullable Path temporary) implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofSeconds(20);

    /** Starts the service on the server's broker, and waits until it is connected. */
    static RunningBoard on(StitchServer server, String... properties) {
        RunningBoard board = at(server.url(), properties);
        board.store().connect().block(PATIENCE);
        return board;
    }

    /** Starts the service on a broker that need not be there. */
    static RunningBoard at(String url, String... properties) {
        try {
            Path folder = Files.createTempDirectory("board");
            return new RunningBoard(run(folder, url, properties), folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts the service with what was kept in a folder, which stays. */
    static RunningBoard in(Path folder, String url, String... properties) {
        return new RunningBoard(run(folder, url, properties), null);
    }

    private static ConfigurableApplicationContext run(Path folder, String url, String... properties) {
        String[] arguments = Stream.concat(
                        Stream.of(
                                "server.port=0",
                                "board.folder=" + folder,
                                "stitch.url=" + url,
                                "stitch.shutdown.timeout=0s"),
                        Arrays.stream(properties))
                .map(property -> "--" + property)
                .toArray(String[]::new);
        return new SpringApplicationBuilder(TaskBoard.class, OwnThreads.class).run(arguments);
    }

    /** Without it each service would end the threads of all when it ends. */
    @Configuration(proxyBeanMethods = false)
    static class OwnThreads {
        @Bean
        ReactorResourceFactory resources() {
            ReactorResourceFactory factory = new ReactorResourceFactory();
            factory.setUseGlobalResources(false);
            factory.setShutdownQuietPeriod(Duration.ZERO);
            return factory;
        }
    }

    StitchStore store() {
        return context.getBean(StitchStore.class);
    }

    String url() {
        return "http://127.0.0.1:"
                + ((WebServerApplicationContext) context).getWebServer().getPort();
    }

    /** Properties with which the service shows those who run it what it does. */
    static String[] withOperator(String... properties) {
        return Stream.concat(
                        Stream.of("spring.profiles.active=operator", "management.server.port=0"),
                        Arrays.stream(properties))
                .toArray(String[]::new);
    }

    String operatorUrl() {
        return "http://127.0.0.1:" + context.getEnvironment().getProperty("local.management.port");
    }

    WebTestClient client() {
        return client(url());
    }

    WebTestClient operator() {
        return client(operatorUrl());
    }

    private static WebTestClient client(String url) {
        return WebTestClient.bindToServer()
                .baseUrl(url)
                .responseTimeout(PATIENCE)
                .build();
    }

    @Override
    public void close() {
        context.close();
        if (temporary != null) {
            try {
                FileSystemUtils.deleteRecursively(temporary);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
