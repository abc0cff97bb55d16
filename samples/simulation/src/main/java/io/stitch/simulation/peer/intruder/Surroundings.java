package io.stitch.simulation.peer.intruder;

import io.stitch.server.Message;
import io.stitch.simulation.Network;
import io.stitch.simulation.Run;
import io.stitch.simulation.peer.protection.Protection;

import java.util.List;

/** Where an intruder is. */
public interface Surroundings {
    /** {@return the run} */
    Run run();

    /** {@return where everything is said} */
    Network network();

    /** {@return against whom peers protect themselves} */
    Protection protection();

    /** {@return what the peers are called} */
    List<String> names();

    /**
     * Something was done.
     *
     * @param what what
     */
    void count(String what);

    /**
     * Something was said that peers take for one of theirs.
     *
     * @param client who said it
     * @param message what
     */
    void said(String client, Message message);
}
