package io.stitch.simulation.peer.intruder;

import io.stitch.server.Message;
import io.stitch.simulation.peer.protection.Signers;
import io.stitch.simulation.peer.wire.Wire;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Somebody who may subscribe and publish everywhere, has no key of anybody's, and says what was heard again: late, changed, elsewhere, with
 * another signature or none. Where peers protect themselves nothing of it may come of that, but that what is said once more, as it was, is known.
 */
public final class Relay {
    /** Who it says it is, and what it writes. */
    public static final String NAME = "relay";

    private static final int MOST = 300;
    private static final String GONE = Wire.PREFIX + "_gone/";
    private static final String WHO = Wire.PREFIX + "_who/";
    private static final List<String> SUFFIXES = List.of("created", "updated", "deleted");

    private final Surroundings world;
    private final List<String> scopes;
    private final Deque<Message> heard = new ArrayDeque<>();
    /** What is said of themselves by those who are there, and of them when they go: there is less of it. */
    private final Deque<Message> hellos = new ArrayDeque<>();

    private final Deque<Message> goodbyes = new ArrayDeque<>();

    /**
     * Comes, and listens.
     *
     * @param world where it is
     * @param scopes where it says in one what was said in the other
     */
    public Relay(Surroundings world, List<String> scopes) {
        this.world = world;
        this.scopes = scopes;
    }

    /**
     * Hears everything.
     *
     * @param message what somebody has said
     */
    public void hear(Message message) {
        keep(heard, message);
        if (message.topic().endsWith("/hello")) {
            keep(hellos, message);
        } else if (message.topic().startsWith(GONE)) {
            keep(goodbyes, message);
        }
    }

    private static void keep(Deque<Message> kept, Message message) {
        kept.addLast(message);
        if (kept.size() > MOST) {
            kept.removeFirst();
        }
    }

    // ---- of who is there ----

    /** Says once more who was there, and who went, as it was. */
    public void repeatsWhoIsThere() {
        List.copyOf(hellos).forEach(each -> say("a hello said again", each));
        repeatsGoodbyes();
    }

    /** Says once more who went. */
    public void repeatsGoodbyes() {
        List.copyOf(goodbyes).forEach(each -> say("a goodbye said again", each));
    }

    /**
     * Says of somebody who is there that they went: without a signature, with that of another message, and with that of an earlier goodbye.
     *
     * @param name who
     * @param random decides
     */
    public void saysGoodbyeOf(String name, Random random) {
        ObjectNode payload = Wire.MAPPER.createObjectNode().put("clientId", name);
        payload.put("connectedAt", world.network().millis() + random.nextInt(1_000_000_000));
        say("a goodbye made up", with(GONE + name, payload, Map.of()));
        for (Deque<Message> each : List.of(hellos, goodbyes)) {
            if (!each.isEmpty()) {
                say(
                        "a goodbye made up",
                        with(GONE + name, payload, each.getLast().properties()));
            }
        }
    }

    /** Says of everybody that they are there, with what they once said of something else. */
    public void saysHelloOf(String name) {
        for (Message each : List.copyOf(hellos)) {
            ObjectNode payload = read(each);
            if (payload.path("clientId").asString("").equals(name)) {
                payload.put("saidAt", payload.path("saidAt").asLong() + 1_000_000);
                say("a hello made up", with(each.topic(), payload, each.properties()));
            }
        }
    }

    /**
     * Asks which scopes there are, in as many names.
     *
     * @param times how often
     */
    public void asks(int times) {
        for (int i = 0; i < times; i++) {
            say("a question", with(WHO + NAME + i, Wire.MAPPER.createObjectNode(), Map.of()));
        }
    }

    // ---- of what was written ----

    /** Says in all other scopes what was deleted in one, and that what was deleted is there, as it was. */
    public void repeatsDeletesElsewhere() {
        for (Message each : List.copyOf(heard)) {
            if (each.topic().endsWith("/deleted") && world.protection().signs()) {
                String scope = Wire.scopeOf(each.topic());
                for (String other : scopes) {
                    if (!other.equals(scope)) {
                        say("a delete elsewhere", in(other, "deleted", each));
                    }
                }
                say("a delete as a write", in(scope, "created", each));
            }
        }
    }

    private static Message in(String scope, String operation, Message message) {
        ObjectNode payload = read(message);
        payload.put("entity", Wire.entity(scope, false));
        if (!operation.equals("deleted")) {
            ObjectNode data =
                    payload.putObject("data").put("id", payload.path("id").asString(""));
            data.set(Wire.STAMP, payload.path("hlc"));
            data.set(Wire.SIGNATURE, payload.path(Wire.SIGNATURE));
        }
        return with(Wire.event(scope, operation), payload, message.properties());
    }

    /**
     * Says one of the last things that were heard, or one of all.
     *
     * @param random decides
     */
    public void act(Random random) {
        if (heard.isEmpty()) {
            return;
        }
        Message message = any(random);
        boolean again = random.nextInt(4) == 0;
        if (again || !world.protection().keepsOthersOut()) {
            say("said again", message);
            return;
        }
        if (!Wire.isInScope(message.topic())) {
            goodbye(random, message);
        } else if (random.nextInt(6) == 0) {
            say("moved", elsewhere(random, message));
        } else if (world.protection().encrypts()) {
            say("a ciphertext changed", sealed(random, message));
        } else if (message.topic().endsWith("/hello")) {
            say("a comparison changed", hello(random, message));
        } else {
            say("an event changed", event(random, message));
        }
    }

    private Message any(Random random) {
        List<Message> all = List.copyOf(heard);
        List<Message> deletes =
                all.stream().filter(each -> each.topic().endsWith("/deleted")).toList();
        if (!deletes.isEmpty()
                && random.nextInt(5) == 0) { // There are few, and they have little in them that is signed.
            return deletes.get(random.nextInt(deletes.size()));
        }
        int from = random.nextBoolean() ? Math.max(0, all.size() - 20) : 0;
        return all.get(from + random.nextInt(all.size() - from));
    }

    private void say(String what, Message message) {
        world.count("by a relay: " + what);
        world.run()
                .trace(() -> "a relay says " + message.text() + " on " + message.topic() + ' ' + message.properties());
        if (message.topic().startsWith(WHO)) {
            world.said(NAME, message);
        }
        world.network().say(message);
    }

    private static Message with(String topic, JsonNode payload, Map<String, String> properties) {
        return new Message(topic, Wire.MAPPER.writeValueAsBytes(payload), properties, null, null);
    }

    private static ObjectNode read(Message message) {
        return Wire.MAPPER.readTree(message.payload()) instanceof ObjectNode object
                ? object
                : Wire.MAPPER.createObjectNode();
    }

    private String name(Random random) {
        List<String> names = world.names();
        return random.nextInt(4) == 0 ? NAME : names.get(random.nextInt(names.size()));
    }

    private void goodbye(Random random, Message message) {
        ObjectNode payload = read(message);
        String topic = message.topic();
        Map<String, String> properties = new LinkedHashMap<>(message.properties());
        switch (random.nextInt(3)) {
            case 0 -> topic = GONE + name(random);
            case 1 -> properties.clear();
            default -> payload.put("connectedAt", payload.path("connectedAt").asLong() + 1_000_000);
        }
        say("a goodbye changed", with(topic, payload, properties));
    }

    /** As it is, in another scope, or of another entity, or as what it is not. */
    private Message elsewhere(Random random, Message message) {
        String topic = message.topic();
        String scope = Wire.scopeOf(topic);
        int at = scopes.indexOf(scope);
        String to = scopes.get((at + 1 + random.nextInt(scopes.size() - 1)) % scopes.size());
        boolean isHello = topic.endsWith("/hello");
        String suffix = topic.substring(topic.lastIndexOf('/') + 1);
        String other = isHello ? Wire.topic(to, "hello") : Wire.event(to, suffix);
        String moved = switch (random.nextInt(3)) {
            case 0 -> other;
            case 1 ->
                isHello
                        ? Wire.event(scope, "created")
                        : topic.substring(0, topic.lastIndexOf('/') + 1)
                                + SUFFIXES.get(random.nextInt(SUFFIXES.size()));
            default -> isHello ? other : Wire.topic(scope, "events/" + suffix);
        };
        if (!moved.equals(other) || isHello || random.nextBoolean()) {
            return new Message(moved, message.payload(), message.properties(), null, null);
        }
        ObjectNode payload = read(message).put("entity", Wire.entity(to, false));
        if (payload.get("data") instanceof ObjectNode data && data.has(Wire.SCOPE_FIELD)) {
            data.put(Wire.SCOPE_FIELD, to);
        }
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
        ObjectNode made = Wire.MAPPER.createObjectNode();
        if (topic.endsWith("/hello")) {
            made.put("clientId", NAME).putArray("manifest");
            return made;
        }
        ObjectNode stamp = stamp(world.network().millis(), NAME);
        String scope = Wire.scopeOf(topic);
        made.put("entity", Wire.entity(scope, false)).put("id", "t1").put("sender", NAME);
        made.set("hlc", stamp);
        made.set("data", ownRecord(scope, stamp));
        return made;
    }

    private static ObjectNode ownRecord(String scope, ObjectNode stamp) {
        ObjectNode data = Wire.MAPPER.createObjectNode().put("id", "t1").put(Wire.BY, NAME);
        if (!Wire.isTop(scope)) {
            data.put(Wire.SCOPE_FIELD, scope);
        }
        data.set(Wire.STAMP, stamp);
        return data;
    }

    private static ObjectNode stamp(long ts, String node) {
        return Wire.MAPPER.createObjectNode().put("ts", ts).put("counter", 0).put("nodeId", node);
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
        return Wire.MAPPER
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
            case 0 -> data.put(Wire.BY, NAME);
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
            case 5 -> data.remove(Wire.SIGNATURE);
            case 6 -> data.set(Wire.SIGNATURE, signatureOf(any(random)));
            case 7 -> payload.put("sender", name(random));
            case 8 -> {
                payload.put("sender", name(random));
                data.put(Wire.BY, NAME);
            }
            case 9 -> {
                topic = topic.substring(0, topic.lastIndexOf('/') + 1) + "deleted";
                payload.set(Wire.SIGNATURE, signatureOf(message));
                payload.remove("data");
            }
            case 10 -> {
                ObjectNode own = inTheClear(topic);
                own.set(Wire.SIGNATURE, signatureOf(any(random)));
                payload = own;
            }
            case 11 -> payload = signedByItself(random, message);
            default -> rename(payload, name(random));
        }
        return with(topic, payload, message.properties());
    }

    /** With a signature that is in order, by a key of its own, under its own name or that of another key. */
    private ObjectNode signedByItself(Random random, Message message) {
        String scope = Wire.scopeOf(message.topic());
        String other = read(message).path("hlc").path("nodeId").asString("");
        String author =
                random.nextBoolean() ? '~' + Signers.fingerprint(NAME) : other.substring(other.lastIndexOf('~'));
        ObjectNode stamp = stamp(world.network().millis(), NAME + "~1" + author);
        ObjectNode data = ownRecord(scope, stamp);
        String entity = Wire.entity(scope, false);
        data.set(Wire.SIGNATURE, Signers.sign(NAME, Wire.signed(scope, entity, "t1", data, false)));
        ObjectNode event = Wire.MAPPER
                .createObjectNode()
                .put("entity", entity)
                .put("id", "t1")
                .put("sender", NAME);
        event.set("data", data);
        event.set("hlc", stamp);
        return event;
    }

    private static JsonNode signatureOf(Message message) {
        ObjectNode payload = read(message);
        JsonNode inData = payload.path("data").path(Wire.SIGNATURE);
        return inData.isMissingNode() ? payload.path(Wire.SIGNATURE) : inData;
    }

    private static void restamp(ObjectNode payload, String part, long by) {
        for (JsonNode each : List.of(payload.path("hlc"), payload.path("data").path(Wire.STAMP))) {
            if (each instanceof ObjectNode stamp) {
                stamp.put(part, Math.max(0, stamp.path(part).asLong() + by));
            }
        }
    }

    /** In another's name, with the fingerprint that fits the signature, or another's. */
    private static void rename(ObjectNode payload, String name) {
        for (JsonNode each : List.of(payload.path("hlc"), payload.path("data").path(Wire.STAMP))) {
            if (each instanceof ObjectNode stamp) {
                String node = stamp.path("nodeId").asString("");
                stamp.put("nodeId", name + node.substring(Math.max(0, node.indexOf('~'))));
            }
        }
    }
}
