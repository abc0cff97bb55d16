package io.stitch.samples.desktop;

/**
 * Who sits at a window.
 *
 * @param name the name, to which tasks are assigned
 * @param server where this user's records from a server are
 * @param peers where this user's records among peers are
 */
record User(String name, Place server, Place peers) {
    Place place(Mode mode) {
        return mode == Mode.SERVER ? server : peers;
    }
}
