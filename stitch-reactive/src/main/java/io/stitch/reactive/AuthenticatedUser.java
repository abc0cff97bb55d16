package io.stitch.reactive;

import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Who a store is logged in as. {@link #toString()} shows the id only.
 *
 * @param id the user's id, as the owner field of a root has it
 * @param profile what the server tells about the user; empty for a login with a password
 */
public record AuthenticatedUser(String id, ObjectNode profile) {
    /**
     * Copies the profile.
     *
     * @param id the user's id
     * @param profile what the server tells about the user
     */
    public AuthenticatedUser {
        profile = profile.deepCopy();
    }

    /**
     * A user of whom only the id is known.
     *
     * @param id the user's id
     */
    public AuthenticatedUser(String id) {
        this(id, JsonNodeFactory.instance.objectNode());
    }

    /**
     * {@return what the server tells about the user} A copy.
     */
    @Override
    public ObjectNode profile() {
        return profile.deepCopy();
    }

    @Override
    public String toString() {
        return "AuthenticatedUser[" + id + ']';
    }
}
