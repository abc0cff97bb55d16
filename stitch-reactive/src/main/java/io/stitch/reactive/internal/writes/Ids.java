package io.stitch.reactive.internal.writes;

import io.stitch.reactive.Names;
import io.stitch.reactive.ValidationException;
import io.stitch.reactive.internal.wire.Json;

/** Checks ids that an application passes in. */
public final class Ids {
    private static final int SHOWN = 200;

    private Ids() {}

    /**
     * Refuses what cannot be an id.
     *
     * @param entity what it is to be the id of
     * @param id what an application passed
     * @return the id
     * @throws ValidationException if it cannot be one
     */
    public static String require(String entity, String id) {
        String problem = Names.idProblem(id);
        if (problem == null) {
            return id;
        }
        throw new ValidationException(
                ValidationException.Rule.ID,
                entity,
                id,
                "id",
                abbreviate(Json.text(id).toString()),
                "Cannot use '%s' as the id of a %s: %s.".formatted(abbreviate(id), entity, problem),
                null);
    }

    private static String abbreviate(String text) {
        return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + '…';
    }
}
