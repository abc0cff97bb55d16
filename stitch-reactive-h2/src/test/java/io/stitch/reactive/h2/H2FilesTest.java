package io.stitch.reactive.h2;

import io.stitch.reactive.PersistenceException;
import io.stitch.reactive.PersistenceException.Reason;
import io.stitch.reactive.WriteKind;
import io.stitch.reactive.spi.Batch;
import io.stitch.reactive.spi.KeptEntity;
import io.stitch.reactive.spi.OpenRequest;
import io.stitch.reactive.spi.PendingWrite;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.h2.api.Trigger;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.WriteBuffer;
import org.h2.mvstore.type.BasicDataType;
import org.h2.mvstore.type.DataType;
import org.h2.mvstore.type.MetaType;
import org.h2.mvstore.type.StringDataType;
import org.h2.tools.ChangeFileEncryption;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Files that somebody else made, named or looks at. */
class H2FilesTest {
    private static final OpenRequest SERVER =
            new OpenRequest("server", Map.of("task", new KeptEntity("projectId", Set.of("title"))));
    private static final String SECRET = "correct horse";
    private static final int DAMAGES = Integer.getInteger("damages", 20);

    /** What ran that should not have. */
    private static final List<String> RAN = new ArrayList<>();

    @TempDir
    Path folder;

    private final List<H2Persistence> opened = new ArrayList<>();

    /** Somebody's trigger. */
    public static final class Foreign implements Trigger {
        static {
            RAN.add("class");
        }

        /** For H2. */
        public Foreign() {
            RAN.add("made");
        }

        @Override
        public void fire(Connection connection, Object @Nullable [] before, Object @Nullable [] after) {
            RAN.add("fired");
        }
    }

    /** Somebody's way to read a map. */
    public static final class ForeignType extends BasicDataType<String> {
        /** For H2. */
        public ForeignType() {
            RAN.add("type");
        }

        @Override
        public int getMemory(String value) {
            return 1;
        }

        @Override
        public void write(WriteBuffer buffer, String value) {
            throw new UnsupportedOperationException();
        }

        @Override
        public String read(ByteBuffer buffer) {
            throw new UnsupportedOperationException();
        }

        @Override
        public String[] createStorage(int size) {
            return new String[size];
        }
    }

    /** Somebody's function. */
    public static int run() {
        RAN.add("called");
        return 1;
    }

    @BeforeEach
    void nothingRan() {
        RAN.clear();
    }

    @AfterEach
    void closeAll() {
        opened.forEach(each -> each.close().onErrorComplete().block());
    }

    private Path file() {
        return folder.resolve("tasks");
    }

    private H2Persistence persistence(boolean encrypted) {
        H2Persistence.Builder builder = H2Persistence.builder(file());
        H2Persistence made = (encrypted ? builder.passphrase(SECRET.toCharArray()) : builder).build();
        opened.add(made);
        return made;
    }

    private static void keep(H2Persistence persistence, int size) {
        Batch batch = new Batch();
        batch.put(new StoredRecord(
                new RecordKey("task", "t1"),
                "p1",
                1,
                "{\"id\":\"t1\",\"projectId\":\"p1\",\"title\":\"%s\"}"
                        .formatted("a".repeat(size))
                        .getBytes(StandardCharsets.UTF_8)));
        batch.put(PendingWrite.of(
                1,
                new RecordKey("task", "t1"),
                "p1",
                WriteKind.CREATE,
                "{\"text\":\"%s\"}".formatted("b".repeat(size)).getBytes(StandardCharsets.UTF_8),
                "ada"));
        persistence.apply(batch).block();
    }

    private static List<String> ids(H2Persistence persistence) {
        return persistence.load("p1").map(StoredRecord::id).collectList().block();
    }

    private void fill(boolean encrypted) {
        H2Persistence persistence = persistence(encrypted);
        persistence.open(SERVER).block();
        keep(persistence, 10);
        persistence.close().block();
    }

    // ---- names ----

    static Stream<String> namesThatAreNone() {
        return Stream.of(
                "tasks;INIT=CREATE TABLE OWNED(X INT)",
                "sub;INIT=RUNSCRIPT FROM 'x.sql'/tasks",
                "a\\b",
                "new\nline",
                "nul\u0001");
    }

    @ParameterizedTest
    @MethodSource("namesThatAreNone")
    void aNameThatIsMoreThanAPathIsRefusedEverywhere(String name) {
        Path path = folder.resolve(name);

        assertThatIllegalArgumentException().isThrownBy(() -> H2Persistence.file(path));
        assertThatIllegalArgumentException().isThrownBy(() -> H2Persistence.builder(path));
        char[] before = SECRET.toCharArray();
        char[] after = SECRET.toCharArray();
        assertThatIllegalArgumentException().isThrownBy(() -> H2Persistence.changePassphrase(path, before, after));
        assertThatIllegalArgumentException().isThrownBy(() -> H2Persistence.recover(path, null));
        assertThat(before).as("wiped all the same").containsOnly('\0');
        assertThat(after).containsOnly('\0');
        assertThat(folder).isEmptyDirectory();
    }

    // ---- what is in it ----

    static Stream<List<String>> foreignThings() {
        String foreign = "io.stitch.reactive.h2.H2FilesTest";
        return Stream.of(
                List.of("CREATE TRIGGER T BEFORE INSERT ON RECORD FOR EACH ROW CALL \"" + foreign + "$Foreign\""),
                List.of("CREATE TRIGGER T AFTER SELECT ON FACT CALL \"" + foreign + "$Foreign\""),
                List.of("CREATE ALIAS RUN FOR \"" + foreign + ".run\""),
                List.of("CREATE ALIAS RUN AS 'int run() { return 1; }'"),
                List.of("CREATE ALIAS RUN FOR \"" + foreign + ".run\"", "CREATE TABLE OTHER (X INT DEFAULT RUN())"),
                List.of("DROP ALIAS JSON_MATCHES", "CREATE ALIAS JSON_MATCHES FOR \"" + foreign + ".run\""),
                List.of("ALTER TABLE FACT ADD COLUMN X INT GENERATED ALWAYS AS (1 + 1)"),
                List.of("ALTER TABLE FACT ADD CHECK (LENGTH(NAME) > 0)"),
                List.of("CREATE VIEW V AS SELECT * FROM FACT"),
                List.of("CREATE LINKED TABLE L ('', 'jdbc:h2:mem:other', 'sa', '', '(SELECT 1)')"),
                List.of("CREATE SEQUENCE S"),
                List.of("CREATE DOMAIN D AS INT"),
                List.of("CREATE CONSTANT C VALUE 1"),
                List.of("CREATE SCHEMA S2"),
                List.of("CREATE USER EVE PASSWORD 'x' ADMIN"),
                List.of("CREATE TABLE CUSTOMERS (ID INT PRIMARY KEY, NAME VARCHAR)"));
    }

    /** For each of these some version of H2 runs code when the file is opened, or when the store does its work on it. */
    @ParameterizedTest
    @MethodSource("foreignThings")
    void aFileWithSomethingForeignInItIsRefusedBeforeAnythingOfItRuns(List<String> statements)
            throws SQLException, IOException {
        fill(false);
        execute(statements);
        RAN.clear();
        byte[] bytes = Files.readAllBytes(folder.resolve("tasks.mv.db"));

        for (Mono<?> use : List.of(
                persistence(false).open(SERVER), H2Persistence.changePassphrase(file(), null, SECRET.toCharArray()))) {
            assertThatThrownBy(use::block)
                    .isInstanceOfSatisfying(
                            PersistenceException.class,
                            failure -> assertThat(failure.reason()).isEqualTo(Reason.FOREIGN))
                    .hasMessageContaining("nothing was changed");
        }
        assertThat(RAN).isEmpty();
        assertThat(folder.resolve("tasks.mv.db")).hasBinaryContent(bytes);
    }

    @Test
    void anotherProgramsDatabaseIsNotEmptied() throws SQLException, IOException {
        execute(List.of("CREATE TABLE CUSTOMERS (ID INT PRIMARY KEY)", "INSERT INTO CUSTOMERS VALUES (7)"));
        byte[] bytes = Files.readAllBytes(folder.resolve("tasks.mv.db"));

        assertThatThrownBy(() -> persistence(false).open(SERVER).block())
                .isInstanceOfSatisfying(
                        PersistenceException.class,
                        failure -> assertThat(failure.reason()).isEqualTo(Reason.FOREIGN));
        assertThat(folder.resolve("tasks.mv.db")).hasBinaryContent(bytes);
    }

    @Test
    void recoveryRunsNothingOfTheFile() throws SQLException {
        fill(false);
        execute(List.of(
                "CREATE TRIGGER T BEFORE INSERT ON RECORD FOR EACH ROW CALL \"io.stitch.reactive.h2.H2FilesTest$Foreign\"",
                "CREATE TRIGGER T2 AFTER SELECT ON RECORD CALL \"io.stitch.reactive.h2.H2FilesTest$Foreign\"",
                "CREATE TABLE CUSTOMERS (ID INT PRIMARY KEY)"));
        RAN.clear();

        Recovery recovery = H2Persistence.recover(file(), null).block();

        assertThat(RAN).isEmpty();
        assertThat(recovery.records()).isEqualTo(1);
        assertThat(recovery.pendingWrites()).isEqualTo(1);
        H2Persistence after = persistence(false);
        assertThat(after.open(SERVER).block().pending()).hasSize(1);
        assertThat(ids(after)).containsExactly("t1");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void recoverySavesWhatLiesBesideItsTable(boolean encrypted) {
        H2Persistence persistence = persistence(encrypted);
        persistence.open(SERVER).block();
        keep(persistence, 2 * 1024 * 1024);
        byte[] record = persistence.load("p1").blockFirst().json();
        persistence.close().block();

        Recovery recovery = H2Persistence.recover(file(), encrypted ? SECRET.toCharArray() : null)
                .block();

        assertThat(recovery.lost()).isEmpty();
        H2Persistence after = persistence(encrypted);
        assertThat(after.open(SERVER).block().pending().get(0).payload()).hasSize(2 * 1024 * 1024 + 11);
        assertThat(after.load("p1").blockFirst().json()).isEqualTo(record);
    }

    /** A map says by the names of classes how it is read, and H2 makes an object of each. */
    @Test
    void aFileThatNamesAForeignClassIsRefused() {
        fill(false);
        try (MVStore store = MVStore.open(folder.resolve("tasks.mv.db").toString())) {
            store.openMap(
                            "_",
                            new MVMap.Builder<String, DataType<?>>()
                                    .keyType(StringDataType.INSTANCE)
                                    .valueType(new MetaType<>(null, null)))
                    .put("foreign", new ForeignType());
        }
        RAN.clear();

        assertThatThrownBy(() -> persistence(false).open(SERVER).block())
                .isInstanceOfSatisfying(
                        PersistenceException.class,
                        failure -> assertThat(failure.reason()).isEqualTo(Reason.FOREIGN))
                .hasMessageContaining("ForeignType");
        assertThat(RAN).isEmpty();
    }

    /** Whatever became of a file, it is opened or refused, and so is what recovery makes of it. */
    @Test
    void damageOfAnyKindIsRefusedOrReadButNothingElse() throws IOException {
        fill(false);
        Path data = folder.resolve("tasks.mv.db");
        byte[] whole = Files.readAllBytes(data);
        for (int seed = 0; seed < DAMAGES; seed++) {
            Random random = new Random(seed);
            byte[] damaged = whole.clone();
            int from = random.nextInt(damaged.length);
            for (int i = 0; i < 1 + random.nextInt(40); i++) {
                int at = random.nextBoolean() ? random.nextInt(damaged.length) : Math.min(from + i, damaged.length - 1);
                damaged[at] = (byte) random.nextInt(256);
            }
            Files.write(data, random.nextInt(10) == 0 ? Arrays.copyOf(damaged, from) : damaged);

            H2Persistence persistence = H2Persistence.file(file());
            assertOpenedOrRefused(
                    seed,
                    persistence.open(SERVER).thenMany(persistence.load("p1")).then());
            assertOpenedOrRefused(seed, persistence.close());
            assertOpenedOrRefused(seed, H2Persistence.recover(file(), null).then());
        }
    }

    private static void assertOpenedOrRefused(int seed, Mono<Void> action) {
        StepVerifier.create(action.onErrorResume(PersistenceException.class, refused -> Mono.empty())
                        // H2 takes a length that is damaged for true, and asks for so much memory.
                        .onErrorResume(OutOfMemoryError.class, told -> Mono.empty()))
                .as("seed " + seed)
                .expectComplete()
                .verify(Duration.ofSeconds(60));
    }

    private void execute(List<String> statements) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:h2:file:" + file(), "stitch", "");
                Statement statement = connection.createStatement()) {
            for (String each : statements) {
                statement.execute(each);
            }
        }
    }

    // ---- who may read it ----

    private void assertOwnerOnly(String... names) throws IOException {
        for (String name : names) {
            assertThat(PosixFilePermissions.toString(
                            Files.getPosixFilePermissions(folder.resolve(name), LinkOption.NOFOLLOW_LINKS)))
                    .as(name)
                    .isEqualTo("rw-------");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void everyFileIsItsOwnersAloneWhateverIsDoneToIt(boolean encrypted) throws IOException {
        char[] secret = encrypted ? SECRET.toCharArray() : null;
        H2Persistence persistence = persistence(encrypted);
        persistence.open(SERVER).block();
        assertOwnerOnly("tasks.mv.db", "tasks.lock");
        keep(persistence, 2 * 1024 * 1024);
        persistence.backup(folder.resolve("backup.zip")).block();
        assertOwnerOnly("tasks.mv.db", "tasks.lock", "backup.zip");
        persistence.close().block();
        assertOwnerOnly("tasks.mv.db");

        H2Persistence.recover(file(), secret).block();
        assertOwnerOnly("tasks.mv.db", "tasks.mv.db.damaged");
        H2Persistence.changePassphrase(
                        file(), encrypted ? SECRET.toCharArray() : null, encrypted ? null : SECRET.toCharArray())
                .block();
        assertOwnerOnly("tasks.mv.db");
        H2Persistence after = persistence(!encrypted);
        after.open(SERVER).block();
        after.clear().block();
        after.close().block();
        assertOwnerOnly("tasks.mv.db", "tasks.lock");
    }

    @Test
    void whatOthersMayReadOfAnOlderVersionTheyMayNotAfterwards() throws IOException {
        fill(false);
        for (String name : List.of("tasks.mv.db", "tasks.lock")) {
            Files.setPosixFilePermissions(folder.resolve(name), PosixFilePermissions.fromString("rw-r--r--"));
        }

        persistence(false).open(SERVER).block();

        assertOwnerOnly("tasks.mv.db", "tasks.lock");
    }

    @Test
    void theLockEmptiesNoFileThatALinkNames() throws IOException {
        Path precious = Files.writeString(folder.resolve("precious"), "keep me");
        Files.createSymbolicLink(folder.resolve("tasks.lock"), precious);

        assertThatThrownBy(() -> persistence(false).open(SERVER).block()).isInstanceOf(PersistenceException.class);

        assertThat(precious).hasContent("keep me");
    }

    @Test
    void aBackupWritesIntoNoFileThatALinkNames() throws IOException {
        Path precious = Files.writeString(folder.resolve("precious"), "keep me");
        Files.createSymbolicLink(folder.resolve("backup.zip.part"), precious);
        H2Persistence persistence = persistence(false);
        persistence.open(SERVER).block();

        persistence.backup(folder.resolve("backup.zip")).block();

        assertThat(precious).hasContent("keep me");
    }

    // ---- salts ----

    private byte[] salt() throws IOException {
        return EncryptedHeader.saltOf(folder.resolve("tasks.mv.db"));
    }

    /** What is found out about one passphrase is worth nothing for another file. */
    @Test
    void eachFileHasASaltOfItsOwnWhichItKeepsUntilItsPassphraseChanges() throws IOException {
        fill(true);
        byte[] first = salt();
        H2Persistence again = persistence(true);
        again.open(SERVER).block();
        assertThat(ids(again)).containsExactly("t1");
        again.close().block();
        assertThat(salt()).as("kept over two compactions").isEqualTo(first).hasSize(16);

        H2Persistence.changePassphrase(file(), SECRET.toCharArray(), SECRET.toCharArray())
                .block();
        assertThat(salt()).hasSize(16).isNotEqualTo(first);
        H2Persistence changed = persistence(true);
        changed.open(SERVER).block();
        assertThat(ids(changed)).containsExactly("t1");
        changed.close().block();
        byte[] second = salt();
        H2Persistence.recover(file(), SECRET.toCharArray()).block();
        assertThat(salt()).hasSize(16).isNotEqualTo(second);
    }

    @Test
    void aFileOfAnOlderVersionIsOpenedWithTheSaltThatAllHad() throws Exception {
        fill(false);
        PBEKeySpec old = new PBEKeySpec(
                SECRET.toCharArray(), "io.stitch.reactive.h2".getBytes(StandardCharsets.US_ASCII), 100_000, 256);
        String key = HexFormat.of()
                .formatHex(SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
                        .generateSecret(old)
                        .getEncoded());
        ChangeFileEncryption.execute(folder.toString(), "tasks", "AES", null, key.toCharArray(), true);

        H2Persistence persistence = persistence(true);
        persistence.open(SERVER).block();
        assertThat(ids(persistence)).containsExactly("t1");
        persistence.close().block();
        H2Persistence.changePassphrase(file(), SECRET.toCharArray(), SECRET.toCharArray())
                .block();
        assertThat(salt()).hasSize(16);
    }

    @Test
    void aFileWhoseFirstBlockIsNotWholeIsBegunAgain() throws IOException {
        Files.write(folder.resolve("tasks.mv.db"), "H2encrypt\n123".getBytes(StandardCharsets.US_ASCII));

        fill(true);

        H2Persistence again = persistence(true);
        again.open(SERVER).block();
        assertThat(ids(again)).containsExactly("t1");
    }

    @Test
    void whatFailsLeavesNoTraceInPlainText() throws IOException {
        Files.writeString(folder.resolve("tasks.trace.db"), "INSERT INTO RECORD VALUES ('of an older version')");
        H2Persistence persistence = persistence(true);
        persistence.open(SERVER).block();
        // H2 reports what fails.
        assertThatThrownBy(() -> persistence
                        .backup(folder.resolve("missing").resolve("backup.zip"))
                        .block())
                .isInstanceOf(PersistenceException.class);
        persistence.close().block();
        assertThatThrownBy(() -> H2Persistence.builder(file())
                        .passphrase("wrong".toCharArray())
                        .build()
                        .open(SERVER)
                        .block())
                .isInstanceOf(PersistenceException.class);

        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files.map(each -> each.getFileName().toString()))
                    .containsExactlyInAnyOrder("tasks.mv.db", "tasks.lock");
        }
    }
}
