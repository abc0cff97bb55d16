package io.stitch.reactive.test;

import io.stitch.reactive.EntityType;
import io.stitch.reactive.StitchSchema;
import io.stitch.server.StitchServerOptions;

import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Makes a server's options from a schema. */
final class ServerSetup {
    private ServerSetup() {}

    static StitchServerOptions.Builder optionsFor(StitchSchema schema) {
        EntityType<?> root = schema.scopedTypes().get(0);
        Set<String> fields = schema.scopedTypes().stream()
                .map(schema::scopeField)
                .flatMap(Optional::stream)
                .collect(Collectors.toSet());
        if (fields.size() > 1) {
            throw new IllegalArgumentException(
                    "The reference server knows one scope field for all children, and this schema has %s. Test it with one."
                            .formatted(fields));
        }
        StitchServerOptions.Builder options = StitchServerOptions.builder().root(root.name());
        return fields.isEmpty() ? options : options.scopeField(fields.iterator().next());
    }
}
