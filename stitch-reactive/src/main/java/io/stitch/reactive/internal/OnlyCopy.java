package io.stitch.reactive.internal;

import io.stitch.reactive.DiagnosticCode;

import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What nobody else is known to hold of a set of records.
 *
 * @param scopeId the key of the set
 * @param changes how many records, deletes and writes
 */
public record OnlyCopy(String scopeId, int changes) {
    private static final int MOST_NAMED = 20;

    /**
     * Says that a store ends which keeps nothing, and all of this with it.
     *
     * @param diagnostics where it is said
     * @param store the store's client id
     * @param copies what goes; nothing is said of nothing
     */
    public static void endsWith(Diagnostics diagnostics, String store, List<OnlyCopy> copies) {
        if (copies.isEmpty()) {
            return;
        }
        String named = copies.stream()
                .sorted(Comparator.comparingInt(OnlyCopy::changes).reversed().thenComparing(OnlyCopy::scopeId))
                .limit(MOST_NAMED)
                .map(copy -> "%d of '%s'".formatted(copy.changes(), copy.scopeId()))
                .collect(Collectors.joining(", "));
        int more = copies.size() - MOST_NAMED;
        diagnostics.warn(
                DiagnosticCode.ONLY_COPY_GONE,
                store,
                "the store ends, keeps nothing on disk, and had %d changes that nobody else is known to hold: %s%s"
                        .formatted(
                                copies.stream().mapToLong(OnlyCopy::changes).sum(),
                                named,
                                more > 0 ? ", and what %d more scopes had".formatted(more) : ""));
    }

    /**
     * Says that a scope is closed in a store which keeps nothing.
     *
     * @param diagnostics where it is said
     */
    public void isFreed(Diagnostics diagnostics) {
        diagnostics.warn(
                DiagnosticCode.ONLY_COPY_GONE,
                scopeId,
                "the scope is closed in a store that keeps nothing on disk, and had %d changes that nobody else is known to hold"
                        .formatted(changes));
    }
}
