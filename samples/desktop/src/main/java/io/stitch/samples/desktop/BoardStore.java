package io.stitch.samples.desktop;

import io.stitch.reactive.ServerSync;
import io.stitch.reactive.StitchStore;
import io.stitch.reactive.h2.H2Persistence;
import io.stitch.reactive.peer.PeerSync;
import io.stitch.samples.desktop.Board.Project;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A store in one mode, with the database file and the broker of that mode. A store keeps its mode for life, and so does its file: to
 * switch is to close one and to open another. Safe on any thread.
 */
final class BoardStore {
    private final Mode mode;
    private final StitchStore store;
    private final @Nullable PeerSync peers;

    private BoardStore(Mode mode, StitchStore store, @Nullable PeerSync peers) {
        this.mode = mode;
        this.store = store;
        this.peers = peers;
    }

    /**
     * Opens the store of a mode. Cold; what is on disk is there on completion, and connecting goes on behind it.
     *
     * @return the store; a {@link io.stitch.reactive.StitchException} that says what to do if it cannot be opened
     */
    static Mono<BoardStore> open(Mode mode, Place place) {
        return Mono.fromSupplier(() -> make(mode, place))
                .flatMap(made -> made.store
                        .start()
                        .thenReturn(made)
                        .onErrorResume(
                                error -> made.store.close().onErrorComplete().then(Mono.error(error))));
    }

    private static BoardStore make(Mode mode, Place place) {
        PeerSync peers = mode == Mode.PEERS
                // Others see what a board is called before they open it.
                ? PeerSync.builder().announceRoots("name").build()
                : null;
        StitchStore store = StitchStore.builder()
                .schema(Board.SCHEMA)
                .remote(place.remote().options())
                .syncMode(peers == null ? ServerSync.create() : peers)
                .persistence(H2Persistence.file(place.file()))
                .build();
        return new BoardStore(mode, store, peers);
    }

    Mode mode() {
        return mode;
    }

    StitchStore store() {
        return store;
    }

    /**
     * {@return the boards that there are, by name} Among peers, also those that others have open and this store has not got; the ones that
     * nobody says the name of come last.
     */
    Flux<List<Project>> boards() {
        Flux<List<Project>> roots = store.roots(Board.PROJECT);
        if (peers == null) {
            return roots.map(BoardStore::byName);
        }
        Flux<List<Project>> announced = peers.announcedRoots()
                .map(announcements -> announcements.stream()
                        .map(each -> new Project(each.id(), Objects.requireNonNullElse(each.name(), "")))
                        .toList());
        return LiveList.newestOfBoth(announced, roots, BoardStore::merged);
    }

    /** Of a board that is in both, the root is taken. */
    private static List<Project> merged(List<Project> announced, List<Project> roots) {
        Map<String, Project> all = new LinkedHashMap<>();
        announced.forEach(board -> all.put(board.id(), board));
        roots.forEach(board -> all.put(board.id(), board));
        return byName(List.copyOf(all.values()));
    }

    private static List<Project> byName(List<Project> boards) {
        return boards.stream()
                .sorted(Comparator.comparing((Project board) -> board.name().isBlank())
                        .thenComparing(Project::name, String.CASE_INSENSITIVE_ORDER)
                        .thenComparing(Project::id))
                .toList();
    }

    /** {@return how many other peers are at a board} Nobody says so in server mode. */
    Flux<Integer> others(String boardId) {
        return peers == null ? Flux.just(0) : peers.presence(boardId).map(List::size);
    }

    /** Ends the store. Cold. */
    Mono<Void> close() {
        return store.close();
    }
}
