package io.stitch.reactive.spring;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import io.stitch.reactive.ReconnectValidator;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.SchemaException;
import io.stitch.reactive.ServerSync;
import io.stitch.reactive.StitchMetrics;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.StitchStore;
import io.stitch.reactive.StitchStoreBuilder;
import io.stitch.reactive.h2.H2Persistence;
import io.stitch.reactive.peer.PeerSync;
import io.stitch.reactive.spi.Persistence;
import io.stitch.reactive.spi.SettingRules;
import io.stitch.reactive.spi.StoreObserver;
import io.stitch.reactive.spi.SyncMode;
import io.stitch.reactive.spi.TicketProvider;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.AnyNestedCondition;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.ConfigurationCondition;
import org.springframework.core.env.Environment;
import tools.jackson.databind.cfg.DateTimeFeature;
import tools.jackson.databind.json.JsonMapper;

import java.time.Duration;

/**
 * Makes a {@link StitchStore} of the properties that begin with {@code stitch}, as soon as {@code stitch.url} is set or there is a {@link
 * RemoteOptions} bean. Each bean steps back where the application has one of its own.
 */
@AutoConfiguration(
        after = SslAutoConfiguration.class,
        // By name: they are in modules of Spring Boot that an application need not have.
        afterName = {
            "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration",
            "org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration",
            "org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration"
        })
@ConditionalOnClass(StitchStore.class)
@EnableConfigurationProperties(StitchProperties.class)
public final class StitchAutoConfiguration {
    private static final String LONGEST_PHASE = "spring.lifecycle.timeout-per-shutdown-phase";
    private static final Duration DEFAULT_LONGEST_PHASE = Duration.ofSeconds(30);

    /** Spring makes one. */
    StitchAutoConfiguration() {}

    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnText("stitch.tickets.url")
    TicketProvider stitchTickets(StitchProperties properties, ObjectProvider<SslBundles> bundles) {
        return Tickets.provider(properties.tickets(), bundles);
    }

    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnText("stitch.url")
    RemoteOptions stitchRemote(
            StitchProperties properties,
            ObjectProvider<TicketProvider> tickets,
            ObjectProvider<SslBundles> bundles,
            ObjectProvider<StitchRemoteCustomizer> customizers) {
        RemoteOptions remote = Remote.options(properties, tickets.getIfAvailable(), bundles);
        for (StitchRemoteCustomizer customizer : customizers.orderedStream().toList()) {
            remote = Required.remote(customizer.customize(remote), customizer);
        }
        return remote;
    }

    @Bean
    @ConditionalOnMissingBean
    StitchJsonMapper stitchJsonMapper(ObjectProvider<StitchJsonMapperCustomizer> customizers) {
        // What the library does by default: the zones of times stay.
        JsonMapper.Builder builder = JsonMapper.builder()
                .disable(DateTimeFeature.ADJUST_DATES_TO_CONTEXT_TIME_ZONE)
                .enable(DateTimeFeature.WRITE_DATES_WITH_ZONE_ID);
        customizers.orderedStream().forEach(customizer -> customizer.customize(builder));
        return new StitchJsonMapper(builder.build());
    }

    /** Its {@code close} is a publisher, which Spring would call and not subscribe; {@link StitchStoreLifecycle} does. */
    @Bean(destroyMethod = "")
    @ConditionalOnMissingBean
    @ConditionalOnBean(RemoteOptions.class)
    StitchStore stitchStore(
            StitchProperties properties,
            RemoteOptions remote,
            StitchJsonMapper mapper,
            ObjectProvider<StitchSchema> schemas,
            ObjectProvider<SyncMode> modes,
            ObjectProvider<Persistence> persistences,
            ObjectProvider<StoreObserver> observers,
            ObjectProvider<ReconnectValidator> validators,
            ObjectProvider<StitchStoreCustomizer> customizers) {
        StitchSchema schema = Required.schema(schemas.getIfAvailable());
        SyncMode mode = Required.mode(modes.getIfAvailable());
        Modes.requireKnown(properties.server(), mode, schema);
        StitchStoreBuilder builder = StitchStore.builder()
                .schema(schema)
                .remote(remote)
                .jsonMapper(mapper.mapper())
                .syncMode(mode)
                .autoConnect(properties.autoConnect());
        Setting.apply("stitch.max-pending-writes", properties.maxPendingWrites(), writes -> {
            SettingRules.requireAtLeast(
                    "pending writes", 1, writes); // The builder would check it where nobody knows the property.
            builder.maxPendingWrites(writes);
        });
        Setting.apply("stitch.keep-warm", properties.keepWarm(), time -> {
            SettingRules.requireNotNegative("keepWarm", time);
            builder.keepWarm(time);
        });
        Setting.apply("stitch.keep-warm-at-most", properties.keepWarmAtMost(), scopes -> {
            SettingRules.requireAtLeast("warm scopes", 1, scopes);
            builder.maxWarmScopes(scopes);
        });
        String clientId = properties.clientId();
        if (clientId != null) {
            builder.clientId(clientId);
        }
        Persistence persistence = Required.persistence(properties.persistence(), persistences.getIfAvailable());
        if (persistence != null) {
            builder.persistence(persistence);
        }
        observers.ifAvailable(builder::observer);
        validators.ifAvailable(builder::reconnectValidator);
        customizers.orderedStream().forEach(customizer -> customizer.customize(builder));
        try {
            return builder.build();
        } catch (SchemaException | IllegalArgumentException e) {
            throw new StitchSettingException(
                    "The store cannot be made: " + e.getMessage(),
                    "Correct the property that begins with 'stitch.', or the bean, that sets this.",
                    e);
        }
    }

    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnSingleCandidate(StitchStore.class)
    StitchStoreLifecycle stitchStoreLifecycle(
            StitchStore store,
            StitchProperties properties,
            ObjectProvider<Persistence> persistences,
            Environment environment,
            ApplicationContext context) {
        Duration longestPhase =
                Binder.get(environment).bind(LONGEST_PHASE, Duration.class).orElse(DEFAULT_LONGEST_PHASE);
        boolean kept = persistences.stream().anyMatch(Persistence::keepsRecords);
        return new StitchStoreLifecycle(store, properties, longestPhase, kept, context);
    }

    /** Server mode, the default. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnMode(StitchProperties.Mode.SERVER)
    static class ServerMode {
        @Bean
        @ConditionalOnMissingBean(SyncMode.class)
        ServerSync stitchServerSync(StitchProperties properties) {
            return Modes.server(properties.server());
        }
    }

    /** Peer mode, where its module is there. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(PeerSync.class)
    @ConditionalOnMode(StitchProperties.Mode.PEER)
    static class PeerMode {
        @Bean
        @ConditionalOnMissingBean(SyncMode.class)
        PeerSync stitchPeerSync(StitchProperties properties) {
            return PeerSettings.peer(properties.peer());
        }
    }

    /** A file, where the module for it is there. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(H2Persistence.class)
    @ConditionalOnText("stitch.persistence.file")
    static class FilePersistence {
        /** The store closes it. */
        @Bean(destroyMethod = "")
        @ConditionalOnMissingBean(Persistence.class)
        H2Persistence stitchPersistence(StitchProperties properties) {
            return H2File.of(properties.persistence());
        }
    }

    /** Meters and observations, where the application has a registry for them. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass({MeterRegistry.class, ObservationRegistry.class, StitchMetrics.class})
    static class Metrics {
        @Bean
        @ConditionalOnMissingBean
        @Conditional(AnyRegistry.class)
        StoreObserver stitchObserver(
                StitchProperties properties,
                Environment environment,
                ObjectProvider<MeterRegistry> meters,
                ObjectProvider<ObservationRegistry> observations) {
            MeterRegistry meterRegistry = meters.getIfAvailable();
            ObservationRegistry observationRegistry = observations.getIfAvailable();
            return metrics(meterRegistry, observationRegistry)
                    .tag("store", Names.ofStore(properties, environment))
                    .observer();
        }

        private static StitchMetrics metrics(
                @Nullable MeterRegistry meters, @Nullable ObservationRegistry observations) {
            if (meters == null) {
                return StitchMetrics.tracesTo(observations == null ? ObservationRegistry.NOOP : observations);
            }
            StitchMetrics metrics = StitchMetrics.to(meters);
            return observations == null ? metrics : metrics.andTracesTo(observations);
        }

        /** One of the two will do. */
        static final class AnyRegistry extends AnyNestedCondition {
            AnyRegistry() {
                super(ConfigurationCondition.ConfigurationPhase.REGISTER_BEAN);
            }

            @ConditionalOnBean(MeterRegistry.class)
            static class Meters {}

            @ConditionalOnBean(ObservationRegistry.class)
            static class Observations {}
        }
    }

    /** Observations in an application without meters: apart, because no class of theirs may be named there. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass({ObservationRegistry.class, StitchMetrics.class})
    @ConditionalOnMissingClass("io.micrometer.core.instrument.MeterRegistry")
    static class TracesOnly {
        @Bean
        @ConditionalOnMissingBean
        @ConditionalOnBean(ObservationRegistry.class)
        StoreObserver stitchObserver(
                StitchProperties properties,
                Environment environment,
                ObjectProvider<ObservationRegistry> observations) {
            return StitchMetrics.tracesTo(observations.getIfAvailable(() -> ObservationRegistry.NOOP))
                    .tag("store", Names.ofStore(properties, environment))
                    .observer();
        }
    }

    /** What a store is called. */
    private static final class Names {
        private static final String DEFAULT = "stitch";

        private Names() {}

        static String ofStore(StitchProperties properties, Environment environment) {
            String name = properties.name();
            return name == null ? environment.getProperty("spring.application.name", DEFAULT) : name;
        }
    }
}
