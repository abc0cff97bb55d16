package io.stitch.reactive.spring;

import io.stitch.reactive.RemoteOptions;

/**
 * Changes where the broker is and how to log in, after the properties: for a last will, say. All beans of this type are asked, in the
 * order of {@code @Order}; each gets what the one before it made.
 */
@FunctionalInterface
public interface StitchRemoteCustomizer {
    /**
     * Changes the options.
     *
     * @param remote the options so far
     * @return the options to go on with
     */
    RemoteOptions customize(RemoteOptions remote);
}
