package io.stitch.simulation.peer;

import io.stitch.reactive.peer.AnnouncedRoot;
import io.stitch.reactive.peer.PeerSync;
import io.stitch.reactive.peer.PresentPeer;
import io.stitch.reactive.spi.InboundMessage;
import io.stitch.simulation.Run;
import io.stitch.simulation.peer.wire.Wire;
import tools.jackson.databind.JsonNode;

import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What one process is told of who is there and which scopes there are, and what it heard of that: nobody is there who was not heard, and where
 * peers sign nobody of whom somebody else said it, or said it once more.
 */
final class Attendance {
    /** After 12 minutes somebody is there no more, and that is looked for every 6. */
    private static final long PATIENCE = 19 * 60_000L;

    private final PeerProcess process;
    private final PeerWorld world;
    private final Map<String, List<String>> shown = new TreeMap<>();
    private final Map<String, Map<String, Long>> heard = new HashMap<>();
    private final Map<String, Map<String, Long>> saidAt = new HashMap<>();
    private final Set<byte[]> known = Collections.newSetFromMap(new IdentityHashMap<>());
    private List<AnnouncedRoot> roots = List.of();
    private boolean watching;
    private boolean listing;

    Attendance(PeerProcess process) {
        this.process = process;
        this.world = process.peer().world();
    }

    /** From now on it is told who is there. */
    void watch(PeerSync mode) {
        if (!watching) {
            watching = true;
            for (String scope : world.scopes()) {
                mode.presence(scope).subscribe(list -> shown(scope, list), this::failed);
            }
        }
    }

    /** From now on it is told which scopes there are. */
    void list(PeerSync mode) {
        if (!listing) {
            listing = true;
            mode.announcedRoots().subscribe(this::listed, this::failed);
        }
    }

    private void failed(Throwable error) {
        Run.current().problem("nobody is shown any more", process.name() + " is told of " + Run.stack(error));
    }

    boolean isWatching() {
        return watching;
    }

    /** Who is there, as it was told last. */
    List<String> shown(String scope) {
        return shown.getOrDefault(scope, List.of());
    }

    /** Which scopes there are, as it was told last. */
    List<AnnouncedRoot> roots() {
        return roots;
    }

    private void listed(List<AnnouncedRoot> list) {
        roots = list;
        for (AnnouncedRoot root : list) {
            boolean known = PeerWorld.SCOPES.contains(root.id()) || root.id().equals(Members.TEAM);
            String name = root.name();
            if (!known || (name != null && !world.ledger().isNameOf(root.id(), name))) {
                Run.current().problem("announced, and nobody has it", "%s lists %s".formatted(process.name(), list));
            }
        }
    }

    private void shown(String scope, List<PresentPeer> list) {
        List<String> names = list.stream().map(PresentPeer::clientId).toList();
        shown.put(scope, names);
        for (String name : names) {
            if (!heard.getOrDefault(scope, Map.of()).containsKey(name)) {
                Run.current()
                        .problem(
                                "there, and never heard",
                                "%s is told that %s is in %s, of whom it has heard nothing that shows that"
                                        .formatted(process.name(), name, scope));
            }
        }
    }

    /** A message has come. */
    void received(InboundMessage message) {
        if (!Wire.isInScope(message.topic())) {
            return;
        }
        JsonNode json = world.vault().read(message.topic(), message.payload());
        boolean isHello = message.topic().endsWith("/hello");
        String name = isHello
                ? json.path("clientId").asString(json.path("from").asString(""))
                : json.path("sender").asString("");
        String scope = Wire.scopeOf(message.topic());
        if (!name.isEmpty() && (!world.protection().signs() || (isHello && isNews(scope, name, message, json)))) {
            heard.computeIfAbsent(scope, id -> new HashMap<>())
                    .put(name, world.run().time().elapsed());
        }
    }

    private boolean isNews(String scope, String name, InboundMessage message, JsonNode json) {
        if (!world.ledger().hellos().isGenuine(message.topic(), message.payload()) || !known.add(message.payload())) {
            return false;
        }
        long said = json.path("saidAt").asLong(-1);
        Map<String, Long> before = saidAt.computeIfAbsent(scope, id -> new HashMap<>());
        return said < 0 || (said > before.getOrDefault(name, -1L) && before.merge(name, said, Math::max) == said);
    }

    /** Nobody is shown who has not been heard for long. */
    void requireHeard() {
        Peer peer = process.peer();
        if (!process.isRunning() || !peer.isClockSteady(PATIENCE) || !peer.isClockAhead(PATIENCE)) {
            return;
        }
        long now = world.run().time().elapsed();
        shown.forEach((scope, names) -> names.forEach(name -> {
            long last = heard.getOrDefault(scope, Map.of()).getOrDefault(name, 0L);
            if (now - last > PATIENCE) {
                world.run()
                        .problem(
                                "there for too long",
                                "%s is told that %s is in %s, who was heard there %d s ago"
                                        .formatted(process.name(), name, scope, (now - last) / 1_000));
            }
        }));
        if (!shown.isEmpty()) {
            world.count("who is there was looked at");
        }
    }
}
