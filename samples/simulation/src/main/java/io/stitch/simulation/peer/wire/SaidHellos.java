package io.stitch.simulation.peer.wire;

import io.stitch.server.Message;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.LongSupplier;

/** What peers said of themselves, and asked of others, as the broker had it. */
public final class SaidHellos {
    private static final String WHO = Wire.PREFIX + "_who/";

    private final BiFunction<String, byte[], JsonNode> reads;
    private final LongSupplier clock;
    /** Where each was said, by its very bytes: who says them once more has these, and who changes them has others. */
    private final IdentityHashMap<byte[], String> genuine = new IdentityHashMap<>();

    private final Set<String> rounds = new HashSet<>();
    private final Map<String, List<Said>> said = new HashMap<>();
    private final Map<String, Long> asked = new HashMap<>();
    private final List<Long> questions = new ArrayList<>();

    private record Said(String client, long at) {}

    /**
     * Begins.
     *
     * @param reads reads a payload, by its topic
     * @param clock tells the time that has elapsed, in milliseconds
     */
    public SaidHellos(BiFunction<String, byte[], JsonNode> reads, LongSupplier clock) {
        this.reads = reads;
        this.clock = clock;
    }

    /**
     * A peer has said something.
     *
     * @param client who
     * @param message what
     */
    public void said(String client, Message message) {
        if (!message.topic().endsWith("/hello")) {
            return;
        }
        genuine.put(message.payload(), message.topic());
        JsonNode hello = reads.apply(message.topic(), message.payload());
        String round =
                hello.path("round").asString(hello.path("digest").path("round").asString(""));
        // All parts of a round are one hello, and answers are none.
        if (hello.has("clientId") && (round.isEmpty() || rounds.add(client + ' ' + round))) {
            said.computeIfAbsent(Wire.scopeOf(message.topic()), scope -> new ArrayList<>())
                    .add(new Said(client, now()));
        }
    }

    /**
     * Somebody, whoever it is, may ask which scopes there are.
     *
     * @param message what was said
     */
    public void asked(Message message) {
        if (message.topic().startsWith(WHO)) {
            asked.put(message.topic().substring(WHO.length()), now());
            questions.add(now());
        }
    }

    private long now() {
        return clock.getAsLong();
    }

    /**
     * Tells whether a message that arrived was said so by a peer, now or before.
     *
     * @param topic its topic
     * @param payload its payload, the very one
     * @return whether it was
     */
    public boolean isGenuine(String topic, byte[] payload) {
        return topic.equals(genuine.get(payload));
    }

    /**
     * Tells when a client asked last.
     *
     * @param client the client
     * @return when, or {@code null} if it has not
     */
    public @Nullable Long askedAt(String client) {
        return asked.get(client);
    }

    /**
     * Counts questions.
     *
     * @param time a time
     * @return how often anybody asked since then
     */
    public long questionsSince(long time) {
        return questions.stream().filter(at -> at >= time).count();
    }

    /**
     * Counts hellos.
     *
     * @param client a peer
     * @param scope a scope
     * @param time a time
     * @return how many that peer has said there since then
     */
    public long saidSince(String client, String scope, long time) {
        return said.getOrDefault(scope, List.of()).stream()
                .filter(each -> each.at() >= time && each.client().equals(client))
                .count();
    }

    /**
     * Tells whether somebody else was heard.
     *
     * @param client a peer
     * @param scope a scope
     * @param time a time
     * @return whether any other peer has said hello there since then
     */
    public boolean isSaidByOthersSince(String client, String scope, long time) {
        return said.getOrDefault(scope, List.of()).stream()
                .anyMatch(each -> each.at() >= time && !each.client().equals(client));
    }
}
