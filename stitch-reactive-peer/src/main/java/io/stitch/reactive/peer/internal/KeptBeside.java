package io.stitch.reactive.peer.internal;

import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.spi.Batch;
import io.stitch.reactive.spi.KnownPeer;
import io.stitch.reactive.spi.Tombstone;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Reads what is kept of a scope beside its records: its deletes, and who was heard in it. What the disk did not take yet is newer than what is read
 * from it, and what was forgotten while it was read stays forgotten. On the worker.
 */
final class KeptBeside {
    private final String scope;
    private final SyncContext context;
    private int forgettings;

    KeptBeside(String scope, SyncContext context) {
        this.scope = scope;
        this.context = context;
    }

    /** What is being read is forgotten. */
    void forget() {
        forgettings++;
    }

    /**
     * Reads the deletes. Cold.
     *
     * @param restore takes them, unless they were forgotten meanwhile
     */
    Mono<Void> deletes(Consumer<List<Tombstone>> restore) {
        return read(Flux.defer(() -> context.persistence().tombstones(scope)), KeptBeside::newest, restore);
    }

    /**
     * Reads who was heard. Cold.
     *
     * @param restore takes them, unless they were forgotten meanwhile
     */
    Mono<Void> peers(Consumer<List<KnownPeer>> restore) {
        return read(Flux.defer(() -> context.persistence().peers(scope)), KeptBeside::newestPeers, restore);
    }

    /** What becomes of what is on disk when a batch is written. */
    private interface Newest<T> {
        List<T> of(String scope, List<T> kept, Batch unwritten);
    }

    private <T> Mono<Void> read(Flux<T> kept, Newest<T> newest, Consumer<List<T>> restore) {
        return Mono.defer(() -> {
            int before = forgettings;
            return unwritten()
                    .flatMap(newer -> kept.collectList()
                            .publishOn(context.serial())
                            .doOnNext(read -> {
                                if (before == forgettings) {
                                    restore.accept(newest.of(scope, read, newer));
                                }
                            }))
                    .then();
        });
    }

    /** What the disk does not take, of which the journal has told: nothing, in general. */
    private Mono<Batch> unwritten() {
        return context.journal()
                .settled()
                .then(Mono.fromSupplier(Batch::new))
                .onErrorResume(
                        failure -> Mono.fromSupplier(() -> context.journal().unwritten()));
    }

    private static List<Tombstone> newest(String scope, List<Tombstone> kept, Batch unwritten) {
        List<Tombstone> newer = unwritten.keptTombstones().stream()
                .filter(tombstone -> tombstone.scope().equals(scope))
                .toList();
        Set<Batch.Place> changed = new HashSet<>(unwritten.removedTombstones());
        newer.forEach(tombstone -> changed.add(new Batch.Place(scope, tombstone.key())));
        List<Tombstone> all = new ArrayList<>(newer);
        kept.stream()
                .filter(tombstone ->
                        !unwritten.forgetsRecords() && !changed.contains(new Batch.Place(scope, tombstone.key())))
                .forEach(all::add);
        return all;
    }

    private static List<KnownPeer> newestPeers(String scope, List<KnownPeer> kept, Batch unwritten) {
        List<KnownPeer> newer = unwritten.keptPeers().stream()
                .filter(peer -> peer.scope().equals(scope))
                .toList();
        Set<Batch.Heard> changed = new HashSet<>(unwritten.removedPeers());
        newer.forEach(peer -> changed.add(new Batch.Heard(scope, peer.peer())));
        List<KnownPeer> all = new ArrayList<>(newer);
        kept.stream()
                .filter(peer -> !unwritten.forgetsRecords() && !changed.contains(new Batch.Heard(scope, peer.peer())))
                .forEach(all::add);
        return all;
    }
}
