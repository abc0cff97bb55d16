package io.stitch.reactive.internal.writes;

import io.stitch.reactive.Names;
import io.stitch.reactive.ValidationException;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.spi.ForeignText;

import java.nio.charset.StandardCharsets;

/** Checks ids that an application passes in. */
public final class Ids {
    private static final int SHOWN = 200;
    private static final int LONGEST_GRANTEE = 512;

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

    /**
     * Refuses what cannot be the name of a user.
     *
     * @param grantee what an application passed
     * @throws IllegalArgumentException if it cannot be one
     */
    public static void requireGrantee(String grantee) {
        if (grantee.isBlank()
                || !Names.isWellFormed(grantee)
                || grantee.chars().anyMatch(Character::isISOControl)
                || grantee.getBytes(StandardCharsets.UTF_8).length > LONGEST_GRANTEE) {
            throw new IllegalArgumentException(
                    "'%s' cannot be the user to share with: give their id, or their e-mail where the server knows its users so, of at most %d bytes and without control characters."
                            .formatted(ForeignText.quoted(grantee), LONGEST_GRANTEE));
        }
    }

    private static String abbreviate(String text) {
        return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + '…';
    }
}
