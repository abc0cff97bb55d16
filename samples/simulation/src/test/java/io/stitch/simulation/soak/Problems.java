package io.stitch.simulation.soak;

import java.util.ArrayList;
import java.util.List;

/** What is wrong. Thread-safe; of very many it keeps the first. */
final class Problems {
    private static final int KEPT = 100;

    private final List<String> found = new ArrayList<>();
    private int more;

    synchronized void add(String problem) {
        if (found.size() < KEPT) {
            System.out.println("PROBLEM " + problem);
            found.add(problem);
        } else {
            more++;
        }
    }

    synchronized List<String> found() {
        List<String> all = new ArrayList<>(found);
        if (more > 0) {
            all.add("and " + more + " more");
        }
        return all;
    }
}
