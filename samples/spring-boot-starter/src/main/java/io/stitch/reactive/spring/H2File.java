package io.stitch.reactive.spring;

import io.stitch.reactive.h2.H2Persistence;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;

import java.nio.file.Path;
import java.util.Objects;

/** Makes a persistence of the properties. */
final class H2File {
    private H2File() {}

    static H2Persistence of(StitchProperties.Persistence properties) {
        Path file = Objects.requireNonNull(properties.file(), "asked for where a file is set");
        H2Persistence.Builder builder = builder(file);
        String passphrase = properties.passphrase();
        if (passphrase == null) {
            return builder.build();
        }
        if (passphrase.isEmpty()) {
            throw new StitchSettingException(
                    "The property stitch.persistence.passphrase is empty.",
                    "Set it to the passphrase, or leave it out for a file that is not encrypted.");
        }
        return builder.passphrase(passphrase.toCharArray()).build();
    }

    private static H2Persistence.Builder builder(Path file) {
        try {
            return H2Persistence.builder(file);
        } catch (IllegalArgumentException e) {
            throw new InvalidConfigurationPropertyValueException(
                    "stitch.persistence.file", file, String.valueOf(e.getMessage()));
        }
    }
}
