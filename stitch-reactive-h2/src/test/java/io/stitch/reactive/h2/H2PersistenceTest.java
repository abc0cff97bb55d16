package io.stitch.reactive.h2;

import io.stitch.reactive.ListQuery;
import io.stitch.reactive.ModeMismatchException;
import io.stitch.reactive.PersistenceException;
import io.stitch.reactive.PersistenceException.Reason;
import io.stitch.reactive.WriteKind;
import io.stitch.reactive.spi.Batch;
import io.stitch.reactive.spi.KeptEntity;
import io.stitch.reactive.spi.ListRequest;
import io.stitch.reactive.spi.OpenRequest;
import io.stitch.reactive.spi.PendingWrite;
import io.stitch.reactive.spi.Persistence;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import io.stitch.reactive.spi.Tombstone;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import tools.jackson.databind.node.StringNode;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What can happen to the file. */
class H2PersistenceTest {
    private static final OpenRequest SERVER = OpenRequest.of("server");
    private static final OpenRequest PEER = new OpenRequest("peer", Map.of(), true);

    @TempDir
    Path folder;

    private final List<H2Persistence> opened = new ArrayList<>();

    @AfterEach
    void closeAll() {
        FullDisk.full = false;
        opened.forEach(each -> each.close().onErrorComplete().block());
    }

    private Path file() {
        return folder.resolve("tasks");
    }

    private H2Persistence open() {
        return open(H2Persistence.file(file()));
    }

    private H2Persistence open(H2Persistence persistence) {
        opened.add(persistence);
        persistence.open(SERVER).block();
        return persistence;
    }

    private static void close(Persistence persistence) {
        persistence.close().block();
    }

    private static StoredRecord record(String id, String text) {
        return new StoredRecord(
                new RecordKey("task", id),
                "p1",
                1,
                "{\"id\":\"%s\",\"text\":\"%s\"}".formatted(id, text).getBytes(StandardCharsets.UTF_8));
    }

    private static Mono<Void> keep(Persistence persistence, StoredRecord... records) {
        Batch batch = new Batch();
        List.of(records).forEach(batch::put);
        return persistence.apply(batch);
    }

    private static List<String> ids(Persistence persistence) {
        return persistence.load("p1").map(StoredRecord::id).collectList().block();
    }

    private static Reason failureOf(Mono<?> task) {
        return task.map(done -> Reason.FAILED)
                .onErrorResume(PersistenceException.class, failure -> Mono.just(failure.reason()))
                .block();
    }

    // ---- what is kept ----

    @Test
    void whatWasKeptIsThereWhenTheFileIsOpenedAgain() {
        H2Persistence first = open();
        keep(first, record("t1", "one"), record("t2", "two")).block();
        close(first);

        assertThat(ids(open())).containsExactly("t1", "t2");
    }

    @Test
    void aScopeOfManyPagesComesInOrderAndWhole() {
        H2Persistence persistence = open();
        keep(
                        persistence,
                        IntStream.range(0, 2_500)
                                .mapToObj(i -> new StoredRecord(
                                        new RecordKey(i % 2 == 0 ? "task" : "note", "%04d".formatted(i)),
                                        "p1",
                                        1,
                                        new byte[] {'{', '}'}))
                                .toArray(StoredRecord[]::new))
                .block();

        assertThat(persistence.load("p1").map(StoredRecord::key).collectList().block())
                .hasSize(2_500)
                .isSorted()
                .doesNotHaveDuplicates();
    }

    @Test
    void recordsMayBeLargerThanAPage() {
        String large = "x".repeat(5 * 1024 * 1024);
        H2Persistence persistence = open();
        keep(persistence, record("a", large), record("b", large), record("c", "small"))
                .block();
        close(persistence);

        assertThat(open().load("p1")
                        .map(each -> each.json().length)
                        .collectList()
                        .block())
                .containsExactly(
                        record("a", large).json().length,
                        record("b", large).json().length,
                        record("c", "small").json().length);
    }

    @Test
    void theFileIsCompactedWhenItIsClosed() throws IOException {
        H2Persistence persistence = open();
        for (int i = 0; i < 100; i++) {
            keep(persistence, record("t1", ("x" + i).repeat(20_000))).block();
        }
        long before = Files.size(folder.resolve("tasks.mv.db"));
        close(persistence);

        assertThat(Files.size(folder.resolve("tasks.mv.db"))).isLessThan(before / 2);
    }

    @Test
    void aBackupIsTakenWhileTheStoreRunsAndCanBeOpened() throws IOException {
        H2Persistence persistence = open();
        keep(persistence, record("t1", "one")).block();
        Path zip = folder.resolve("backup.zip");
        persistence.backup(zip).block();
        keep(persistence, record("t2", "two")).block();

        Path restored = folder.resolve("restored");
        try (InputStream file = Files.newInputStream(zip);
                ZipInputStream entries = new ZipInputStream(file)) {
            ZipEntry entry = entries.getNextEntry();
            assertThat(entry.getName()).isEqualTo("tasks.mv.db");
            Files.copy(entries, folder.resolve("restored.mv.db"));
        }
        assertThat(ids(open(H2Persistence.file(restored)))).containsExactly("t1");
    }

    // ---- who else has it ----

    @Test
    void aFileThatAnotherStoreOfThisProcessHasOpenIsRefused() {
        open();
        assertThatThrownBy(this::open)
                .isInstanceOfSatisfying(
                        PersistenceException.class,
                        failure -> assertThat(failure.reason()).isEqualTo(Reason.LOCKED))
                .hasMessageContaining("in use by this process");
    }

    @Test
    void aFileThatAnotherProcessHasOpenIsRefusedAndTheProcessIsNamed() throws Exception {
        try (ChildJvm child = ChildJvm.run(Holder.class, List.of(), file().toString())) {
            assertThat(child.line()).isEqualTo("open");
            assertThatThrownBy(this::open)
                    .isInstanceOfSatisfying(
                            PersistenceException.class,
                            failure -> assertThat(failure.reason()).isEqualTo(Reason.LOCKED))
                    .hasMessageContaining("process " + child.pid() + " (");
            child.kill();
            assertThat(ids(open())).as("a killed process holds nothing").isEmpty();
        }
    }

    /** Opens a database and holds it. */
    static final class Holder {
        public static void main(String[] arguments) throws Exception {
            H2Persistence.file(Path.of(arguments[0])).open(SERVER).block();
            System.out.println("open");
            System.in.read();
        }
    }

    // ---- modes and versions ----

    @Test
    void theOtherModeIsRefusedAndTheFileIsFreeForTheRightOne() {
        close(open());
        StepVerifier.create(H2Persistence.file(file()).open(OpenRequest.of("peer")))
                .verifyError(ModeMismatchException.class);
        open();
    }

    @Test
    void clearingLetsTheOtherModeIn() {
        H2Persistence server = open();
        keep(server, record("t1", "one")).block();
        close(server);
        H2Persistence refused = H2Persistence.file(file());
        StepVerifier.create(refused.open(OpenRequest.of("peer"))).verifyError(ModeMismatchException.class);
        refused.clear().block();
        close(refused);

        H2Persistence peer = H2Persistence.file(file());
        opened.add(peer);
        assertThat(peer.open(OpenRequest.of("peer")).block().facts()).containsOnlyKeys(Persistence.SYNC_MODE);
        assertThat(ids(peer)).isEmpty();
    }

    @Test
    void aFileOfANewerVersionIsRefusedAndNotTouched() {
        List<List<String>> more = new ArrayList<>(Schema.CURRENT.migrations());
        more.add(List.of("CREATE TABLE LATER (X INT)"));
        H2Persistence newer =
                open(H2Persistence.builder(file()).schema(new Schema(more)).build());
        keep(newer, record("t1", "one")).block();
        close(newer);

        assertThatThrownBy(this::open)
                .isInstanceOfSatisfying(
                        PersistenceException.class,
                        failure -> assertThat(failure.reason()).isEqualTo(Reason.NEWER_VERSION))
                .hasMessageContaining("version " + more.size())
                .hasMessageContaining("Update the application");
        assertThat(ids(open(
                        H2Persistence.builder(file()).schema(new Schema(more)).build())))
                .containsExactly("t1");
    }

    @Test
    void aFileOfAnOlderVersionIsBroughtUpToThisOne() {
        H2Persistence older = open();
        keep(older, record("t1", "one")).block();
        close(older);
        List<List<String>> more = new ArrayList<>(Schema.CURRENT.migrations());
        more.add(List.of("UPDATE RECORD SET SCOPE = 'p2'"));

        H2Persistence newer =
                open(H2Persistence.builder(file()).schema(new Schema(more)).build());
        assertThat(ids(newer)).isEmpty();
        assertThat(newer.load("p2").map(StoredRecord::id).collectList().block()).containsExactly("t1");
    }

    @Test
    void aFileOfTheFirstVersionKeepsItsTombstones() {
        H2Persistence first =
                open(H2Persistence.builder(file()).schema(OldFile.schema(1)).build());
        Tombstone kept = new Tombstone("p1", new RecordKey("task", "t1"), "1.0.ada", 5);
        Batch batch = new Batch();
        batch.put(kept);
        first.apply(batch).block();
        close(first);
        OldFile.finish(file(), 1);

        assertThat(open().tombstones("p1").collectList().block()).containsExactly(kept);
    }

    // ---- whose scope is a part of what a record is ----

    /** Of a version in which one id was one record whatever its scope. */
    @Test
    void whatPeersKeptBeforeTheirScopeWasAPartOfWhatARecordIsIsThere() {
        H2Persistence older =
                H2Persistence.builder(file()).schema(OldFile.schema(3)).build();
        opened.add(older);
        older.open(OpenRequest.of("peer")).block();
        Batch batch = new Batch();
        for (int i = 0; i < 2_500; i++) {
            batch.put(inScope(new RecordKey("task", "t" + i), i % 2 == 0 ? "p1" : "p2", "old"));
        }
        batch.put(new Tombstone("p1", new RecordKey("task", "moved"), "1.0.ada", 5));
        batch.put(inScope(new RecordKey("task", "moved"), "p2", "old"));
        batch.put(PendingWrite.of(7, new RecordKey("task", "moved"), "p1", WriteKind.DELETE, bytes("{}"), null));
        batch.put(PendingWrite.of(8, new RecordKey("task", "moved"), "p2", WriteKind.CREATE, bytes("{}"), null));
        older.apply(batch).block();
        close(older);
        OldFile.finish(file(), 3);

        H2Persistence peer = H2Persistence.file(file());
        opened.add(peer);
        assertThat(Objects.requireNonNull(peer.open(PEER).block()).pending())
                .extracting(PendingWrite::key)
                .containsExactly(new RecordKey("p1", "task", "moved"), new RecordKey("p2", "task", "moved"));
        assertThat(peer.load("p1").collectList().block())
                .hasSize(1_250)
                .allMatch(record -> record.key().home().equals("p1"));
        assertThat(peer.load("p2").collectList().block()).hasSize(1_251);
        assertThat(peer.tombstones("p1").map(Tombstone::key).collectList().block())
                .containsExactly(new RecordKey("p1", "task", "moved"));

        keep(peer, inScope(new RecordKey("p1", "task", "t1"), "p1", "new")).block();
        assertThat(texts(peer, "p1", "t1")).containsExactly("new");
        assertThat(texts(peer, "p2", "t1")).containsExactly("old");
    }

    @Test
    void twoScopesHaveRecordsOfOneId() {
        H2Persistence first = H2Persistence.file(file());
        opened.add(first);
        first.open(new OpenRequest("peer", Map.of("task", new KeptEntity("projectId", Set.of("text"))), true))
                .block();
        RecordKey one = new RecordKey("p1", "task", "t1");
        RecordKey other = new RecordKey("p2", "task", "t1");
        keep(first, inScope(one, "p1", "one"), inScope(other, "p2", "other")).block();
        keep(first, inScope(one, "p1", "changed")).block();
        close(first);

        H2Persistence again = H2Persistence.file(file());
        opened.add(again);
        again.open(new OpenRequest("peer", Map.of("task", new KeptEntity("projectId", Set.of("text"))), true))
                .block();
        assertThat(texts(again, "p1", "t1")).containsExactly("changed");
        assertThat(texts(again, "p2", "t1")).containsExactly("other");
        ListRequest byText = new ListRequest(
                "task", List.of(), List.of(new ListQuery.Sort("text", true)), List.of(), Integer.MAX_VALUE, 0);
        assertThat(again.list(byText).map(StoredRecord::key).collectList().block())
                .containsExactly(one, other);

        Batch batch = new Batch();
        batch.remove(other);
        again.apply(batch).block();
        assertThat(again.list(byText).map(StoredRecord::key).collectList().block())
                .containsExactly(one);
        assertThat(again.find(List.of(one, other))
                        .map(StoredRecord::key)
                        .collectList()
                        .block())
                .containsExactly(one);
    }

    /** More than are looked at in one go when an index is filled. */
    @Test
    void anIndexIsFilledHoweverManyScopesHaveOneId() {
        H2Persistence first = H2Persistence.file(file());
        opened.add(first);
        first.open(PEER).block();
        Batch batch = new Batch();
        int scopes = 3_000;
        for (int i = 0; i < scopes; i++) {
            String scope = "p" + i;
            batch.put(inScope(new RecordKey(scope, "task", i < 10 ? "a" : "settings"), scope, "same"));
        }
        first.apply(batch).block();
        close(first);

        H2Persistence again = H2Persistence.file(file());
        opened.add(again);
        again.open(new OpenRequest("peer", Map.of("task", new KeptEntity("projectId", Set.of("text"))), true))
                .block();
        ListRequest all = new ListRequest(
                "task",
                List.of(new ListRequest.Filter("text", ListQuery.Operator.EQ, StringNode.valueOf("same"))),
                List.of(),
                List.of(),
                Integer.MAX_VALUE,
                0);
        // Whether it is filled yet or not: each list waits for a part of that on the writing thread.
        for (int i = 0; i < 20; i++) {
            again.apply(new Batch()).block();
            assertThat(again.list(all).count().block()).isEqualTo(scopes);
        }
    }

    private static byte[] bytes(String json) {
        return json.getBytes(StandardCharsets.UTF_8);
    }

    private static StoredRecord inScope(RecordKey key, String scope, String text) {
        String json = "{\"id\":\"%s\",\"projectId\":\"%s\",\"text\":\"%s\"}".formatted(key.id(), scope, text);
        return new StoredRecord(key, scope, 1, bytes(json));
    }

    private static List<String> texts(Persistence persistence, String scope, String id) {
        return persistence
                .load(scope)
                .filter(record -> record.id().equals(id))
                .map(record -> new String(record.json(), StandardCharsets.UTF_8).replaceAll(".*\"text\":\"|\"}", ""))
                .collectList()
                .block();
    }

    // ---- encryption ----

    @Test
    void anEncryptedFileHasNoReadableText() throws IOException {
        H2Persistence secret = open(encrypted("correct horse"));
        keep(secret, record("t1", "attack at dawn")).block();
        close(secret);

        assertThat(Files.readString(folder.resolve("tasks.mv.db"), StandardCharsets.ISO_8859_1))
                .doesNotContain("attack at dawn");
        assertThat(ids(open(encrypted("correct horse")))).containsExactly("t1");
    }

    private H2Persistence encrypted(String passphrase) {
        return H2Persistence.builder(file())
                .passphrase(passphrase.toCharArray())
                .build();
    }

    @Test
    void aWrongPassphraseHarmsNothing() throws IOException {
        H2Persistence secret = open(encrypted("correct horse"));
        keep(secret, record("t1", "one")).block();
        close(secret);
        byte[] before = Files.readAllBytes(folder.resolve("tasks.mv.db"));

        assertThat(failureOf(encrypted("wrong").open(SERVER))).isEqualTo(Reason.WRONG_PASSPHRASE);
        assertThat(failureOf(H2Persistence.file(file()).open(SERVER))).isEqualTo(Reason.WRONG_PASSPHRASE);
        assertThat(failureOf(encrypted("wrong").clear())).isEqualTo(Reason.WRONG_PASSPHRASE);
        assertThat(failureOf(H2Persistence.changePassphrase(file(), "wrong".toCharArray(), null)))
                .isEqualTo(Reason.WRONG_PASSPHRASE);
        assertThat(Files.readAllBytes(folder.resolve("tasks.mv.db"))).isEqualTo(before);
        assertThat(ids(open(encrypted("correct horse")))).containsExactly("t1");
    }

    @Test
    void aPassphraseForAFileThatHasNoneIsRefused() {
        close(open());
        assertThat(failureOf(encrypted("any").open(SERVER))).isEqualTo(Reason.WRONG_PASSPHRASE);
        open();
    }

    @Test
    void aPassphraseCanBeChangedAddedAndTakenAway() {
        H2Persistence plain = open();
        keep(plain, record("t1", "one")).block();
        close(plain);

        H2Persistence.changePassphrase(file(), null, "first".toCharArray()).block();
        assertThat(failureOf(H2Persistence.file(file()).open(SERVER))).isEqualTo(Reason.WRONG_PASSPHRASE);
        H2Persistence.changePassphrase(file(), "first".toCharArray(), "second one".toCharArray())
                .block();
        assertThat(failureOf(encrypted("first").open(SERVER))).isEqualTo(Reason.WRONG_PASSPHRASE);
        H2Persistence second = open(encrypted("second one"));
        assertThat(ids(second)).containsExactly("t1");
        close(second);
        H2Persistence.changePassphrase(file(), "second one".toCharArray(), null).block();
        assertThat(ids(open())).containsExactly("t1");
        assertThat(folder).isDirectoryNotContaining("glob:**passphrase*");
    }

    @Test
    void aPassphraseIsWipedAndNeverPrinted() {
        char[] passphrase = "correct horse".toCharArray();
        H2Persistence secret =
                H2Persistence.builder(file()).passphrase(passphrase).build();

        assertThat(passphrase).containsOnly('\0');
        assertThat(secret.toString()).contains("encrypted").doesNotContain("horse");
    }

    // ---- a disk that is full, and a folder that is not ours ----

    @Test
    void aFullDiskFailsWritesLetsReadsGoOnAndHeals() {
        FullDisk.register();
        H2Persistence persistence =
                open(H2Persistence.builder(file()).fileSystem("full:").build());
        keep(persistence, record("t1", "one")).block();
        FullDisk.full = true;

        assertThat(failureOf(keep(persistence, record("t2", "two")))).isEqualTo(Reason.DISK_FULL);
        assertThat(ids(persistence)).containsExactly("t1");
        assertThat(failureOf(keep(persistence, record("t2", "two")))).isEqualTo(Reason.DISK_FULL);
        assertThat(ids(persistence)).containsExactly("t1");

        FullDisk.full = false;
        keep(persistence, record("t2", "two")).block();
        assertThat(ids(persistence)).containsExactly("t1", "t2");
        close(persistence);
        assertThat(ids(open())).containsExactly("t1", "t2");
    }

    @Test
    void aFolderThatMayNotBeWrittenIsNamed() {
        PersistenceException failure = (PersistenceException)
                Failures.of(file(), new AccessDeniedException(file().toString(), null, "Permission denied"));
        assertThat(failure.reason()).isEqualTo(Reason.READ_ONLY);
        assertThat(failure).hasMessageContaining(file().toString()).hasMessageContaining("right to write");
    }

    @Test
    void aFileOfGarbageIsSaidToBeDamagedAndLeftAlone() throws IOException {
        byte[] garbage = "this is no database".repeat(1_000).getBytes(StandardCharsets.UTF_8);
        Files.write(folder.resolve("tasks.mv.db"), garbage);

        assertThatThrownBy(this::open)
                .isInstanceOfSatisfying(
                        PersistenceException.class,
                        failure -> assertThat(failure.reason()).isEqualTo(Reason.CORRUPT))
                .hasMessageContaining("H2Persistence.recover");
        assertThat(Files.readAllBytes(folder.resolve("tasks.mv.db"))).isEqualTo(garbage);
    }

    @Test
    void whatCanBeReadOfADamagedFileIsSavedAndTheRestReported() throws IOException {
        recoverAfterDamage(H2Persistence.file(file()), null);
    }

    @Test
    void aFileThatIsNoDatabaseIsNotTouchedByRecovery() throws IOException {
        byte[] garbage = "this is no database".repeat(1_000).getBytes(StandardCharsets.UTF_8);
        Files.write(folder.resolve("tasks.mv.db"), garbage);
        assertThat(failureOf(H2Persistence.recover(file(), null))).isEqualTo(Reason.CORRUPT);
        assertThat(folder.resolve("tasks.mv.db")).hasBinaryContent(garbage);
    }

    @Test
    void recoveryWithAWrongPassphraseChangesNothing() throws IOException {
        H2Persistence secret = open(encrypted("correct horse"));
        keep(secret, record("t1", "one")).block();
        close(secret);
        assertThat(failureOf(H2Persistence.recover(file(), "wrong".toCharArray())))
                .isEqualTo(Reason.WRONG_PASSPHRASE);
        assertThat(ids(open(encrypted("correct horse")))).containsExactly("t1");
    }

    @Test
    void aDamagedEncryptedFileIsSavedToo() throws IOException {
        recoverAfterDamage(encrypted("correct horse"), "correct horse");
    }

    private void recoverAfterDamage(H2Persistence before, String passphrase) throws IOException {
        int written = 6_000;
        open(before);
        Batch batch = new Batch();
        for (int i = 0; i < written; i++) {
            batch.put(record("%06d".formatted(i), "text of " + i));
        }
        batch.put(PendingWrite.of(
                7, new RecordKey("task", "000001"), "p1", WriteKind.DELETE, new byte[] {'{', '}'}, "ada"));
        before.apply(batch).block();
        close(before);
        Path data = folder.resolve("tasks.mv.db");
        byte[] bytes = Files.readAllBytes(data);
        int middle = bytes.length / 2;
        Arrays.fill(bytes, middle, middle + 4_096, (byte) 0x5A);
        Files.write(data, bytes);

        Recovery recovery = H2Persistence.recover(file(), passphrase == null ? null : passphrase.toCharArray())
                .block();

        assertThat(recovery.records()).isLessThan(written);
        assertThat(recovery.records()).as("a damaged part costs the rows in it").isGreaterThan(written * 9L / 10);
        assertThat(recovery.lost()).isNotEmpty().hasSizeLessThan(10).allMatch(loss -> loss.startsWith("Rows "));
        assertThat(recovery.damaged()).hasBinaryContent(bytes);
        H2Persistence after = open(passphrase == null ? H2Persistence.file(file()) : encrypted(passphrase));
        assertThat(ids(after)).hasSize((int) recovery.records());
        close(after);
        H2Persistence again = passphrase == null ? H2Persistence.file(file()) : encrypted(passphrase);
        opened.add(again);
        assertThat(again.open(SERVER).block().pending()).hasSize((int) recovery.pendingWrites());
    }

    @Test
    void whatIsNotOpenSaysSo() {
        assertThat(failureOf(keep(H2Persistence.file(file()), record("t1", "one"))))
                .isEqualTo(Reason.CLOSED);
        H2Persistence persistence = open();
        close(persistence);
        assertThat(failureOf(persistence.load("p1").next())).isEqualTo(Reason.CLOSED);
    }
}
