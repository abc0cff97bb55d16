package io.stitch.reactive.spring;

import io.stitch.reactive.SchemaException;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.util.unit.DataSize;

import java.util.function.Consumer;

/** Takes settings over one by one, so that whoever wrote one that cannot work is told which it is. */
final class Setting {
    private Setting() {}

    /**
     * Takes a setting over.
     *
     * @param property its name
     * @param value its value, which is shown if it cannot work, so never a secret
     * @param setter checks and takes it
     */
    static <T> void apply(String property, T value, Consumer<T> setter) {
        try {
            setter.accept(value);
        } catch (IllegalArgumentException | SchemaException e) {
            throw new InvalidConfigurationPropertyValueException(property, value, String.valueOf(e.getMessage()));
        }
    }

    /** The same for a size that the library wants as a number of bytes. */
    static void applyBytes(String property, DataSize value, Consumer<Integer> setter) {
        if (value.isNegative()) {
            throw new InvalidConfigurationPropertyValueException(property, value, "It must not be negative.");
        }
        if (value.toBytes() > Integer.MAX_VALUE) {
            throw new InvalidConfigurationPropertyValueException(property, value, "It must be below 2 GB.");
        }
        apply(property, (int) value.toBytes(), setter);
    }
}
