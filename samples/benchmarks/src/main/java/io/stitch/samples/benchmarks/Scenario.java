package io.stitch.samples.benchmarks;

import org.jspecify.annotations.Nullable;

import java.util.List;

/** Something that is measured against a server. To add rows to the table, implement it and name it in {@link Measuring}. */
interface Scenario {
    /** {@return what its rows' names begin with} */
    String name();

    /** {@return the server it needs, or {@code null} if it needs none; scenarios in a row that need the same one share it} */
    @Nullable
    ServerSpec server();

    /** Runs the rounds against that server; the URL is empty if there is none. */
    List<Figure> measure(String serverUrl);
}
