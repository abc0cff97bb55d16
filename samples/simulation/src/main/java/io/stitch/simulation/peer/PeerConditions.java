package io.stitch.simulation.peer;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * Under which conditions a run happens.
 *
 * @param peers how many peers there are in the beginning
 * @param disks how many of them have a disk
 * @param oneScope which of them care for one scope only
 * @param plain which of them speak as peers did before there were digests and answers
 * @param whole which of them merge whole records
 * @param skews how far the clock of each is off
 * @param fair whether threads take turns
 * @param slowDisk how long a disk takes at most, in milliseconds
 * @param loss the share of messages that are lost
 * @param repetition the share of messages that come twice
 * @param longestDelay how long a message takes at most, in milliseconds
 * @param protection against whom peers protect themselves
 * @param relay whether somebody says changed what was heard
 * @param outsider whether there is a store that signs with a key which nobody trusts
 */
record PeerConditions(
        int peers,
        int disks,
        List<Boolean> oneScope,
        List<Boolean> plain,
        List<Boolean> whole,
        List<Long> skews,
        boolean fair,
        int slowDisk,
        double loss,
        double repetition,
        int longestDelay,
        Protection protection,
        boolean relay,
        boolean outsider) {
    static final Set<String> CALMABLE = new LinkedHashSet<>(List.of(
            "interleaving",
            "loss",
            "repetition",
            "delay",
            "slow-disk",
            "skew",
            "scopes",
            "plain",
            "whole",
            "protection",
            "relay",
            "outsider"));
    static final long LONGEST_SKEW = 20 * 3_600_000L;
    private static final int MORE_PEERS = 6;

    /**
     * Draws conditions.
     *
     * @param kind the protection that is wanted, or {@code null} for any
     */
    static PeerConditions of(Random random, Set<String> calm, @Nullable Protection kind) {
        int peers = 2 + random.nextInt(MORE_PEERS);
        int disks = random.nextInt(5) == 0 ? random.nextInt(peers + 1) : peers;
        List<Boolean> oneScope = new ArrayList<>();
        List<Long> skews = new ArrayList<>();
        for (int i = 0; i < peers; i++) {
            boolean one = random.nextInt(3) == 0;
            long skew = skew(random);
            oneScope.add(one && !calm.contains("scopes"));
            skews.add(calm.contains("skew") ? 0 : skew);
        }
        boolean fair = random.nextInt(3) == 0;
        int slowDisk = random.nextBoolean() ? 0 : 1 + random.nextInt(60);
        double loss = random.nextInt(3) == 0 ? 0 : random.nextDouble() * 0.3;
        double repetition = random.nextInt(3) == 0 ? 0 : random.nextDouble() * 0.3;
        int longestDelay = random.nextInt(3) == 0 ? 0 : random.nextInt(2_000);
        int mixture = random.nextInt(4);
        List<Boolean> plain = new ArrayList<>();
        for (int i = 0; i < peers; i++) {
            boolean one = mixture == 0 ? random.nextBoolean() : mixture == 1;
            plain.add(one && !calm.contains("plain"));
        }
        int wholes = random.nextInt(3);
        List<Boolean> whole = new ArrayList<>();
        for (int i = 0; i < peers; i++) {
            boolean one = wholes == 0 && random.nextInt(3) == 0;
            whole.add(one && !calm.contains("whole"));
        }
        Protection drawn = Protection.any(random);
        boolean relay = random.nextBoolean() && !calm.contains("relay");
        boolean outsider = random.nextInt(3) == 0 && !calm.contains("outsider");
        Protection protection = calm.contains("protection") ? Protection.PLAIN : kind == null ? drawn : kind;
        return new PeerConditions(
                peers,
                disks,
                oneScope,
                plain,
                whole,
                skews,
                fair || calm.contains("interleaving"),
                calm.contains("slow-disk") ? 0 : slowDisk,
                calm.contains("loss") ? 0 : loss,
                calm.contains("repetition") ? 0 : repetition,
                calm.contains("delay") ? 0 : longestDelay,
                protection,
                relay,
                outsider && protection.signs());
    }

    static long skew(Random random) {
        return random.nextInt(3) == 0 ? 0 : (long) ((random.nextDouble() - 0.5) * LONGEST_SKEW);
    }

    List<String> describe() {
        return List.of(
                "%d peers, %d with a disk, %d with one scope only"
                        .formatted(
                                peers,
                                Math.min(disks, peers),
                                oneScope.stream().filter(one -> one).count()),
                "%d do not know of digests and answers"
                        .formatted(plain.stream().filter(one -> one).count()),
                "%d merge whole records"
                        .formatted(whole.stream().filter(one -> one).count()),
                protection + (relay ? ", with a relay" : "") + (outsider ? ", with an outsider" : ""),
                "clocks off by " + skews,
                fair ? "threads take turns" : "threads overtake one another",
                "disks take up to %d ms".formatted(slowDisk),
                "%.0f %% are lost, %.0f %% come twice, and messages take up to %d ms"
                        .formatted(loss * 100, repetition * 100, longestDelay));
    }
}
