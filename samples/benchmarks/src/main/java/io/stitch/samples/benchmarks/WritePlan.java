package io.stitch.samples.benchmarks;

/**
 * Which writes the store and the bare client make: each gives one task of a scope another title, task after task.
 *
 * @param tasks the size of the scope
 * @param writes how many writes
 * @param inFlight how many are made at once
 */
record WritePlan(int tasks, int writes, int inFlight) {
    WritePlan {
        if (inFlight > tasks) {
            throw new IllegalArgumentException(
                    "Writes of one record wait for each other, so %d tasks cannot take %d at once."
                            .formatted(tasks, inFlight));
        }
    }

    String id(int write) {
        return Workload.taskId(tasks, write % tasks);
    }

    String title(int write) {
        return "what write number " + write + " calls it";
    }
}
