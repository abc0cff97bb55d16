package io.stitch.samples.webflux;

import org.springframework.http.HttpStatus;
import org.springframework.web.util.UriComponentsBuilder;

import java.net.URI;
import java.util.Set;

/** The addresses of what was made. */
final class Addresses {
    /** In an address they mean a place, however they are written: browsers and others go there instead of asking for them. */
    private static final Set<String> PLACES = Set.of(".", "..");

    private Addresses() {}

    /**
     * Says where something is.
     *
     * @param pattern its address, with a place for each id
     * @param ids the ids
     * @return its address
     */
    static URI of(String pattern, Object... ids) {
        return UriComponentsBuilder.fromPath(pattern)
                .encode()
                .buildAndExpand(ids)
                .toUri();
    }

    /**
     * Checks the id of something that is to be made.
     *
     * @param what what is to be made
     * @param id its id
     * @return the id
     * @throws ProblemException if most clients could not ask for it again
     */
    static String requireReachable(String what, String id) {
        if (PLACES.contains(id)) {
            throw new ProblemException(
                    HttpStatus.BAD_REQUEST,
                    "ID",
                    "'%s' cannot be the id of a %s: in an address it means another place, so that nobody could open or delete it. Choose another id, or send none and get one."
                            .formatted(id, what),
                    Sentences.PAGE_IS_OLD);
        }
        return id;
    }
}
