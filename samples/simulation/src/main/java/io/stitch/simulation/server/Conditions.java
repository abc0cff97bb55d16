package io.stitch.simulation.server;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * Under which conditions a run happens.
 *
 * @param legacy whether the server is an old one
 * @param withheldFeatures the features that a new server does not have
 * @param constraints whether the server checks the same rules, against all records
 * @param tickets whether users log in with tickets, so that nobody knows who they are before they are connected
 * @param stores how many stores there are
 * @param disks how many of them have a disk
 * @param skewed whether clocks are wrong from the beginning
 * @param fair whether threads take turns
 * @param slowDisk how long a disk takes at most, in milliseconds
 * @param loss the share of events that are lost
 * @param replyLoss the share of replies that are lost
 * @param repetition the share of messages that come twice
 * @param longestDelay how long a message takes at most, in milliseconds
 * @param reorders whether messages overtake one another
 * @param crowd how many records there are from the beginning in one of the scopes, so that it is too large to be said whole
 * @param scopes how many scopes there are
 */
record Conditions(
        boolean legacy,
        Set<String> withheldFeatures,
        boolean constraints,
        boolean tickets,
        int stores,
        int disks,
        boolean skewed,
        boolean fair,
        int slowDisk,
        double loss,
        double replyLoss,
        double repetition,
        int longestDelay,
        boolean reorders,
        int crowd,
        int scopes) {
    /** What can be made better. */
    static final Set<String> CALMABLE = new LinkedHashSet<>(List.of(
            "interleaving",
            "loss",
            "repetition",
            "delay",
            "reordering",
            "slow-disk",
            "skew",
            "constraints",
            "tickets",
            "legacy",
            "stores",
            "crowd"));

    private static final int MOST_STORES = 4;
    private static final int LARGEST_CROWD = 150;

    static Conditions of(Random random, Set<String> calm, Size size) {
        boolean legacy = random.nextInt(3) == 0;
        Set<String> withheld = new LinkedHashSet<>();
        for (String feature :
                List.of("request-ids", "direct-replay", "expected-version", "answers", "digest", "event-count")) {
            if (random.nextInt(4) == 0) {
                withheld.add(feature);
            }
        }
        boolean constraints = random.nextInt(4) == 0;
        boolean tickets = random.nextInt(4) == 0;
        int few = 1 + Math.min(random.nextInt(MOST_STORES), random.nextInt(MOST_STORES));
        int stores = size.stores() == 0 ? few : size.stores();
        int disks = random.nextInt(6) == 0 ? random.nextInt(stores + 1) : stores;
        boolean skewed = random.nextInt(4) == 0;
        boolean fair = random.nextInt(3) == 0;
        int slowDisk = random.nextBoolean() ? 0 : 1 + random.nextInt(60);
        double loss = random.nextInt(3) == 0 ? random.nextDouble() * 0.3 : 0;
        double replyLoss = random.nextInt(4) == 0 ? random.nextDouble() * 0.3 : 0;
        double repetition = random.nextInt(3) == 0 ? random.nextDouble() * 0.3 : 0;
        int longestDelay = random.nextInt(3) == 0 ? 0 : 1 + random.nextInt(random.nextBoolean() ? 60 : 2_000);
        boolean reorders = random.nextInt(3) == 0;
        int crowd = random.nextInt(4) == 0 ? 1 + random.nextInt(LARGEST_CROWD) : 0;
        return new Conditions(
                legacy && !calm.contains("legacy"),
                withheld,
                constraints && !calm.contains("constraints"),
                tickets && !calm.contains("tickets"),
                calm.contains("stores") ? 1 : stores,
                disks,
                skewed && !calm.contains("skew"),
                fair || calm.contains("interleaving"),
                calm.contains("slow-disk") ? 0 : slowDisk,
                calm.contains("loss") ? 0 : loss,
                calm.contains("loss") ? 0 : replyLoss,
                calm.contains("repetition") ? 0 : repetition,
                calm.contains("delay") ? 0 : longestDelay,
                reorders && !calm.contains("reordering"),
                calm.contains("crowd") ? 0 : crowd,
                size.scopes());
    }

    List<String> describe() {
        List<String> text = new ArrayList<>();
        text.add(legacy ? "an old server" : "a new server");
        if (!legacy && !withheldFeatures.isEmpty()) {
            text.add("without " + String.join(" and ", withheldFeatures));
        }
        if (constraints) {
            text.add("which checks the rules");
        }
        text.add("%d stores, %d with a disk".formatted(stores, Math.min(stores, disks)));
        if (tickets) {
            text.add("tickets");
        }
        if (scopes > Entities.SCOPES.size()) {
            text.add("%d scopes".formatted(scopes));
        }
        if (crowd > 0) {
            text.add("%d records from the beginning".formatted(crowd));
        }
        if (skewed) {
            text.add("wrong clocks");
        }
        text.add(fair ? "threads take turns" : "threads overtake one another");
        if (slowDisk > 0) {
            text.add("disks take up to %d ms".formatted(slowDisk));
        }
        if (loss > 0 || replyLoss > 0) {
            text.add("%.0f %% of events and %.0f %% of replies are lost".formatted(loss * 100, replyLoss * 100));
        }
        if (repetition > 0) {
            text.add("%.0f %% come twice".formatted(repetition * 100));
        }
        if (longestDelay > 0) {
            text.add(
                    "messages take up to %d ms%s".formatted(longestDelay, reorders ? " and overtake one another" : ""));
        }
        return text;
    }
}
