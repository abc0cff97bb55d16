package io.stitch.reactive;

import org.jspecify.annotations.Nullable;

import java.util.List;

/**
 * An MQTT 5 user property.
 *
 * @param name its name
 * @param value its value
 */
public record UserProperty(String name, String value) {
    /**
     * Finds a property.
     *
     * @param properties the properties, in order
     * @param name its name
     * @return the first value with this name, or {@code null}
     */
    public static @Nullable String find(List<UserProperty> properties, String name) {
        for (UserProperty property : properties) {
            if (property.name().equals(name)) {
                return property.value();
            }
        }
        return null;
    }
}
