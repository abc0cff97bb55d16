package io.stitch.reactive.h2;

import io.stitch.reactive.InMemoryPersistence;
import io.stitch.reactive.ListQuery.Operator;
import io.stitch.reactive.ListQuery.Sort;
import io.stitch.reactive.ModeMismatchException;
import io.stitch.reactive.WriteKind;
import io.stitch.reactive.spi.Batch;
import io.stitch.reactive.spi.KeptEntity;
import io.stitch.reactive.spi.KnownPeer;
import io.stitch.reactive.spi.ListRequest;
import io.stitch.reactive.spi.ListRequest.Filter;
import io.stitch.reactive.spi.OpenRequest;
import io.stitch.reactive.spi.PendingWrite;
import io.stitch.reactive.spi.Persistence;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import io.stitch.reactive.spi.Tombstone;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/** Whatever is asked of the two implementations in whatever order, they answer the same. */
class PersistenceProperties {
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS) // JSON has no infinity, and 1e400 is none.
            .build();
    private static final List<String> ENTITIES = List.of("task", "task-x", "project");
    private static final List<String> IDS = List.of("a", "b", "ä", "a b", "z\uD83D\uDE80", "z\uFFEE", "A");
    private static final List<String> SCOPES = List.of("p1", "p2", "#task");
    private static final List<String> FIELDS = List.of("x", "y", "z", "x", "y", "id", "s");
    private static final List<String> VALUES = List.of(
            "null",
            "true",
            "false",
            "0",
            "-0.0",
            "1",
            "1.0",
            "-2.5",
            "1e3",
            "1e400",
            "\"\"",
            "\"a\"",
            "\"ab\"",
            "\"a*b\"",
            "\"z\uD83D\uDE80\"",
            "\"z\uFFEE\"",
            "\"\uD83D\uDE80Z\"",
            "[1]",
            "{\"x\":1}");

    @Property(tries = 40)
    void bothImplementationsAnswerTheSame(@ForAll long seed) throws IOException {
        Random random = new Random(seed);
        Path folder = Files.createTempDirectory("stitch-h2");
        try {
            InMemoryPersistence memory = new InMemoryPersistence();
            String mode = "server";
            H2Persistence h2 = H2Persistence.file(folder.resolve("db"));
            assertThat(opened(h2, mode, random)).isEqualTo(opened(memory, mode, random));
            for (int i = 0; i < 40; i++) {
                switch (random.nextInt(14)) {
                    case 0 -> {
                        h2.close().block();
                        h2 = H2Persistence.file(folder.resolve("db"));
                        mode = random.nextInt(4) == 0 ? "peer" : "server";
                        assertThat(opened(h2, mode, random)).isEqualTo(opened(memory, mode, random));
                        if (opened(memory, mode, random).startsWith("refused")) {
                            h2.close().block();
                            h2 = H2Persistence.file(folder.resolve("db"));
                            mode = mode.equals("peer") ? "server" : "peer";
                            assertThat(opened(h2, mode, random)).isEqualTo(opened(memory, mode, random));
                        }
                    }
                    case 1 -> {
                        if (random.nextInt(6) == 0) {
                            h2.clear().block();
                            memory.clear().block();
                            // What is kept from now on is named as the next store names it.
                            mode = random.nextBoolean() ? "peer" : "server";
                            assertThat(opened(h2, mode, random)).isEqualTo(opened(memory, mode, random));
                        }
                    }
                    case 2 -> {
                        long before = random.nextInt(100);
                        long since = random.nextInt(100);
                        assertThat(h2.pruneTombstones(before, since).block())
                                .isEqualTo(memory.pruneTombstones(before, since).block());
                    }
                    case 3, 4, 5 -> {
                        for (int j = 0; j < 4; j++) {
                            ListRequest request = list(random);
                            assertThat(listed(h2, request, mode))
                                    .as("%s", request)
                                    .isEqualTo(listed(memory, request, mode));
                        }
                    }
                    default -> {
                        long batch = random.nextLong();
                        h2.apply(batch(new Random(batch), mode)).block();
                        memory.apply(batch(new Random(batch), mode)).block();
                    }
                }
                assertThat(contents(h2, mode)).isEqualTo(contents(memory, mode));
            }
            h2.close().block();
        } finally {
            delete(folder);
        }
    }

    private static String opened(Persistence persistence, String mode, Random random) {
        try {
            Persistence.Opened opened = Objects.requireNonNull(persistence
                    .open(new OpenRequest(mode, indexed(random), isScoped(mode)))
                    .block());
            return new TreeMap<>(opened.facts()) + " "
                    + opened.pending().stream().map(PersistenceProperties::text).toList();
        } catch (ModeMismatchException failure) {
            return "refused: " + failure.getMessage();
        }
    }

    /** Each time the file is opened, other fields have indexes; what is asked for before they are filled must be right too. */
    private static Map<String, KeptEntity> indexed(Random random) {
        Map<String, KeptEntity> entities = new HashMap<>();
        for (String entity : ENTITIES) {
            Set<String> fields = new HashSet<>();
            for (String field : List.of("x", "y", "id")) {
                if (random.nextBoolean()) {
                    fields.add(field);
                }
            }
            entities.put(entity, new KeptEntity(random.nextBoolean() ? "s" : null, fields));
        }
        return entities;
    }

    private static List<Object> contents(Persistence persistence, String mode) {
        List<Object> all = new ArrayList<>();
        for (String scope : SCOPES) {
            all.add(records(persistence.load(scope).collectList().block()));
            all.add(persistence.tombstones(scope).collectList().block());
            all.add(persistence.peers(scope).collectList().block());
        }
        List<RecordKey> keys = ENTITIES.stream()
                .flatMap(entity -> IDS.stream().map(id -> key(mode, "p2", entity, id)))
                .toList();
        all.add(records(persistence
                .find(keys)
                .sort(Comparator.comparing(StoredRecord::key))
                .collectList()
                .block()));
        return all;
    }

    /** What is listed; where several scopes may have one id, all of it, because their order is open. */
    private static List<Object> listed(Persistence persistence, ListRequest request, String mode) {
        if (!isScoped(mode)) {
            return List.copyOf(records(persistence.list(request).collectList().block()));
        }
        ListRequest all = new ListRequest(
                request.entity(),
                request.filters(),
                request.alternatives(),
                request.sorts(),
                request.projection(),
                Integer.MAX_VALUE,
                0);
        List<StoredRecord> found = persistence.list(all).collectList().block();
        return List.of(found.stream().map(StoredRecord::id).toList(), Set.copyOf(records(found)));
    }

    private static List<String> records(List<StoredRecord> records) {
        return records.stream()
                .map(record -> record.key() + " " + record.scope() + " " + record.version() + " "
                        + new String(record.json(), StandardCharsets.UTF_8))
                .toList();
    }

    private static String text(PendingWrite write) {
        byte[] before = write.before();
        return write.sequence() + " " + write.key() + " " + write.scope() + " " + write.kind() + " "
                + new String(write.payload(), StandardCharsets.UTF_8) + " "
                + (before == null ? null : new String(before, StandardCharsets.UTF_8)) + " " + write.version() + " "
                + write.user() + " " + write.requestId() + " " + write.sentAt() + " " + write.parked();
    }

    private static <T> T any(Random random, List<T> from) {
        return from.get(random.nextInt(from.size()));
    }

    private static boolean isScoped(String mode) {
        return mode.equals("peer");
    }

    private static RecordKey key(String mode, String scope, String entity, String id) {
        return new OpenRequest(mode, Map.of(), isScoped(mode)).key(scope, entity, id);
    }

    private static RecordKey key(Random random, String mode, String scope) {
        return key(mode, scope, any(random, ENTITIES), any(random, IDS));
    }

    private static StoredRecord record(Random random, String mode) {
        String scope = any(random, SCOPES);
        RecordKey key = key(random, mode, scope);
        StringBuilder json = new StringBuilder("{\"id\":\"" + key.id() + "\"");
        for (String field : List.of("x", "y")) {
            if (random.nextInt(5) > 0) {
                json.append(",\"").append(field).append("\":").append(any(random, VALUES));
            }
        }
        json.append(",\"s\":\"").append(scope).append('"');
        byte[] bytes = json.append('}').toString().getBytes(StandardCharsets.UTF_8);
        return new StoredRecord(key, scope, random.nextInt(5) - 1, bytes);
    }

    private static PendingWrite write(Random random, String mode) {
        String scope = any(random, SCOPES);
        PendingWrite write = PendingWrite.of(
                random.nextInt(10),
                key(random, mode, scope),
                scope,
                any(random, List.of(WriteKind.values())),
                "{\"x\":1}".getBytes(StandardCharsets.UTF_8),
                random.nextBoolean() ? "ada" : null);
        if (random.nextBoolean()) {
            write = write.sent(
                    "request-" + random.nextInt(),
                    random.nextInt(1000),
                    random.nextBoolean() ? record(random, mode) : null);
        }
        if (write.kind() != WriteKind.CREATE && random.nextBoolean()) {
            write = write.expecting(1 + random.nextInt(5));
        }
        return write.parked(random.nextBoolean());
    }

    private static Batch batch(Random random, String mode) {
        Batch batch = new Batch();
        for (int i = random.nextInt(20); i > 0; i--) {
            String scope = any(random, SCOPES);
            switch (random.nextInt(13)) {
                case 0 -> batch.remove(key(random, mode, scope));
                case 1 -> batch.put(write(random, mode));
                case 2 -> batch.remove(write(random, mode));
                case 3 ->
                    batch.put(new Tombstone(
                            scope, key(random, mode, scope), "stamp" + random.nextInt(), random.nextInt(100)));
                case 4 -> batch.removeTombstone(scope, key(random, mode, scope));
                case 5 ->
                    batch.put(new KnownPeer(
                            any(random, SCOPES), any(random, IDS), random.nextInt(100), random.nextInt(100)));
                case 6 -> batch.removePeer(any(random, SCOPES), any(random, IDS));
                case 12 -> {
                    if (random.nextInt(4) == 0) {
                        batch.forgetRecords();
                    }
                }
                case 7 -> batch.put("fact" + random.nextInt(3), "value" + random.nextInt());
                default -> batch.put(record(random, mode));
            }
        }
        return batch;
    }

    private static ListRequest list(Random random) {
        List<Filter> filters = filters(random, random.nextInt(3));
        List<List<Filter>> choices = new ArrayList<>();
        for (int i = Math.max(0, random.nextInt(5) - 2); i > 0; i--) {
            choices.add(filters(random, 1 + random.nextInt(3)));
        }
        List<Sort> sorts = new ArrayList<>();
        for (int i = random.nextInt(3); i > 0; i--) {
            sorts.add(new Sort(any(random, FIELDS), random.nextBoolean()));
        }
        List<String> projection = random.nextBoolean() ? List.of() : List.of("x", "z");
        return new ListRequest(
                any(random, ENTITIES), filters, choices, sorts, projection, 1 + random.nextInt(10), random.nextInt(4));
    }

    private static List<Filter> filters(Random random, int count) {
        List<Filter> filters = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Operator operator = any(random, List.of(Operator.values()));
            filters.add(new Filter(any(random, FIELDS), operator, value(random, operator)));
        }
        return filters;
    }

    private static JsonNode value(Random random, Operator operator) {
        return switch (operator) {
            case IN -> MAPPER.readTree("[" + scalar(random) + "," + scalar(random) + "]");
            case LIKE ->
                MAPPER.readTree(any(
                        random, List.of("\"a*\"", "\"*\"", "\"*b\"", "\"a*b\"", "\"a\"", "\"z*\"", "\"\\ud83d*\"")));
            case CONTAINS ->
                MAPPER.readTree(any(random, List.of("\"A\"", "\"\"", "\"B*\"", "\"Z\"", "\"\\ud83d\"", "\"p\"")));
            case IS_NULL, IS_NOT_NULL -> MAPPER.nullNode();
            default -> MAPPER.readTree(scalar(random));
        };
    }

    private static String scalar(Random random) {
        return random.nextInt(20) == 0
                ? "\"\\ud83d\""
                : random.nextInt(4) == 0
                        ? "\"" + any(random, IDS) + "\""
                        : random.nextInt(4) == 0
                                ? "\"" + any(random, SCOPES) + "\""
                                : any(random, VALUES.subList(1, VALUES.size() - 2));
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
    }
}
