package io.stitch.samples.quickstart;

import io.stitch.reactive.EntityType;
import io.stitch.reactive.Patch;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchStore;
import io.stitch.reactive.peer.PeerSync;
import io.stitch.samples.quickstart.Board.Note;
import io.stitch.samples.quickstart.Board.Status;
import io.stitch.server.PlainBroker;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * The same board with no server: three peers on a broker that knows nothing of records. The network is cut so that each works alone, and
 * what they did comes together when it is whole again. Two edits of one task, each of another field, both stay, on all three.
 */
final class ThreePeers {
    private final Client ada;
    private final Client ben;
    private final Client cleo;
    private final Narrator narrator;
    private final Duration patience;

    private ThreePeers(String url, Narrator narrator, Duration patience) {
        this.ada = peer("ada", url, patience);
        this.ben = peer("ben", url, patience);
        this.cleo = peer("cleo", url, patience);
        this.narrator = narrator;
        this.patience = patience;
    }

    /** What makes a store a peer is one line. */
    private static Client peer(String name, String url, Duration patience) {
        StitchStore store = StitchStore.builder()
                .schema(Board.SCHEMA)
                .remote(RemoteOptions.to(url))
                .clientId(name)
                .syncMode(PeerSync.create())
                .build();
        return new Client(name, store, patience);
    }

    /** Plays it; blocks until it is over. */
    static void perform(Narrator narrator, Duration patience) {
        narrator.heading("NO SERVER, THREE PEERS");
        try (PlainBroker broker = PlainBroker.start()) {
            Mono.usingWhen(
                            Mono.fromSupplier(() -> new ThreePeers(broker.url(), narrator, patience)),
                            ThreePeers::play,
                            ThreePeers::close)
                    .block();
        }
    }

    private Mono<Void> play() {
        return Mono.when(ada.connect(), ben.connect(), cleo.connect())
                .then(Mono.fromRunnable(() ->
                        narrator.remark("ada, ben and cleo are connected to a broker, and nobody owns the truth")))
                .then(act("Ada fills the board, and the others have it from her", this::fill))
                .then(act("The network is cut: ada and ben are each alone", this::apart))
                .then(act(
                        "The network is whole again, for ada first, and each sees what the others did", this::together))
                .then(act("All three hold the same", this::agree));
    }

    private Mono<Void> act(String title, java.util.function.Supplier<Mono<Void>> play) {
        return Mono.defer(() -> {
                    narrator.heading(title);
                    return play.get();
                })
                .timeout(
                        patience,
                        Mono.error(() ->
                                new IllegalStateException("'%s' was not over after %d ms; ada %s, ben %s, cleo %s."
                                        .formatted(
                                                title, patience.toMillis(), counts(ada), counts(ben), counts(cleo)))));
    }

    private static Map<?, ?> counts(Client client) {
        return client.store().diagnosticCounts();
    }

    /** Ben comes to an empty scope and hears each write; Cleo comes later and asks for what is there. */
    private Mono<Void> fill() {
        return Mono.defer(() -> {
            Scope board = ada.scope();
            ben.scope();
            Flux<?> children = Flux.merge(
                    Flux.fromIterable(ApolloRefit.tasks()).flatMap(task -> board.create(Board.TASK, task)),
                    Flux.fromIterable(ApolloRefit.notes()).flatMap(note -> board.create(Board.NOTE, note)));
            return board.create(Board.PROJECT, ApolloRefit.project())
                    .thenMany(children)
                    .then(Mono.fromRunnable(() -> narrator.event(
                            "ada  has written %d records; the broker took each".formatted(ApolloRefit.SIZE))))
                    .then(ben.arrivals().count())
                    .doOnNext(count -> narrator.event("ben  heard %d of them as they came".formatted(count)))
                    .then(Mono.fromSupplier(() -> narrator.timed(
                            "cleo: replaceScope(\"%s\")".formatted(ApolloRefit.ID),
                            () -> cleo.store().replaceScope(ApolloRefit.ID))))
                    .then(cleo.arrivals().count())
                    .doOnNext(count -> narrator.event("cleo said hello and was sent %d".formatted(count)))
                    .then();
        });
    }

    private Mono<Void> apart() {
        return Mono.when(ada.store().disconnect(), ben.store().disconnect())
                .thenMany(Flux.defer(() -> Flux.concat(
                        Edit.perform("ada", editsOfAda(ada.scope()), narrator),
                        Edit.perform("ben", editsOfBen(ben.scope()), narrator),
                        Edit.perform("cleo", editsOfCleo(cleo.scope()), narrator))))
                .then(Mono.fromRunnable(
                        () -> narrator.event("nobody was asked, nobody had to wait, and the three boards differ")));
    }

    private static List<Edit> editsOfAda(Scope scope) {
        return List.of(
                new Edit(
                        "update   task/t-130: done",
                        scope.update(Board.TASK, "t-130", Patch.of("status", Status.DONE))),
                new Edit(
                        "create   note/n-41",
                        scope.create(
                                Board.NOTE, new Note("n-41", ApolloRefit.ID, "Ada", "The museum lends us its pump."))));
    }

    /** The same task as Ada, and another field of it. */
    private static List<Edit> editsOfBen(Scope scope) {
        return List.of(
                new Edit(
                        "update   task/t-130: Mara takes over",
                        scope.update(Board.TASK, "t-130", Patch.of("assignee", "Mara"))),
                new Edit("delete   note/n-07", scope.delete(Board.NOTE, "n-07")));
    }

    private static List<Edit> editsOfCleo(Scope scope) {
        return List.of(new Edit(
                "update   task/t-152: Ravi takes over",
                scope.update(Board.TASK, "t-152", Patch.of("assignee", "Ravi"))));
    }

    /** Ada's edits come to Cleo alone; then Ben's come to both, and hers to him: their edits of one task both stay. */
    private Mono<Void> together() {
        return sees(ada, 1, sees(cleo, 2, connects(ada)))
                .then(sees(ada, 2, sees(cleo, 2, sees(ben, 3, connects(ben)))));
    }

    private Mono<Void> connects(Client client) {
        return Mono.defer(() -> {
            narrator.event(client.name() + "  is connected again");
            return client.store().connect();
        });
    }

    /** Begins something when a client is listening, and ends when it has seen so many changes. */
    private Mono<Void> sees(Client client, int changes, Mono<Void> beginning) {
        return client.scope()
                .events()
                .publish(events -> Mono.when(
                        Watching.changes(events)
                                .take(changes)
                                .doOnNext(line -> narrator.event("%-4s sees  %s".formatted(client.name(), line))),
                        events.next().then(beginning)))
                .then();
    }

    private Mono<Void> agree() {
        return Flux.just(Board.PROJECT, Board.TASK, Board.NOTE)
                .concatMap(type -> untilEqual(type)
                        .doOnNext(size -> narrator.remark("%-8s ada %3d   ben %3d   cleo %3d   the same"
                                .formatted(type.name(), size, size, size))))
                .then();
    }

    private Mono<Integer> untilEqual(EntityType<?> type) {
        return Flux.combineLatest(
                        ada.scope().records(type),
                        ben.scope().records(type),
                        cleo.scope().records(type),
                        List::<Object>of)
                .filter(boards -> boards.stream().distinct().count() == 1)
                .next()
                .map(same -> ada.scope().childCount(type));
    }

    private Mono<Void> close() {
        return Mono.when(ada.store().close(), ben.store().close(), cleo.store().close());
    }
}
