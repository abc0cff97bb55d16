package io.stitch.samples.benchmarks;

import java.util.List;

/** Something that is measured against a server. To add rows to the table, implement it and name it in {@link Measuring}. */
interface Scenario {
    /** {@return what its rows' names begin with} */
    String name();

    /** {@return the server it needs; scenarios in a row that need the same one share it} */
    ServerSpec server();

    /** Runs the rounds. */
    List<Figure> measure(String serverUrl);
}
