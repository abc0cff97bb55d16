package io.stitch.simulation;

import java.util.Random;

/** What becomes of messages on their way. */
public final class Weather {
    /** The share of events and replays that are lost between the broker and a client. */
    public double loss;

    /** The share of replies that are lost there. */
    public double replyLoss;

    /** The share of messages that come twice. */
    public double repetition;

    /** How long a message takes at most, in milliseconds. */
    public int longestDelayMillis;

    /** Whether a message may overtake one of another topic. */
    public boolean reorders;

    private final Random random;

    /**
     * Begins calm.
     *
     * @param random decides what happens to which message
     */
    public Weather(Random random) {
        this.random = random;
    }

    /** Nothing goes wrong from now on. */
    public void calm() {
        loss = 0;
        replyLoss = 0;
        repetition = 0;
        longestDelayMillis = 0;
        reorders = false;
    }

    long delayMillis() {
        return longestDelayMillis == 0 ? 1 : 1 + random.nextInt(longestDelayMillis);
    }

    boolean happens(double share) {
        return share > 0 && random.nextDouble() < share;
    }

    int upTo(int most) {
        return random.nextInt(most + 1);
    }
}
