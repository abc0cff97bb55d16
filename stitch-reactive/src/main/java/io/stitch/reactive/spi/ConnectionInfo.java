package io.stitch.reactive.spi;

import io.stitch.reactive.UserProperty;
import org.jspecify.annotations.Nullable;

import java.util.List;

/**
 * What a broker said when it accepted a connection.
 *
 * @param userProperties the CONNACK's user properties, in order
 * @param receiveMaximum how many unacknowledged publishes it takes at once
 * @param maximumPacketSize the largest packet it takes, in bytes
 */
public record ConnectionInfo(List<UserProperty> userProperties, int receiveMaximum, long maximumPacketSize) {
    /**
     * Finds a user property.
     *
     * @param name its name
     * @return the first value with this name, or {@code null}
     */
    public @Nullable String userProperty(String name) {
        return UserProperty.find(userProperties, name);
    }
}
