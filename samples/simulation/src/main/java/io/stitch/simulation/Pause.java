package io.stitch.simulation;

import java.util.Random;

/**
 * What happens between two steps of a script: some tasks of what is due, or all that is due within some time.
 *
 * @param tasks how many tasks at most, where no time passes
 * @param millis how much time passes
 */
public record Pause(int tasks, long millis) {
    private static final int FEW = 25;

    /** Nothing happens: the next step is the next line of the same program. */
    public static final Pause NONE = new Pause(0, 0);

    /**
     * A pause of some time.
     *
     * @param millis how much
     * @return the pause
     */
    public static Pause of(long millis) {
        return new Pause(0, millis);
    }

    /**
     * A pause as they are between what programs, users and networks do: mostly none, and sometimes a long one.
     *
     * @param random decides
     * @return the pause
     */
    public static Pause any(Random random) {
        int choice = random.nextInt(100);
        if (choice < 40) {
            return NONE;
        }
        if (choice < 55) {
            return new Pause(1 + random.nextInt(FEW), 0);
        }
        if (choice < 80) {
            return of(1 + random.nextInt(300));
        }
        if (choice < 93) {
            return of(random.nextInt(5_000));
        }
        return choice < 99 ? of(random.nextInt(60_000)) : of(random.nextInt(1_200_000));
    }

    void in(Time time) {
        if (millis > 0) {
            time.pass(millis);
        } else {
            time.some(tasks);
        }
    }

    @Override
    public String toString() {
        if (millis > 0) {
            return millis + " ms";
        }
        return tasks == 0 ? "" : tasks + " tasks";
    }
}
