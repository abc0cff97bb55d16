package io.stitch.reactive.spring;

import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.StitchStore;
import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import reactor.test.StepVerifier;

import java.time.Duration;

import static io.stitch.reactive.spring.Board.PROJECT;
import static io.stitch.reactive.spring.Board.TASK;
import static org.assertj.core.api.Assertions.assertThat;

/** The configuration of docs/spring-boot.md, for an application without the starter. */
class SpringBootGuideTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    @Configuration(proxyBeanMethods = false)
    static class StoreConfiguration {
        @Bean(destroyMethod = "")
        StitchStore store(@Value("${board.url}") String url) {
            return StitchStore.builder()
                    .schema(StitchSchema.root(PROJECT).child(TASK, "projectId").build())
                    .remote(RemoteOptions.to(url))
                    .build();
        }

        @Bean
        SmartLifecycle storeLifecycle(StitchStore store) {
            return new SmartLifecycle() {
                private volatile boolean running;

                @Override
                public void start() {
                    store.start().block(); // opens the database; does not wait for the broker
                    running = true;
                }

                @Override
                public void stop() {
                    running = false;
                    store.close().block(Duration.ofSeconds(10));
                }

                @Override
                public boolean isRunning() {
                    return running;
                }
            };
        }
    }

    @Test
    void theStoreStartsAndEndsWithTheApplication() {
        try (StitchServer server = StitchServer.start(StitchServerOptions.defaults())) {
            new ApplicationContextRunner()
                    .withUserConfiguration(StoreConfiguration.class)
                    .withPropertyValues("board.url=" + server.url())
                    .run(context -> {
                        StitchStore store = context.getBean(StitchStore.class);
                        StepVerifier.create(store.connect()).expectComplete().verify(LIMIT);

                        context.close();
                        StepVerifier.create(store.onClose()).expectComplete().verify(LIMIT);
                        assertThat(store.connectionStatus().isConnected()).isFalse();
                    });
        }
    }
}
