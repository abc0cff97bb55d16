package io.stitch.reactive.h2;

import com.google.errorprone.annotations.CheckReturnValue;
import io.stitch.reactive.PersistenceException;
import io.stitch.reactive.StitchException;
import io.stitch.reactive.spi.Batch;
import io.stitch.reactive.spi.KnownPeer;
import io.stitch.reactive.spi.ListRequest;
import io.stitch.reactive.spi.OpenRequest;
import io.stitch.reactive.spi.Persistence;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import io.stitch.reactive.spi.Tombstone;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * Keeps a store in one H2 file, which survives {@code kill -9}: what was reported as kept is there again. For one store; make a
 * new one for the next.
 *
 * <p>Everything is cold and runs on two threads of its own, one that writes and one that reads; results come on them. A batch is
 * one transaction.
 */
public final class H2Persistence implements Persistence {
    private static final int FIRST_PAGE = 64;
    private static final int PAGE = 1_000;
    private static final Duration FILLED_AGAIN = Duration.ofSeconds(30);

    private final Path file;
    private final @Nullable Passphrase key;
    private final Database database;
    private final Records records = new Records();
    private final Worker writer = new Worker("stitch-h2-write");
    private final Worker reader = new Worker("stitch-h2-read");

    private H2Persistence(Builder builder) {
        this.file = builder.file;
        this.key = builder.key;
        this.database = new Database(builder.file, builder.fileSystem, builder.schema, builder.key);
    }

    /**
     * Keeps a store in a file that is not encrypted.
     *
     * @param file the file without its ending: {@code tasks} becomes {@code tasks.mv.db}, with {@code tasks.lock} beside it
     * @return the persistence; nothing is opened before the store starts
     */
    public static H2Persistence file(Path file) {
        return builder(file).build();
    }

    /**
     * Begins to say how a store is kept.
     *
     * @param file the file without its ending
     * @return a builder
     */
    public static Builder builder(Path file) {
        return new Builder(file);
    }

    /** Builds an {@link H2Persistence}. */
    public static final class Builder {
        private final Path file;
        private String fileSystem = Database.OWNER_ONLY;
        private Schema schema = Schema.CURRENT;
        private @Nullable Passphrase key;

        private Builder(Path file) {
            this.file = Database.checked(file);
        }

        /**
         * Encrypts the file (AES). There is no way back to a database whose passphrase is lost.
         *
         * @param passphrase the passphrase, not empty; it is wiped before this method returns
         * @return this builder
         */
        public Builder passphrase(char[] passphrase) {
            this.key = taken(passphrase);
            return this;
        }

        /** For tests: another file system of H2's. */
        Builder fileSystem(String prefix) {
            this.fileSystem = prefix;
            return this;
        }

        /** For tests: another version. */
        Builder schema(Schema other) {
            this.schema = other;
            return this;
        }

        /**
         * {@return the persistence} Nothing is opened before the store starts.
         */
        public H2Persistence build() {
            return new H2Persistence(this);
        }
    }

    static Passphrase taken(char[] passphrase) {
        if (passphrase.length == 0) {
            throw new IllegalArgumentException(
                    "The passphrase is empty. Give one, or none at all for a file that is not encrypted.");
        }
        try {
            return Passphrase.of(passphrase);
        } finally {
            Arrays.fill(passphrase, '\0');
        }
    }

    @Override
    @CheckReturnValue
    public Mono<Opened> open(OpenRequest request) {
        return on(file, writer, () -> {
                    database.open();
                    try {
                        return database.write(connection -> {
                            request.requireSameMode(Tables.fact(connection, SYNC_MODE));
                            records.open(connection, request);
                            Tables.applyFacts(connection, Map.of(SYNC_MODE, request.mode()));
                            return Tables.opened(connection, records.rows());
                        });
                    } catch (StitchException e) {
                        database.close();
                        throw e;
                    }
                })
                .doOnSuccess(opened -> fillIndexes(Duration.ZERO));
    }

    /** Between batches, part by part. What cannot be written now is tried again: whoever keeps a batch reports the same trouble. */
    private void fillIndexes(Duration delay) {
        if (!records.needFilling() || writer.hasEnded()) {
            return;
        }
        Mono<Void> part = on(
                        file,
                        writer,
                        () -> database.write(connection -> {
                            records.fillSome(connection);
                            return true;
                        }))
                .then();
        Mono.delay(delay, writer.scheduler())
                .then(part)
                .subscribe(unused -> {}, this::fillAgain, () -> fillIndexes(Duration.ZERO));
    }

    private void fillAgain(Throwable failure) {
        boolean closed =
                failure instanceof PersistenceException known && known.reason() == PersistenceException.Reason.CLOSED;
        if (!closed) {
            fillIndexes(FILLED_AGAIN);
        }
    }

    @Override
    @CheckReturnValue
    public Mono<Void> apply(Batch batch) {
        return on(
                        file,
                        writer,
                        () -> database.write(connection -> {
                            records.apply(connection, batch);
                            Tables.apply(connection, batch);
                            return true;
                        }))
                .then();
    }

    @Override
    @CheckReturnValue
    public Flux<StoredRecord> load(String scope) {
        return page(scope, null, FIRST_PAGE)
                .expand(page -> page.isEmpty()
                        ? Mono.empty()
                        : page(scope, page.get(page.size() - 1).key(), PAGE))
                .concatMapIterable(page -> page, 1);
    }

    private Mono<List<StoredRecord>> page(String scope, @Nullable RecordKey after, int limit) {
        return on(
                file, reader, () -> database.read(connection -> records.rows().page(connection, scope, after, limit)));
    }

    @Override
    @CheckReturnValue
    public Flux<StoredRecord> find(Collection<RecordKey> keys) {
        return Flux.fromIterable(keys)
                .buffer(PAGE)
                .concatMap(
                        some -> on(
                                file,
                                reader,
                                () -> database.read(connection -> records.rows().find(connection, some))),
                        1)
                .concatMapIterable(found -> found, 1);
    }

    @Override
    @CheckReturnValue
    public Flux<StoredRecord> list(ListRequest request) {
        return on(file, reader, () -> database.read(connection -> records.list(connection, request)))
                .flatMapIterable(found -> found);
    }

    @Override
    @CheckReturnValue
    public Flux<Tombstone> tombstones(String scope) {
        return on(file, reader, () -> database.read(connection -> Tables.tombstones(connection, scope, records.rows())))
                .flatMapIterable(found -> found);
    }

    @Override
    @CheckReturnValue
    public Flux<KnownPeer> peers(String scope) {
        return on(file, reader, () -> database.read(connection -> Tables.peers(connection, scope)))
                .flatMapIterable(found -> found);
    }

    @Override
    @CheckReturnValue
    public Mono<Integer> pruneTombstones(long deletedBefore, long heardSince) {
        return on(
                file,
                writer,
                () -> database.write(connection -> Tables.pruneTombstones(connection, deletedBefore, heardSince)));
    }

    @Override
    @CheckReturnValue
    public Mono<Void> clear() {
        return Mono.defer(() -> writer.hasEnded()
                        ? on(file, Schedulers.boundedElastic()::schedule, () -> {
                            database.delete();
                            return true;
                        })
                        : on(file, writer, () -> {
                            database.open();
                            database.recreate();
                            records.forget();
                            return true;
                        }))
                .then();
    }

    @Override
    @CheckReturnValue
    public Mono<Void> close() {
        return Mono.defer(() -> writer.hasEnded() ? Mono.<Void>empty() : closing());
    }

    private Mono<Void> closing() {
        return on(file, writer, () -> {
                    database.close();
                    if (key != null) {
                        key.wipe();
                    }
                    return true;
                })
                .then()
                .doFinally(signal -> {
                    reader.end();
                    writer.end();
                });
    }

    /**
     * Copies the database, while the store goes on, into a zip that holds the file as it is on disk; an encrypted one stays
     * encrypted. To go back, unpack it in the place of the file while no store has it open.
     *
     * @param zip the zip to write; it appears when it is whole, and replaces what was there
     * @return completes when it is written; a {@link PersistenceException} if it could not be, or the store is not started
     */
    @CheckReturnValue
    public Mono<Void> backup(Path zip) {
        return on(file, Schedulers.boundedElastic()::schedule, () -> {
                    Maintenance.backup(database, zip);
                    return true;
                })
                .then();
    }

    /**
     * Encrypts a database anew, with another passphrase or none, while no store has it open. It is changed as a whole or not at
     * all. Both passphrases are wiped before this method returns. Cold.
     *
     * @param file the file without its ending
     * @param before its passphrase, or {@code null} if it is not encrypted
     * @param after the passphrase that it gets, or {@code null} for none
     * @return completes when the new passphrase holds; a {@link PersistenceException} if the one before is wrong
     */
    @CheckReturnValue
    public static Mono<Void> changePassphrase(Path file, char @Nullable [] before, char @Nullable [] after) {
        Passphrase from = before == null ? null : taken(before);
        Passphrase to = after == null ? null : taken(after);
        Path absolute = Database.checked(file);
        return on(absolute, Schedulers.boundedElastic()::schedule, () -> {
                    Maintenance.changePassphrase(absolute, from, to);
                    return true;
                })
                .then();
    }

    /**
     * Saves what can be read of a damaged database into a new file in its place, while no store has it open. The damaged file is
     * kept beside it. Cold.
     *
     * @param file the file without its ending
     * @param passphrase its passphrase, or {@code null} if it is not encrypted; wiped before this method returns. A wrong one saves
     *     nothing and reports that
     * @return what was saved and what was lost; a {@link PersistenceException} if nothing could be done
     */
    @CheckReturnValue
    public static Mono<Recovery> recover(Path file, char @Nullable [] passphrase) {
        Passphrase key = passphrase == null ? null : taken(passphrase);
        Path absolute = Database.checked(file);
        return on(absolute, Schedulers.boundedElastic()::schedule, () -> new Salvage(absolute, key).run());
    }

    /** Names the file and nothing else. */
    @Override
    public String toString() {
        return "H2Persistence[" + file + (key == null ? "]" : ", encrypted]");
    }

    /**
     * Runs blocking work on a worker. Cancelling does not interrupt it: H2 loses the file when its thread is interrupted.
     */
    private static <T> Mono<T> on(Path file, Executor worker, Callable<T> task) {
        return Mono.create(sink -> {
            try {
                worker.execute(() -> {
                    try {
                        sink.success(task.call());
                    } catch (Exception e) {
                        sink.error(Failures.of(file, e));
                    } catch (Error e) { // Of the JVM: whoever waits must hear of it.
                        sink.error(e);
                    }
                });
            } catch (RejectedExecutionException e) {
                sink.error(new PersistenceException(
                        PersistenceException.Reason.CLOSED,
                        "The database %s is closed, or too many tasks wait for it already.".formatted(file),
                        e));
            }
        });
    }
}
