package io.stitch.reactive.spring;

import io.stitch.reactive.StitchStoreBuilder;

/**
 * Changes how the store is built, after the properties and before it is made. All beans of this type are asked, in the order of
 * {@code @Order}; what the last one sets counts.
 */
@FunctionalInterface
public interface StitchStoreCustomizer {
    /**
     * Changes the builder.
     *
     * @param builder what the store will be made of
     */
    void customize(StitchStoreBuilder builder);
}
