package io.stitch.samples.benchmarks;

import io.stitch.reactive.Diagnostic;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.StitchStore;
import io.stitch.reactive.UserProperty;
import io.stitch.reactive.spi.InboundMessage;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntFunction;

/**
 * How long a network thread is kept by one message of 16 MiB that somebody made to keep it, in processor time of that thread, with a broker
 * that is in memory. The worst shape counts. Beside it, how long it takes on all threads together until the next message has been read, since a
 * large message is decoded beside the network thread.
 *
 * @param bytes how large a message is
 * @param rounds how often each shape is sent
 */
record HostileFields(int bytes, Rounds rounds) implements Scenario {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Limit MOST_MS = Limit.atMost(50);
    private static final String NEXT = "$DB/next";
    private static final String EVENTS = "$DB/project/p1/task/events/updated";
    private static final String INBOX = "$DB/clients/c1/";
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    /** What a message is made of: something in front, as many different things as there is room for, and something behind. */
    private record Shape(String name, String topic, String front, IntFunction<String> each, String behind, int most) {
        byte[] message(int bytes) {
            StringBuilder text = new StringBuilder(bytes).append(front);
            for (int i = 0; i < most; i++) {
                String next = each.apply(i);
                if (text.length() + next.length() + behind.length() > bytes) {
                    break;
                }
                text.append(next);
            }
            text.append(behind);
            byte[] message = new byte[bytes];
            Arrays.fill(message, (byte) ' ');
            byte[] written = text.toString().getBytes(StandardCharsets.ISO_8859_1);
            System.arraycopy(written, 0, message, 0, Math.min(written.length, bytes));
            return message;
        }
    }

    private static Shape event(String name, IntFunction<String> each, String behind, int most) {
        return new Shape(
                name, EVENTS, "{\"id\":\"t1\",\"data\":{\"id\":\"t1\",\"projectId\":\"p1\"", each, behind + "}}", most);
    }

    /** Lists at the bound of what is read: half a million values, half of them in each. */
    private static String inLists(int i) {
        return (i % 249_000 == 0 ? (i == 0 ? "[" : "],[") : ",") + "0";
    }

    /** Of the names "Aa" and "BB" and all that are put together of them, each length has one hash. */
    private static String ofOneHash(int i) {
        StringBuilder name = new StringBuilder(40);
        for (int bit = 0; bit < 20; bit++) {
            name.append(((i >> bit) & 1) == 0 ? "Aa" : "BB");
        }
        return name.toString();
    }

    private static List<Shape> shapes() {
        int any = Integer.MAX_VALUE;
        String unending = "\"\"";
        return List.of(
                event("fields of different names", i -> ",\"f%08d\":%d".formatted(i, i % 10), "", any),
                event("fields of names with one hash", i -> ",\"" + ofOneHash(i) + "\":0", "", any),
                event("10 000 fields of names with one hash, read", i -> ",\"" + ofOneHash(i) + "\":0", "", 9_900),
                event("one field again and again", i -> ",\"f\":0", "", any),
                event("long names", i -> ",\"%04000d\":0".formatted(i), "", any),
                event("a list of numbers", i -> i == 0 ? ",\"f\":[0" : ",0", "]", any),
                event("a list of objects", i -> i == 0 ? ",\"f\":[{}" : ",{}", "]", any),
                event(
                        "lists with half a million values, read",
                        i -> (i == 0 ? ",\"f\":[" : "") + inLists(i),
                        "]]",
                        495_000),
                event("numbers of 750 digits", i -> (i == 0 ? ",\"f\":[" : ",") + "9".repeat(750), "]", any),
                event("numbers with exponents", i -> (i == 0 ? ",\"f\":[" : ",") + "1e9999", "]", 249_000),
                event("depth", i -> (i == 0 ? ",\"f\":[" : ",") + "[".repeat(60) + "]".repeat(60), "]", any),
                event("one text of escapes", i -> i == 0 ? ",\"f\":\"" : "\\u00e4", "\"", any),
                event("one text", i -> i == 0 ? ",\"f\":\"" : "xxxxxxxx", "\"", any),
                event("a text without an end", i -> i == 0 ? ",\"f\":\"" : "xxxxxxxx", unending, any),
                event("white space", i -> "        ", "", any),
                new Shape(
                        "a reply with fields of different names",
                        INBOX + "r1",
                        "{\"status\":\"ok\",\"data\":{\"id\":\"t1\"",
                        i -> ",\"f%08d\":%d".formatted(i, i % 10),
                        "}}",
                        any),
                new Shape(
                        "a reply with fields beside its data",
                        INBOX + "r1",
                        "{\"status\":\"ok\",\"data\":{}",
                        i -> ",\"f%08d\":[]".formatted(i),
                        "}",
                        any),
                new Shape(
                        "a refused scope with half a million values, read",
                        INBOX + "scope-open-error",
                        "{\"scopeId\":\"p1\",\"code\":500,\"more\":[",
                        HostileFields::inLists,
                        "]]}",
                        495_000),
                new Shape(
                        "an answer to a hello with half a million values, read",
                        INBOX + "hello/p1",
                        "{\"round\":\"r\",\"events\":0,\"more\":[",
                        HostileFields::inLists,
                        "]]}",
                        495_000),
                new Shape(
                        "the message of a refusal",
                        INBOX + "r1",
                        "{\"status\":\"error\",\"code\":400,\"message\":\"",
                        i -> "\\u202e",
                        "\"}",
                        any));
    }

    @Override
    public String name() {
        return "hostile/fields";
    }

    @Override
    public @Nullable ServerSpec server() {
        return null;
    }

    /** Of the network thread, and by the clock. */
    private record Kept(double millis, double whole) {}

    private record Timed(String shape, Sample millis, Sample whole) {}

    @Override
    public List<Figure> measure(String serverUrl) {
        LoudBroker broker = new LoudBroker();
        StitchStore store = StitchStore.builder()
                .schema(Workload.SCHEMA)
                .remote(RemoteOptions.to("mqtt://127.0.0.1:1"))
                .clientId("c1")
                .connector(broker)
                .build();
        try {
            store.start().then(store.connect()).block(LIMIT);
            List<Timed> all =
                    shapes().stream().map(shape -> time(broker, store, shape)).toList();
            all.forEach(each -> System.out.printf(
                    "  %-50s %s ms, %s ms until the next one is read%n",
                    each.shape(),
                    Table.number(each.millis().median()),
                    Table.number(each.whole().median())));
            Timed worst = all.stream()
                    .max(Comparator.comparingDouble(each -> each.millis().median()))
                    .orElseThrow();
            Timed longest = all.stream()
                    .max(Comparator.comparingDouble(each -> each.whole().median()))
                    .orElseThrow();
            return List.of(new Figure(
                    name(),
                    worst.millis(),
                    "ms",
                    MOST_MS,
                    "of a network thread's processor time, the worst of %d shapes of %d MiB: %s; the next one is read after %s ms at most (%s)"
                            .formatted(
                                    all.size(),
                                    bytes >> 20,
                                    worst.shape(),
                                    Table.number(longest.whole().median()),
                                    longest.shape())));
        } finally {
            store.close().block(LIMIT);
        }
    }

    private Timed time(LoudBroker broker, StitchStore store, Shape shape) {
        InboundMessage message = new InboundMessage(
                shape.topic(),
                shape.message(bytes),
                false,
                List.of(new UserProperty("x-mqtt-sender", "mqdb-internal-0")));
        InboundMessage next = new InboundMessage(NEXT, new byte[0], false, List.of());
        List<Kept> times = rounds.run(round -> {
            Mono<Diagnostic> read = store.diagnostics()
                    .filter(each -> each.subject().equals(NEXT))
                    .next()
                    .cache();
            read.subscribe();
            long began = System.nanoTime();
            long start = THREADS.getCurrentThreadCpuTime();
            broker.deliver(message);
            long end = THREADS.getCurrentThreadCpuTime();
            broker.deliver(next);
            read.block(LIMIT);
            long over = System.nanoTime();
            return new Kept((end - start) / 1e6, (over - began) / 1e6);
        });
        return new Timed(shape.name(), Sample.of(times, Kept::millis), Sample.of(times, Kept::whole));
    }
}
