package io.stitch.simulation.peer;

import io.stitch.simulation.Run;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

import java.util.HashMap;
import java.util.Map;

/**
 * Where peers sign: what the author of each state of a record published. Whatever others show has to be that, to the letter, however it came
 * to them.
 */
final class Provenance {
    private final Run run;
    private final Map<String, Map<Stamp, JsonNode>> published = new HashMap<>();

    Provenance(Run run) {
        this.run = run;
    }

    /** An author has published a state of a record. */
    void note(String record, Stamp stamp, JsonNode data) {
        published
                .computeIfAbsent(record, name -> new HashMap<>())
                .putIfAbsent(stamp, PeerLedger.shown(data.deepCopy()));
    }

    /**
     * Somebody shows a record.
     *
     * @param own whether it is its author's own store, which may not have published it yet
     */
    void look(PeerProcess process, String record, @Nullable Stamp stamp, JsonNode json, boolean own) {
        JsonNode known =
                stamp == null ? null : published.getOrDefault(record, Map.of()).get(stamp);
        if (known == null ? !own : !known.equals(json)) {
            run.problem(
                    "not as its author wrote it",
                    "%s shows %s as %s, and its author published %s".formatted(process.name(), record, json, known));
        }
    }
}
