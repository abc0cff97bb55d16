package io.stitch.samples.webflux;

import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchStore;
import io.stitch.server.SampleBoard;
import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerExtension;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.scheduler.VirtualTimeScheduler;

import java.time.Duration;

import static org.assertj.core.api.Assertions.assertThat;

@ExtendWith(StitchServerExtension.class)
class OpenScopesTest {
    private static final Duration LINGER = Duration.ofMinutes(1);

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private StitchStore store;
    private OpenScopes scopes;

    @BeforeEach
    void open(StitchServer server) {
        server.put("project", SampleBoard.project("p1", "Refit").toString());
        store = StitchStore.builder()
                .schema(Board.SCHEMA)
                .remote(RemoteOptions.to(server.url()))
                .build();
        store.start().then(store.connect()).block(RunningBoard.PATIENCE);
        scopes = new OpenScopes(store, LINGER, time);
    }

    @AfterEach
    void close() {
        store.close().block(RunningBoard.PATIENCE);
        time.dispose();
    }

    private record Viewer(Scope scope, Disposable leaving) {}

    private Viewer view() {
        Sinks.One<Scope> there = Sinks.one();
        Disposable leaving = scopes.watch("p1", scope -> Flux.just(scope).concatWith(Flux.never()))
                .subscribe(there::tryEmitValue);
        return new Viewer(there.asMono().block(RunningBoard.PATIENCE), leaving);
    }

    @Test
    void aScopeIsClosedAMinuteAfterItsLastViewer() {
        Viewer ada = view();
        Viewer ben = view();
        assertThat(ben.scope()).isSameAs(ada.scope());

        ada.leaving().dispose();
        time.advanceTimeBy(LINGER.multipliedBy(2));
        assertThat(ada.scope().isClosed()).isFalse();

        ben.leaving().dispose();
        time.advanceTimeBy(LINGER.minusMillis(1));
        assertThat(ada.scope().isClosed()).isFalse();
        time.advanceTimeBy(Duration.ofMillis(1));
        assertThat(ada.scope().isClosed()).isTrue();
        assertThat(scopes.count()).isZero();
    }

    @Test
    void whoComesWithinTheMinuteFindsTheScopeAndTheMinuteBeginsAnew() {
        Viewer ada = view();
        ada.leaving().dispose();
        time.advanceTimeBy(Duration.ofSeconds(59));
        Viewer ben = view();
        assertThat(ben.scope()).isSameAs(ada.scope());
        time.advanceTimeBy(Duration.ofSeconds(59));
        ben.leaving().dispose();
        time.advanceTimeBy(Duration.ofSeconds(59));
        assertThat(ada.scope().isClosed()).isFalse();
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(ada.scope().isClosed()).isTrue();
    }

    @Test
    void whoComesLaterGetsANewScope() {
        Viewer ada = view();
        ada.leaving().dispose();
        time.advanceTimeBy(LINGER);
        Viewer ben = view();
        assertThat(ben.scope()).isNotSameAs(ada.scope());
        assertThat(ben.scope().isClosed()).isFalse();
    }

    @Test
    void aRequestKeepsTheScopeForAMinuteToo() {
        assertThat(scopes.ask(
                                "p1",
                                scope -> Mono.just(scope.snapshot(Board.PROJECT).size()))
                        .block(RunningBoard.PATIENCE))
                .isEqualTo(1);
        assertThat(scopes.count()).isEqualTo(1);
        time.advanceTimeBy(LINGER);
        assertThat(scopes.count()).isZero();
    }
}
