package io.stitch.samples.webflux;

import io.micrometer.core.instrument.MeterRegistry;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.StitchMetrics;
import io.stitch.reactive.StitchStore;
import io.stitch.reactive.StitchStoreBuilder;
import io.stitch.server.StitchServer;
import org.jspecify.annotations.Nullable;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import reactor.core.scheduler.Schedulers;

import java.time.Clock;

/** The one store of the service, and what watches it. */
@Configuration(proxyBeanMethods = false)
class StoreConfiguration {
    @Bean
    Broker broker(BoardProperties properties) {
        return Broker.from(properties);
    }

    /** Closed by {@link StoreLifecycle}: this close is a publisher, which Spring would call and not subscribe. */
    @Bean(destroyMethod = "")
    StitchStore store(Broker broker, BoardProperties properties, MeterRegistry meters) {
        StitchStoreBuilder builder = StitchStore.builder()
                .schema(Board.SCHEMA)
                .remote(remote(broker.url(), properties.broker()))
                .observer(StitchMetrics.to(meters).tag("store", "board").observer());
        String clientId = properties.broker().clientId();
        return (clientId == null ? builder : builder.clientId(clientId)).build();
    }

    @Bean
    OpenScopes openScopes(StitchStore store, BoardProperties properties) {
        return new OpenScopes(store, properties.scopeLinger(), Schedulers.parallel());
    }

    @Bean
    Clock clock() {
        return Clock.systemUTC();
    }

    private static RemoteOptions remote(String url, BoardProperties.Broker settings) {
        RemoteOptions remote = RemoteOptions.to(url);
        String username = settings.username();
        String password = settings.password();
        return username == null || password == null ? remote : remote.login(username, password);
    }

    /**
     * The broker that the store connects to.
     *
     * @param url its address
     * @param embedded the server inside this process, if the broker is one
     */
    record Broker(String url, @Nullable StitchServer embedded) implements AutoCloseable {
        static Broker from(BoardProperties properties) {
            String url = properties.broker().url();
            if (url != null) {
                return new Broker(url, null);
            }
            StitchServer server = EmbeddedServer.start(properties.embedded());
            return new Broker(server.url(), server);
        }

        @Override
        public void close() {
            if (embedded != null) {
                embedded.close();
            }
        }
    }
}
