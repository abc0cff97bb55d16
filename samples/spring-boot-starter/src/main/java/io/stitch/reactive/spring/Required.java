package io.stitch.reactive.spring;

import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.spi.Persistence;
import io.stitch.reactive.spi.SyncMode;
import org.jspecify.annotations.Nullable;

/** Says what is missing where the store needs a bean or a module that is not there. */
final class Required {
    private Required() {}

    static StitchSchema schema(@Nullable StitchSchema schema) {
        if (schema == null) {
            throw new StitchSettingException(
                    "The store needs to know its entities, and there is no StitchSchema bean.",
                    "Declare one in a configuration: @Bean StitchSchema schema() { return StitchSchema.root(PROJECT)"
                            + ".child(TASK, \"projectId\").build(); } Without a store, leave stitch.url out.");
        }
        return schema;
    }

    /** Nothing keeps a customizer from returning nothing, and Spring would say that there is no bean. */
    static RemoteOptions remote(@Nullable RemoteOptions remote, StitchRemoteCustomizer customizer) {
        if (remote == null) {
            throw new StitchSettingException(
                    "The StitchRemoteCustomizer %s returned null."
                            .formatted(customizer.getClass().getName()),
                    "Return the options that it made of those that it was given, or the latter.");
        }
        return remote;
    }

    static SyncMode mode(@Nullable SyncMode mode) {
        if (mode == null) {
            throw new StitchSettingException(
                    "The property stitch.mode is 'peer', and stitch-reactive-peer is not on the class path.",
                    "Add the dependency io.stitch:stitch-reactive-peer in the version of stitch-reactive, or leave"
                            + " stitch.mode out.");
        }
        return mode;
    }

    static @Nullable Persistence persistence(
            StitchProperties.Persistence properties, @Nullable Persistence persistence) {
        if (properties.file() != null && persistence == null) {
            throw new StitchSettingException(
                    "The property stitch.persistence.file is set, and stitch-reactive-h2 is not on the class path.",
                    "Add the dependency io.stitch:stitch-reactive-h2 in the version of stitch-reactive, or leave"
                            + " stitch.persistence.file out: then nothing is kept.");
        }
        if (properties.file() == null && properties.passphrase() != null) {
            throw new StitchSettingException(
                    "The property stitch.persistence.passphrase is set, and there is no stitch.persistence.file that it"
                            + " could encrypt.",
                    "Set the file, too, or leave the passphrase out.");
        }
        return persistence;
    }
}
