package io.stitch.simulation.peer;

import io.stitch.server.Message;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Somebody who may subscribe and publish everywhere, has no key of anybody's, and says what was heard again: late, changed, elsewhere, with
 * another signature or none. Where peers protect themselves nothing of it may come of that, but that what is said once more, as it was, is known.
 */
final class Relay {
    static final String NAME = "relay";

    private static final int MOST = 300;
    private static final String PREFIX = "stitch/peer/";
    private static final List<String> SUFFIXES = List.of("created", "updated", "deleted");

    private final PeerWorld world;
    private final Protection protection;
    private final List<Message> heard = new ArrayList<>();

    Relay(PeerWorld world, Protection protection) {
        this.world = world;
        this.protection = protection;
    }

    /** Hears everything. */
    void hear(Message message) {
        heard.add(message);
        if (heard.size() > MOST) {
            heard.remove(0);
        }
    }

    /** Says one of the last things that were heard, or one of all. */
    void act(Random random) {
        if (heard.isEmpty()) {
            return;
        }
        Message message = any(random);
        boolean again = random.nextInt(4) == 0;
        if (again || !protection.keepsOthersOut()) {
            say("said again", message);
            return;
        }
        String[] levels = message.topic().split("/", -1);
        if (levels.length < 5) {
            goodbye(random, message);
        } else if (random.nextInt(6) == 0) {
            say("moved", elsewhere(random, message));
        } else if (protection.encrypts()) {
            say("a ciphertext changed", sealed(random, message));
        } else if (message.topic().endsWith("/hello")) {
            say("a comparison changed", hello(random, message));
        } else {
            say("an event changed", event(random, message));
        }
    }

    private Message any(Random random) {
        List<Message> deletes =
                heard.stream().filter(each -> each.topic().endsWith("/deleted")).toList();
        if (!deletes.isEmpty()
                && random.nextInt(5) == 0) { // There are few, and they have little in them that is signed.
            return deletes.get(random.nextInt(deletes.size()));
        }
        int from = random.nextBoolean() ? Math.max(0, heard.size() - 20) : 0;
        return heard.get(from + random.nextInt(heard.size() - from));
    }

    private void say(String what, Message message) {
        world.ledger().count("by a relay: " + what);
        world.run()
                .trace(() -> "a relay says " + message.text() + " on " + message.topic() + ' ' + message.properties());
        world.network().say(message);
    }

    private static Message with(String topic, JsonNode payload, Map<String, String> properties) {
        return new Message(topic, PeerLedger.MAPPER.writeValueAsBytes(payload), properties, null, null);
    }

    private static ObjectNode read(Message message) {
        return PeerLedger.MAPPER.readTree(message.payload()) instanceof ObjectNode object
                ? object
                : PeerLedger.MAPPER.createObjectNode();
    }

    private String name(Random random) {
        List<Peer> peers = world.peers();
        return random.nextInt(4) == 0
                ? NAME
                : peers.get(random.nextInt(peers.size())).name();
    }

    private void goodbye(Random random, Message message) {
        ObjectNode payload = read(message);
        String topic = message.topic();
        Map<String, String> properties = new LinkedHashMap<>(message.properties());
        switch (random.nextInt(3)) {
            case 0 -> topic = PREFIX + "_gone/" + name(random);
            case 1 -> properties.clear();
            default -> payload.put("connectedAt", payload.path("connectedAt").asLong() + 1_000_000);
        }
        say("a goodbye changed", with(topic, payload, properties));
    }

    /** As it is, in another scope, or of another entity, or as what it is not. */
    private static Message elsewhere(Random random, Message message) {
        String topic = message.topic();
        String other = topic.contains("/p1") ? topic.replace("/p1", "/p2") : topic.replace("/p2", "/p1");
        boolean isHello = topic.endsWith("/hello");
        String moved = switch (random.nextInt(3)) {
            case 0 -> other;
            case 1 ->
                isHello
                        ? topic.replace("/hello", "/task/events/created")
                        : topic.substring(0, topic.lastIndexOf('/') + 1)
                                + SUFFIXES.get(random.nextInt(SUFFIXES.size()));
            default -> isHello ? other : topic.replace("/task/events/", "/events/");
        };
        if (!moved.equals(other) || isHello || random.nextBoolean()) {
            return new Message(moved, message.payload(), message.properties(), null, null);
        }
        String from = topic.contains("/p1") ? "\"p1\"" : "\"p2\"";
        String to = topic.contains("/p1") ? "\"p2\"" : "\"p1\"";
        ObjectNode payload =
                (ObjectNode) PeerLedger.MAPPER.readTree(message.text().replace(from, to));
        return with(moved, payload, message.properties());
    }

    private Message sealed(Random random, Message message) {
        ObjectNode payload = read(message);
        Map<String, String> properties = message.properties();
        switch (random.nextInt(5)) {
            case 0 -> payload.put("ct", flipped(random, payload.path("ct").asString("")));
            case 1 -> payload.put("iv", flipped(random, payload.path("iv").asString("")));
            case 2 -> payload.put("kid", payload.path("kid").asString("").replaceAll("[0-9]+$", "1"));
            case 3 -> payload.set("ct", read(any(random)).path("ct"));
            default -> payload = inTheClear(message.topic());
        }
        return with(message.topic(), payload, properties);
    }

    private static String flipped(Random random, String text) {
        if (text.isEmpty()) {
            return "A";
        }
        int at = random.nextInt(text.length());
        return text.substring(0, at) + (text.charAt(at) == 'A' ? 'B' : 'A') + text.substring(at + 1);
    }

    private ObjectNode inTheClear(String topic) {
        ObjectNode made = PeerLedger.MAPPER.createObjectNode();
        if (topic.endsWith("/hello")) {
            made.put("clientId", NAME).putArray("manifest");
            return made;
        }
        ObjectNode stamp = stamp(world.network().millis(), NAME);
        made.put("entity", "task").put("id", "t1").put("sender", NAME).set("hlc", stamp);
        ObjectNode data = made.putObject("data").put("id", "t1").put(PeerLedger.BY, NAME);
        data.put(PeerProcess.SCOPE_FIELD, topic.split("/", -1)[3]).set(PeerLedger.STAMP, stamp);
        return made;
    }

    private static ObjectNode stamp(long ts, String node) {
        return PeerLedger.MAPPER
                .createObjectNode()
                .put("ts", ts)
                .put("counter", 0)
                .put("nodeId", node);
    }

    private Message hello(Random random, Message message) {
        ObjectNode payload = read(message);
        Map<String, String> properties = new LinkedHashMap<>(message.properties());
        switch (random.nextInt(6)) {
            case 0 -> payload.putArray("manifest");
            case 1 -> payload.put(payload.has("from") ? "from" : "clientId", name(random));
            case 2 -> properties.clear();
            case 3 -> properties.putAll(any(random).properties());
            case 4 -> payload.put("saidAt", payload.path("saidAt").asLong() + random.nextInt(100_000));
            default -> payload = madeUpAnswer(random, payload);
        }
        return with(message.topic(), payload, properties);
    }

    /** What would end the waiting of whoever asked. */
    private ObjectNode madeUpAnswer(Random random, ObjectNode asked) {
        String round =
                asked.path("round").asString(asked.path("digest").path("round").asString("r1"));
        return PeerLedger.MAPPER
                .createObjectNode()
                .put("from", name(random))
                .put("to", asked.path("clientId").asString(name(random)))
                .put("round", round)
                .put("events", random.nextInt(2));
    }

    private Message event(Random random, Message message) {
        ObjectNode payload = read(message);
        String topic = message.topic();
        ObjectNode data = payload.get("data") instanceof ObjectNode object ? object : payload;
        switch (random.nextInt(13)) {
            case 0 -> data.put(PeerLedger.BY, NAME);
            case 1 -> data.put("evil", NAME);
            case 2 -> restamp(payload, "ts", random.nextInt(7_200_000) - 3_600_000L);
            case 3 -> restamp(payload, "counter", 1);
            case 4 -> {
                String id = "t" + random.nextInt(8);
                payload.put("id", id);
                if (payload.has("data")) {
                    data.put("id", id);
                }
            }
            case 5 -> data.remove("_sig");
            case 6 -> data.set("_sig", signatureOf(any(random)));
            case 7 -> payload.put("sender", name(random));
            case 8 -> {
                payload.put("sender", name(random));
                data.put(PeerLedger.BY, NAME);
            }
            case 9 -> {
                topic = topic.substring(0, topic.lastIndexOf('/') + 1) + "deleted";
                payload.set("_sig", signatureOf(message));
                payload.remove("data");
            }
            case 10 -> {
                ObjectNode own = inTheClear(topic);
                own.set("_sig", signatureOf(any(random)));
                payload = own;
            }
            case 11 -> payload = signedByItself(random, message);
            default -> rename(payload, name(random));
        }
        return with(topic, payload, message.properties());
    }

    /** With a signature that is in order, by a key of its own, under its own name or that of another key. */
    private ObjectNode signedByItself(Random random, Message message) {
        String scope = message.topic().split("/", -1)[3];
        String other = read(message).path("hlc").path("nodeId").asString("");
        String author =
                random.nextBoolean() ? '~' + Members.fingerprint(NAME) : other.substring(other.lastIndexOf('~'));
        ObjectNode stamp = stamp(world.network().millis(), NAME + "~1" + author);
        ObjectNode data = PeerLedger.MAPPER.createObjectNode().put("id", "t1").put(PeerLedger.BY, NAME);
        data.put(PeerProcess.SCOPE_FIELD, scope).set(PeerLedger.STAMP, stamp);
        String signed =
                "{\"data\":{\"_hlc\":{\"counter\":0,\"nodeId\":%s,\"ts\":%d},\"by\":\"%s\",\"id\":\"t1\",\"projectId\":\"%s\"},\"entity\":\"task\",\"id\":\"t1\",\"operation\":\"Write\",\"scope\":\"%s\"}"
                        .formatted(stamp.path("nodeId"), stamp.path("ts").asLong(), NAME, scope, scope);
        data.set("_sig", Members.sign(NAME, signed));
        ObjectNode event = PeerLedger.MAPPER
                .createObjectNode()
                .put("entity", "task")
                .put("id", "t1")
                .put("sender", NAME);
        event.set("data", data);
        event.set("hlc", stamp);
        return event;
    }

    private static JsonNode signatureOf(Message message) {
        ObjectNode payload = read(message);
        JsonNode inData = payload.path("data").path("_sig");
        return inData.isMissingNode() ? payload.path("_sig") : inData;
    }

    private static void restamp(ObjectNode payload, String part, long by) {
        for (JsonNode each : List.of(payload.path("hlc"), payload.path("data").path(PeerLedger.STAMP))) {
            if (each instanceof ObjectNode stamp) {
                stamp.put(part, Math.max(0, stamp.path(part).asLong() + by));
            }
        }
    }

    /** In another's name, with the fingerprint that fits the signature, or another's. */
    private static void rename(ObjectNode payload, String name) {
        for (JsonNode each : List.of(payload.path("hlc"), payload.path("data").path(PeerLedger.STAMP))) {
            if (each instanceof ObjectNode stamp) {
                String node = stamp.path("nodeId").asString("");
                stamp.put("nodeId", name + node.substring(Math.max(0, node.indexOf('~'))));
            }
        }
    }
}
