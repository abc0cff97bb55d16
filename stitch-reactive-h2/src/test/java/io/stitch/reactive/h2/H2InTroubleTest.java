package io.stitch.reactive.h2;

import io.stitch.reactive.WriteKind;
import io.stitch.reactive.spi.Batch;
import io.stitch.reactive.spi.KeptEntity;
import io.stitch.reactive.spi.OpenRequest;
import io.stitch.reactive.spi.PendingWrite;
import io.stitch.reactive.spi.Persistence;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import io.stitch.reactive.spi.Tombstone;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

import static org.assertj.core.api.Assertions.assertThat;

/** Files that a process left in the middle of something, or that hold what nobody can read. */
class H2InTroubleTest {
    private static final OpenRequest SERVER =
            new OpenRequest("server", Map.of("task", new KeptEntity("projectId", Set.of("title"))));
    private static final String SECRET = "correct horse";

    @TempDir
    Path folder;

    private final List<H2Persistence> opened = new ArrayList<>();

    @AfterEach
    void closeAll() {
        opened.forEach(each -> each.close().onErrorComplete().block());
    }

    private Path file() {
        return folder.resolve("tasks");
    }

    private H2Persistence persistence(boolean encrypted) {
        H2Persistence.Builder builder = H2Persistence.builder(file());
        if (encrypted) {
            builder.passphrase(SECRET.toCharArray());
        }
        H2Persistence made = builder.build();
        opened.add(made);
        return made;
    }

    private static StoredRecord record(String id) {
        return new StoredRecord(
                new RecordKey("task", id),
                "p1",
                1,
                "{\"id\":\"%s\",\"projectId\":\"p1\",\"title\":\"a\"}"
                        .formatted(id)
                        .getBytes(StandardCharsets.UTF_8));
    }

    private static PendingWrite write(long sequence, String payload) {
        return PendingWrite.of(
                sequence,
                new RecordKey("task", "t" + sequence),
                "p1",
                WriteKind.CREATE,
                payload.getBytes(StandardCharsets.UTF_8),
                "ada");
    }

    private static String nested(int depth) {
        return "{\"in\":".repeat(depth) + "1" + "}".repeat(depth);
    }

    private static List<Long> sequences(Persistence.Opened opened) {
        return opened.pending().stream().map(PendingWrite::sequence).toList();
    }

    // ---- the end ----

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatIsKeptCanBeClearedAfterTheFileWasClosed(boolean encrypted) {
        H2Persistence persistence = persistence(encrypted);
        persistence.open(SERVER).block();
        Batch batch = new Batch();
        batch.put(record("t1"));
        batch.put(write(1, "{}"));
        persistence.apply(batch).block();
        persistence.close().block();
        persistence.close().block();

        persistence.clear().block();
        persistence.clear().block();

        assertThat(Files.exists(folder.resolve("tasks.mv.db"))).isFalse();
        H2Persistence again = persistence(encrypted);
        assertThat(sequences(Objects.requireNonNull(again.open(SERVER).block())))
                .isEmpty();
        assertThat(again.load("p1").collectList().block()).isEmpty();
    }

    // ---- a migration that did not end ----

    /** H2 commits each statement that changes tables; the version comes last. */
    @Test
    void aMigrationThatWasInterruptedAnywhereIsDoneAgain() {
        List<List<String>> migrations = Schema.CURRENT.migrations();
        for (int version = 1; version < migrations.size(); version++) {
            for (int done = 0; done <= migrations.get(version).size(); done++) {
                Path path = folder.resolve("v%d-%d".formatted(version, done));
                List<String> part = migrations.get(version).subList(0, done);
                H2Persistence older = H2Persistence.builder(path)
                        .schema(OldFile.schema(version))
                        .build();
                opened.add(older);
                older.open(SERVER).block();
                Batch batch = new Batch();
                batch.put(record("t1"));
                batch.put(write(1, "{}"));
                batch.put(new Tombstone("p1", new RecordKey("task", "gone"), "1.0.ada", 5));
                older.apply(batch).block();
                older.close().block();
                OldFile.finish(path, version);
                OldFile.execute(path, part);

                H2Persistence newer = H2Persistence.file(path);
                opened.add(newer);
                assertThat(sequences(Objects.requireNonNull(newer.open(SERVER).block())))
                        .as("version %d, %d statements of the next one done", version, done)
                        .containsExactly(1L);
                assertThat(newer.load("p1").map(StoredRecord::id).collectList().block())
                        .containsExactly("t1");
                assertThat(newer.tombstones("p1").collectList().block()).hasSize(1);
                newer.close().block();
            }
        }
    }

    // ---- rows of earlier versions ----

    /** Of a version that knew no writes at one version only. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aWriteThatIsKeptByAnEarlierVersionIsDoneAtAnyVersion(boolean recovered) {
        H2Persistence older = H2Persistence.builder(file())
                .schema(OldFile.schema(OldFile.BEFORE_EXPECTED_VERSIONS))
                .build();
        opened.add(older);
        older.open(SERVER).block();
        Batch batch = new Batch();
        batch.put(write(1, "{}"));
        older.apply(batch).block();
        older.close().block();
        OldFile.finish(file(), OldFile.BEFORE_EXPECTED_VERSIONS);
        if (recovered) {
            Recovery recovery =
                    Objects.requireNonNull(H2Persistence.recover(file(), null).block());
            assertThat(recovery.pendingWrites()).isEqualTo(1);
            assertThat(recovery.lost()).isEmpty();
        }

        Persistence.Opened now =
                Objects.requireNonNull(persistence(false).open(SERVER).block());
        assertThat(now.pending()).singleElement().satisfies(write -> {
            assertThat(write.isCompared()).isFalse();
            assertThat(write.problem()).isNull();
            assertThat(write.user()).isEqualTo("ada");
        });
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theVersionThatAWriteExpectsIsKept(boolean recovered) {
        H2Persistence first = persistence(false);
        first.open(SERVER).block();
        Batch batch = new Batch();
        PendingWrite update =
                PendingWrite.of(1, new RecordKey("task", "t1"), "p1", WriteKind.UPDATE, new byte[] {'{', '}'}, "ada");
        batch.put(update.expecting(7));
        first.apply(batch).block();
        first.close().block();
        if (recovered) {
            H2Persistence.recover(file(), null).block();
        }

        Persistence.Opened now =
                Objects.requireNonNull(persistence(false).open(SERVER).block());
        assertThat(now.pending()).extracting(PendingWrite::expectedVersion).containsExactly(7L);
    }

    // ---- rows that nobody can read ----

    @Test
    void aPendingWriteOfAnUnknownKindIsSetAsideAndTheOthersAreThere() {
        H2Persistence first = persistence(false);
        first.open(SERVER).block();
        Batch batch = new Batch();
        batch.put(write(1, "{}"));
        batch.put(write(2, "{}"));
        first.apply(batch).block();
        first.close().block();
        OldFile.execute(file(), List.of("UPDATE PENDING SET KIND = 'UPSERT' WHERE SEQUENCE = 1"));

        Persistence.Opened read =
                Objects.requireNonNull(persistence(false).open(SERVER).block());

        assertThat(sequences(read)).containsExactly(2L);
        assertThat(read.setAside()).singleElement().satisfies(row -> {
            assertThat(row.sequence()).isEqualTo(1);
            assertThat(row.subject()).isEqualTo("task/t1");
            assertThat(row.why()).contains("UPSERT");
        });
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void recoverySavesTheWritesThatCanBeTakenUpAndNamesTheOthers(boolean encrypted) {
        H2Persistence before = persistence(encrypted);
        before.open(SERVER).block();
        Batch batch = new Batch();
        batch.put(record("t1"));
        batch.put(write(1, "{\"id\":\"t1\"}"));
        batch.put(write(2, "no JSON"));
        batch.put(write(3, nested(65)));
        batch.put(write(4, nested(60)));
        batch.put(new Tombstone("p1", new RecordKey("task", "gone"), "1.0.ada", 5));
        before.apply(batch).block();
        before.close().block();

        Recovery recovery =
                Objects.requireNonNull(H2Persistence.recover(file(), encrypted ? SECRET.toCharArray() : null)
                        .block());

        assertThat(recovery.records()).isEqualTo(1);
        assertThat(recovery.pendingWrites()).isEqualTo(2);
        assertThat(recovery.tombstones()).isEqualTo(1);
        assertThat(recovery.lost()).hasSize(2).allMatch(loss -> loss.startsWith("A row of the table PENDING"));
        Persistence.Opened after =
                Objects.requireNonNull(persistence(encrypted).open(SERVER).block());
        assertThat(sequences(after)).containsExactly(1L, 4L);
        assertThat(after.pending()).allMatch(write -> "ada".equals(write.user()));
    }
}
