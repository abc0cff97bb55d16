package io.stitch.reactive.spring;

import io.stitch.reactive.StitchStore;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.ReactiveHealthIndicator;
import org.springframework.context.annotation.Bean;

/** Tells Spring Boot's health endpoint of the store, as the component {@code stitch}. */
@AutoConfiguration(after = StitchAutoConfiguration.class)
@ConditionalOnClass({StitchStore.class, ReactiveHealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
public final class StitchHealthAutoConfiguration {
    /** Spring makes one. */
    StitchHealthAutoConfiguration() {}

    @Bean
    @ConditionalOnSingleCandidate(StitchStore.class)
    @ConditionalOnEnabledHealthIndicator("stitch")
    @ConditionalOnMissingBean(name = {"stitchHealthIndicator", "stitchHealthContributor"})
    ReactiveHealthIndicator stitchHealthIndicator(StitchStore store, StitchProperties properties) {
        return new StitchHealthIndicator(store, properties.secrets());
    }
}
