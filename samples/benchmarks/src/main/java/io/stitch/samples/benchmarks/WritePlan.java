package io.stitch.samples.benchmarks;

import java.util.stream.IntStream;

/** Which writes the store and the bare client make: each gives one task of a scope another title, task after task. */
final class WritePlan {
    private final int writes;
    private final int inFlight;
    // Made beforehand, because formatting one costs about as much as a write.
    private final String[] ids;

    /**
     * Plans writes.
     *
     * @param tasks the size of the scope
     * @param writes how many writes
     * @param inFlight how many are made at once
     */
    WritePlan(int tasks, int writes, int inFlight) {
        if (inFlight > tasks) {
            throw new IllegalArgumentException(
                    "Writes of one record wait for each other, so %d tasks cannot take %d at once."
                            .formatted(tasks, inFlight));
        }
        this.writes = writes;
        this.inFlight = inFlight;
        this.ids = IntStream.range(0, tasks)
                .mapToObj(task -> Workload.taskId(tasks, task))
                .toArray(String[]::new);
    }

    int tasks() {
        return ids.length;
    }

    int writes() {
        return writes;
    }

    int inFlight() {
        return inFlight;
    }

    String id(int write) {
        return ids[write % ids.length];
    }

    String title(int write) {
        return "what write number " + write + " calls it";
    }
}
