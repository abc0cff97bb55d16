package io.stitch.reactive.peer;

/** A broker that tests run on: one node, or several that pass on to each other what is published. */
interface TestBroker extends AutoCloseable {
    /** {@return the port on the loopback address where the peer with this number connects} */
    int port(int peer);

    @Override
    void close();
}
