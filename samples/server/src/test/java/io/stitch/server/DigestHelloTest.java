package io.stitch.server;

import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;

import static org.assertj.core.api.Assertions.assertThat;

/** Scopes that are compared by their digests. */
class DigestHelloTest {
    private static final StitchServerOptions OPTIONS =
            StitchServerOptions.builder().helloSpacing(Duration.ZERO).build();
    private static final String REPLAY = "$DB/clients/c1/replay/";
    private static final String ANSWER = "$DB/clients/c1/hello/p1";

    /** A client that holds versions only, and compares them as the protocol says. */
    private static final class Holder {
        final Map<Key, Long> held = new LinkedHashMap<>();
        final TestHost host;
        int exchanges;
        long bytes;
        int events;

        Holder(TestHost host) {
            this.host = host;
        }

        /** Compares once; true if it was in sync. */
        boolean compare(String round) {
            Digest digest = new Digest();
            held.forEach((key, version) -> digest.put(key, Long.toString(version)));
            Digest.Node root = digest.node("");
            ObjectNode hello = Json.object();
            hello.putObject("digest").put("round", round).put("n", root.n()).put("fp", root.fp());
            JsonNode answer = ask(hello);
            if (answer.has("events")) {
                assertThat(answer.path("events").asInt(-1)).isZero();
                return true;
            }
            List<String> within = new ArrayList<>();
            List<String> open = List.of("");
            while (!open.isEmpty()) {
                open = deeper(answer.path("nodes"), open, digest, within);
                if (!open.isEmpty()) {
                    ObjectNode next = Json.object();
                    ObjectNode asked = next.putObject("digest").put("round", round);
                    open.forEach(asked.putArray("ask")::add);
                    answer = ask(next);
                }
            }
            say(within, digest, round);
            return false;
        }

        private List<String> deeper(JsonNode nodes, List<String> asked, Digest digest, List<String> within) {
            List<String> next = new ArrayList<>();
            for (String prefix : asked) {
                assertThat(nodes.path(prefix)).as(prefix).hasSize(16);
                List<Digest.Node> ours = digest.children(prefix);
                for (int i = 0; i < 16; i++) {
                    JsonNode theirs = nodes.path(prefix).path(i);
                    boolean same = theirs.path(1).asString().equals(ours.get(i).fp());
                    boolean many = theirs.path(0).asInt() > 16 && ours.get(i).n() > 16;
                    if (!same) {
                        (many ? next : within).add(prefix + Integer.toHexString(i));
                    }
                }
            }
            return next;
        }

        private void say(List<String> within, Digest digest, String round) {
            ObjectNode hello = Json.object().put("round", round).put("replay", "direct");
            within.forEach(hello.putArray("within")::add);
            var manifest = hello.putArray("manifest");
            within.stream()
                    .flatMap(prefix -> digest.below(prefix).stream())
                    .forEach(key -> manifest.addObject()
                            .put("id", key.id())
                            .put("entity", key.entity())
                            .put("version", held.get(key)));
            int before = events;
            assertThat(ask(hello).path("events").asInt()).isEqualTo(events - before);
        }

        /** Applies what comes before the answer, and returns that. */
        private JsonNode ask(ObjectNode hello) {
            host.said.clear();
            host.ask("$DB/project/p1/hello", Json.text(hello));
            exchanges++;
            bytes += Json.write(hello).length;
            Message last = host.said.remove(host.said.size() - 1);
            assertThat(last.topic()).isEqualTo(ANSWER);
            bytes += last.payload().length;
            host.said.forEach(this::apply);
            JsonNode answer = Json.read(last.payload());
            assertThat(answer.path("code").asInt(0)).isZero();
            return answer;
        }

        private void apply(Message event) {
            assertThat(event.topic()).startsWith(REPLAY);
            events++;
            bytes += event.payload().length;
            JsonNode json = Json.read(event.payload());
            Key key = new Key(json.path("entity").asString(), json.path("id").asString());
            if (event.topic().endsWith("deleted")) {
                held.remove(key);
            } else {
                held.put(key, json.path("data").path("_version").asLong());
            }
        }
    }

    private static List<ObjectNode> tasks(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> Json.object().put("id", "t" + i).put("projectId", "p1"))
                .toList();
    }

    /** Whatever differs, and however much. */
    @Property(tries = 60)
    void afterOneRoundTheClientHoldsWhatTheServerHolds(
            @ForAll @IntRange(max = 400) int count, @ForAll @IntRange(max = 60) int differences, @ForAll long seed) {
        TestHost host = new TestHost();
        try (var server = StitchServer.start(OPTIONS, host)) {
            Random random = new Random(seed);
            Holder holder = new Holder(host);
            server.seed("task", tasks(count));
            IntStream.range(0, count).forEach(i -> holder.held.put(new Key("task", "t" + i), 1L));
            for (int i = 0; i < differences; i++) {
                String id = "t" + random.nextInt(count + 20);
                switch (random.nextInt(4)) {
                    case 0 -> server.put("task", "{\"id\":\"" + id + "\",\"projectId\":\"p1\"}");
                    case 1 -> holder.held.remove(new Key("task", id));
                    case 2 -> holder.held.put(new Key("task", id), (long) random.nextInt(5));
                    default -> server.put("task", "{\"id\":\"" + id + "\",\"projectId\":\"p2\"}");
                }
            }
            holder.compare("r1");
            Map<Key, Long> expected = new LinkedHashMap<>();
            server.records("task").stream()
                    .filter(task -> task.path("projectId").asString().equals("p1"))
                    .forEach(task -> expected.put(
                            new Key("task", task.path("id").asString()),
                            task.path("_version").asLong()));
            // What was never acknowledged is nobody's to delete.
            holder.held.values().removeIf(version -> version == 0);
            assertThat(holder.held).isEqualTo(expected);
            assertThat(holder.compare("r2")).isTrue();
        }
    }

    @Test
    void aHundredDifferencesInAHundredThousandRecordsCostLittle() {
        TestHost host = new TestHost();
        try (var server = StitchServer.start(OPTIONS, host)) {
            int count = 100_000;
            Holder holder = new Holder(host);
            server.seed("task", tasks(count));
            IntStream.range(0, count).forEach(i -> holder.held.put(new Key("task", "t" + i), i % 1_000 == 0 ? 0L : 1L));
            holder.compare("r1");
            assertThat(holder.events).isEqualTo(100);
            assertThat(holder.exchanges).isLessThanOrEqualTo(5);
            assertThat(holder.bytes).isLessThan(200_000);
            holder.exchanges = 0;
            holder.bytes = 0;
            assertThat(holder.compare("r2")).isTrue();
            assertThat(holder.exchanges).isEqualTo(1);
            assertThat(holder.bytes).isLessThan(300);
        }
    }

    @Test
    void aRoundOnTheWire() {
        try (var server = StitchServer.start(OPTIONS);
                var client = new TestClient(server, "c1");
                var other = new TestClient(server, "c2")) {
            server.put("project", "{\"id\":\"p1\"}");
            server.put("task", "{\"id\":\"t1\",\"projectId\":\"p1\"}");
            Digest digest = new Digest();
            digest.put(new Key("project", "p1"), "2");
            String fp = digest.node("").fp();
            String begin = "{\"clientId\":\"c2\",\"replay\":\"direct\",\"digest\":{\"round\":\"r1\",\"n\":1,\"fp\":\""
                    + fp + "\"}}";
            client.say("p1", begin);
            JsonNode nodes = client.nextAnswer("p1");
            assertThat(nodes.path("round").asString()).isEqualTo("r1");
            assertThat(nodes.path("count").asLong()).isEqualTo(3);
            assertThat(nodes.path("epoch").asString()).isNotEmpty();
            String hash = Digest.hash(new Key("task", "t1"));
            assertThat(nodes.path("nodes")
                            .path("")
                            .path(Character.digit(hash.charAt(0), 16))
                            .path(0)
                            .asInt())
                    .isEqualTo(1);
            client.say(
                    "p1",
                    "{\"replay\":\"direct\",\"round\":\"r1\",\"within\":[\"" + hash.charAt(0) + "\"],\"manifest\":[]}");
            assertThat(client.nextEvents(1)).containsExactly(REPLAY + "project/p1/task/events/created t1 1");
            assertThat(client.nextAnswer("p1").path("events").asInt()).isEqualTo(1);
            digest.put(new Key("task", "t1"), "1");
            client.say(
                    "p1",
                    "{\"digest\":{\"round\":\"r2\",\"n\":2,\"fp\":\""
                            + digest.node("").fp() + "\"}}");
            JsonNode inSync = client.nextAnswer("p1");
            assertThat(inSync.path("round").asString()).isEqualTo("r2");
            assertThat(inSync.path("events").asInt(-1)).isZero();
            assertThat(inSync.path("count").asLong()).isEqualTo(3);
            other.assertNothingCame();
        }
    }

    @Test
    void aPartialHelloSaysNothingOfWhatIsElsewhere() {
        TestHost host = new TestHost();
        try (var server = StitchServer.start(OPTIONS, host)) {
            server.seed("task", tasks(200));
            String within = Digest.hash(new Key("task", "t7")).substring(0, 2);
            List<String> there = IntStream.range(0, 200)
                    .mapToObj(i -> "t" + i)
                    .filter(id -> Digest.hash(new Key("task", id)).startsWith(within))
                    .toList();
            String elsewhere = IntStream.range(0, 200)
                    .mapToObj(i -> "t" + i)
                    .filter(id -> !there.contains(id))
                    .findFirst()
                    .orElseThrow();
            String gone = IntStream.range(1_000, 9_000)
                    .mapToObj(i -> "t" + i)
                    .filter(id -> Digest.hash(new Key("task", id)).startsWith(within))
                    .findFirst()
                    .orElseThrow();
            host.ask(
                    "$DB/project/p1/hello",
                    "{\"round\":\"r\",\"replay\":\"direct\",\"within\":[\"" + within + "\"],\"manifest\":["
                            + "{\"id\":\"" + elsewhere + "\",\"entity\":\"task\",\"version\":9},"
                            + "{\"id\":\"nowhere\",\"entity\":\"task\",\"version\":9},"
                            + "{\"id\":\"" + gone + "\",\"entity\":\"task\",\"version\":1}]}");
            List<String> said = host.said.stream()
                    .map(message -> Json.read(message.payload()).path("id").asString(""))
                    .toList();
            assertThat(said.subList(0, there.size())).containsExactlyInAnyOrderElementsOf(there);
            boolean nowhereIsThere = Digest.hash(new Key("task", "nowhere")).startsWith(within);
            assertThat(nowhereIsThere).isFalse();
            assertThat(said.subList(there.size(), said.size())).containsExactly(gone, "");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"digest\":{\"round\":\"r\"}}",
                "{\"digest\":{\"round\":\"r\",\"n\":1}}",
                "{\"digest\":{\"round\":\"r\",\"fp\":\"\"}}",
                "{\"digest\":{\"round\":\"r\",\"n\":-1,\"fp\":\"\"}}",
                "{\"digest\":{\"round\":\"r\",\"n\":1.5,\"fp\":\"\"}}",
                "{\"digest\":{\"round\":\"r\",\"n\":\"1\",\"fp\":\"\"}}",
                "{\"digest\":{\"round\":\"r\",\"n\":1,\"fp\":7}}",
                "{\"digest\":{\"round\":\"r\",\"ask\":[]}}",
                "{\"digest\":{\"round\":\"r\",\"ask\":\"3\"}}",
                "{\"digest\":{\"round\":\"r\",\"ask\":[3]}}",
                "{\"digest\":{\"round\":\"r\",\"ask\":[\"g\"]}}",
                "{\"digest\":{\"round\":\"r\",\"ask\":[\"A\"]}}",
                "{\"digest\":{\"round\":\"r\",\"ask\":[\"0123456789abcdef\"]}}",
                "{\"round\":\"r\",\"within\":[\"a\"]}",
                "{\"round\":\"r\",\"within\":[],\"manifest\":[]}",
                "{\"round\":\"r\",\"within\":{},\"manifest\":[]}",
                "{\"round\":\"r\",\"within\":[null],\"manifest\":[]}",
                "{\"round\":\"r\",\"within\":[\"0123456789abcdef0\"],\"manifest\":[]}",
                "{\"round\":\"r\",\"within\":[\"a\"],\"manifest\":[],\"digest\":{\"round\":\"r\",\"n\":0,\"fp\":\"\"}}"
            })
    void aMalformedDigestIsAnsweredWith400(String hello) {
        TestHost host = new TestHost();
        try (var server = StitchServer.start(OPTIONS, host)) {
            server.seed("task", tasks(1));
            host.ask("$DB/project/p1/hello", hello);
            assertThat(host.said).hasSize(1);
            assertThat(host.said.get(0).topic()).isEqualTo(ANSWER);
            JsonNode answer = Json.read(host.said.get(0).payload());
            assertThat(answer.path("round").asString()).isEqualTo("r");
            assertThat(answer.path("code").asInt()).isEqualTo(400);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"7", "[]", "null", "{}", "{\"round\":\"\"}", "{\"round\":9,\"n\":0,\"fp\":\"\"}"})
    void aDigestWithoutARoundIsRefusedAsAnyHelloWithoutOne(String digest) {
        TestHost host = new TestHost();
        try (var server = StitchServer.start(OPTIONS, host)) {
            host.ask("$DB/project/p1/hello", "{\"digest\":" + digest + "}");
            assertThat(host.said).extracting(Message::topic).containsExactly("$DB/clients/c1/scope-open-error");
            assertThat(server.helloCount()).isEqualTo(1);
        }
    }

    @Test
    void aMessageHasAtMost256PrefixesAnd256KiB() {
        TestHost host = new TestHost();
        try (var server = StitchServer.start(OPTIONS, host)) {
            List<String> prefixes = IntStream.range(0, 257)
                    .mapToObj(i -> "\"" + String.format("%03x", i) + "\"")
                    .toList();
            String most = String.join(",", prefixes.subList(0, 256));
            String tooMany = String.join(",", prefixes);
            assertThat(code(host, "{\"digest\":{\"round\":\"r\",\"ask\":[" + most + "]}}"))
                    .isZero();
            assertThat(code(host, "{\"digest\":{\"round\":\"r\",\"ask\":[" + tooMany + "]}}"))
                    .isEqualTo(400);
            String frame = "{\"round\":\"r\",\"within\":[" + most + "],\"manifest\":[],\"pad\":\"\"}";
            String pad = "x".repeat((256 << 10) - frame.length());
            assertThat(code(host, frame.replace("\"pad\":\"", "\"pad\":\"" + pad)))
                    .isZero();
            assertThat(code(host, frame.replace("\"pad\":\"", "\"pad\":\"x" + pad)))
                    .isEqualTo(400);
            assertThat(code(host, frame.replace("[" + most + "]", "[" + tooMany + "]")))
                    .isEqualTo(400);
            assertThat(server.requestCount()).isZero();
        }
    }

    private static int code(TestHost host, String hello) {
        host.said.clear();
        host.ask("$DB/project/p1/hello", hello);
        Message last = host.said.get(host.said.size() - 1);
        assertThat(last.topic()).isEqualTo(ANSWER);
        return Json.read(last.payload()).path("code").asInt(0);
    }

    @Test
    void aRoundCountsAsOneHello() {
        TestHost host = new TestHost();
        try (var server = StitchServer.start(StitchServerOptions.defaults(), host)) {
            for (int round = 0; round < 4; round++) {
                String ask = "{\"digest\":{\"round\":\"r" + round + "\",\"ask\":[\"a\"]}}";
                for (int i = 0; i < 64; i++) {
                    assertThat(code(host, ask)).isZero();
                }
            }
            assertThat(code(host, "{\"digest\":{\"round\":\"r0\",\"ask\":[\"a\"]}}"))
                    .isEqualTo(429);
            assertThat(code(host, "{\"round\":\"r9\",\"manifest\":[]}")).isEqualTo(429);
            host.now += 5_000;
            assertThat(code(host, "{\"round\":\"r9\",\"within\":[\"a\"],\"manifest\":[]}"))
                    .isZero();
            assertThat(code(host, "{\"round\":\"r9\",\"manifest\":[]}"))
                    .as("a whole manifest is a hello of its own")
                    .isEqualTo(429);
            assertThat(server.helloCount()).isEqualTo(4 * 64 + 4);
        }
    }

    /** The digest is of what the asking user sees. */
    @Test
    void theDigestShowsNobodyWhatIsNotTheirs() {
        var options = StitchServerOptions.builder()
                .helloSpacing(Duration.ZERO)
                .users(Map.of("ada", "a", "bob", "b"))
                .owners(Map.of("project", "ownerId", "note", "ownerId"));
        try (var server = StitchServer.start(options.build());
                var ada = new TestClient(server, "c1", "ada", "a");
                var bob = new TestClient(server, "c2", "bob", "b")) {
            server.put("project", "{\"id\":\"p1\",\"ownerId\":\"ada\"}");
            server.put("note", "{\"id\":\"n1\",\"projectId\":\"p1\",\"ownerId\":\"ada\"}");
            server.put("note", "{\"id\":\"n2\",\"projectId\":\"p1\",\"ownerId\":\"bob\"}");
            Digest digest = new Digest();
            digest.put(new Key("project", "p1"), "3");
            digest.put(new Key("note", "n1"), "1");
            Digest.Node root = digest.node("");
            String hello = "{\"digest\":{\"round\":\"r\",\"n\":" + root.n() + ",\"fp\":\"" + root.fp() + "\"}}";
            ada.say("p1", hello);
            assertThat(ada.nextAnswer("p1").path("events").asInt(-1)).isZero();
            bob.say("p1", hello);
            assertThat(bob.nextAnswer("p1").path("code").asInt()).isEqualTo(403);
            server.put("note", "{\"id\":\"n3\",\"projectId\":\"p2\",\"ownerId\":\"bob\"}");
            bob.say(
                    "p2",
                    "{\"replay\":\"direct\",\"round\":\"r\",\"within\":[\"0\",\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\"],\"manifest\":[]}");
            bob.say(
                    "p2",
                    "{\"replay\":\"direct\",\"round\":\"r\",\"within\":[\"8\",\"9\",\"a\",\"b\",\"c\",\"d\",\"e\",\"f\"],\"manifest\":[]}");
            List<String> topics = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                Mqtt5Publish next = bob.next();
                topics.add(next.getTopic().toString());
            }
            assertThat(topics)
                    .containsExactlyInAnyOrder(
                            "$DB/clients/c2/replay/project/p2/note/events/created",
                            "$DB/clients/c2/hello/p2",
                            "$DB/clients/c2/hello/p2");
        }
    }

    /** What is kept of a scope is in step with what was written since, and with what could not be written. */
    @Test
    void aDigestFollowsEachChange() {
        TestHost host = new TestHost();
        try (var server = StitchServer.start(OPTIONS, host)) {
            Holder holder = new Holder(host);
            server.seed("task", tasks(100));
            holder.compare("r0");
            assertThat(holder.compare("r1")).isTrue();
            server.put("task", "{\"id\":\"t5\",\"projectId\":\"p2\"}");
            server.put("task", "{\"id\":\"t6\"}");
            server.delete("task", "t7");
            holder.compare("r2");
            assertThat(holder.held).hasSize(98).containsEntry(new Key("task", "t6"), 2L);
            assertThat(holder.compare("r3")).isTrue();
            server.failCommits(true);
            host.ask("$DB/task/t8/delete", "{}");
            host.ask("$DB/task/t9/update", "{\"projectId\":\"p2\"}");
            server.failCommits(false);
            assertThat(holder.compare("r4")).isTrue();
            assertThat(server.records("task")).hasSize(99);
        }
    }
}
