package io.stitch.simulation.server;

/**
 * How large a world is: many stores that all come back at once, or many scopes of one store, are a world of their own.
 *
 * @param stores how many stores there are; 0 for a few, as the seed says
 * @param scopes how many scopes there are
 */
public record Size(int stores, int scopes) {
    /** A few stores with a few scopes, in which they meet. */
    public static final Size SMALL = new Size(0, Entities.SCOPES.size());

    /** Needs as many scopes as a small world has. */
    public Size {
        if (stores < 0 || scopes < Entities.SCOPES.size()) {
            throw new IllegalArgumentException("A world has at least %d scopes, and no less than 0 stores: %d and %d"
                    .formatted(Entities.SCOPES.size(), scopes, stores));
        }
    }

    boolean isSmall() {
        return equals(SMALL);
    }
}
