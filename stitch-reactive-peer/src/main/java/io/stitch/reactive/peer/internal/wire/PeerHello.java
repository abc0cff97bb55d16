package io.stitch.reactive.peer.internal.wire;

import io.stitch.reactive.internal.wire.DigestNode;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Set;

/**
 * A hello of another peer (protocol sections 4.9 and 5.3).
 *
 * @param connectedAt when its peer began the connection that it says this on, in milliseconds since 1970; -1 if that is not said
 * @param saidAt when it was said, by its peer's clock, in milliseconds since 1970; -1 if that is not said
 * @param features what its peer can do beyond a manifest
 * @param newcomer whether its peer does not know yet who is there
 * @param inTurn the newcomers whom it greets; empty if it is said for another reason
 * @param said what is compared
 */
public record PeerHello(
        long connectedAt, long saidAt, Set<String> features, boolean newcomer, List<String> inTurn, Said said) {
    /** Can do digests, and answers whoever names a round. */
    public static final String DIGEST = "digest";
    /** Merges records field by field. */
    public static final String FIELDS = "fields";

    /** What is compared. */
    public sealed interface Said {}

    /**
     * All that the peer holds.
     *
     * @param round what it wants an answer to; {@code null} if it wants none
     * @param manifest what it holds
     */
    public record Whole(@Nullable String round, Manifest manifest) implements Said {}

    /**
     * What the peer holds below some prefixes.
     *
     * @param round what this is a part of
     * @param prefixes the prefixes, each once
     * @param manifest what it holds there
     */
    public record Part(String round, Set<String> prefixes, Manifest manifest) implements Said {}

    /**
     * The fingerprint of all that the peer holds.
     *
     * @param round what this begins
     * @param node the fingerprint
     */
    public record Root(String round, DigestNode node) implements Said {}

    /**
     * A question for the fingerprints below some prefixes.
     *
     * @param round what this is a part of
     * @param to who is asked
     * @param prefixes the prefixes, each once
     */
    public record Ask(String round, String to, Set<String> prefixes) implements Said {}

    /**
     * A manifest as it was read.
     *
     * @param entries its entries
     * @param skipped how many entries were none
     */
    public record Manifest(List<PeerPayloads.Entry> entries, int skipped) {}

    /** {@return whether its peer merges records field by field} */
    public boolean mergesByField() {
        return features.contains(FIELDS);
    }

    /** {@return whether its peer can do digests, and answers} */
    public boolean answers() {
        return features.contains(DIGEST);
    }
}
