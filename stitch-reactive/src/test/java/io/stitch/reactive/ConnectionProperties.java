package io.stitch.reactive;

import io.stitch.reactive.ConnectionStatus.Status;
import io.stitch.reactive.spi.TransportException;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

/** Whatever an application and a broker do, and in whatever order. */
class ConnectionProperties {
    enum Action {
        START,
        CONNECT,
        DISCONNECT,
        RECONNECT,
        LOGOUT,
        BROKER_ENDS,
        NEXT_ATTEMPT_FAILS,
        NEXT_LOGIN_IS_REFUSED
    }

    @Property(tries = 500)
    void theLastWordOfTheApplicationHoldsAndNoConnectionIsLeftBehind(
            @ForAll @Size(max = 30) List<Action> actions,
            @ForAll @Size(value = 30) List<@IntRange(max = 3_000) Integer> millisAfter) {
        List<Throwable> dropped = new ArrayList<>();
        Hooks.onErrorDropped(dropped::add);
        VirtualTimeScheduler time = VirtualTimeScheduler.create();
        try {
            ScriptedBroker broker = ScriptedBroker.ofNewServer();
            // Long enough for the next action to come in between.
            broker.accepts = request -> Mono.delay(Duration.ofMillis(500), time).then();
            StitchStore store = Board.store("mqtt://broker.example")
                    .scheduler(time)
                    .connector(broker)
                    .build();
            List<Status> states = new ArrayList<>();
            store.connection().subscribe(state -> states.add(state.status()));
            store.start().subscribe();
            for (int i = 0; i < actions.size(); i++) {
                act(actions.get(i), store, broker);
                time.advanceTimeBy(Duration.ofMillis(millisAfter.get(i)));
                int connections = switch (states.get(states.size() - 1)) {
                    case CONNECTED -> 1;
                    case OFFLINE, ERROR, DISCONNECTED -> 0;
                    // Just accepted, not yet subscribed.
                    case CONNECTING -> broker.openConnections();
                };
                assertThat(broker.openConnections()).isEqualTo(connections);
            }
            broker.connectErrors.clear();

            StepVerifier.create(store.reconnect())
                    .then(() -> time.advanceTimeBy(Duration.ofSeconds(3)))
                    .verifyComplete();
            assertThat(broker.openConnections()).isEqualTo(1);
            StepVerifier.create(store.close()).then(time::advanceTime).verifyComplete();
            int attempts = broker.attempts;
            time.advanceTimeBy(Duration.ofHours(1));

            assertThat(broker.openConnections()).isZero();
            assertThat(broker.attempts).isEqualTo(attempts);
            assertThat(store.diagnosticCounts())
                    .doesNotContainKeys(DiagnosticCode.SESSION_TAKEN_OVER, DiagnosticCode.INTERNAL_ERROR);
            assertThat(dropped).isEmpty();
        } finally {
            Hooks.resetOnErrorDropped();
            time.dispose();
        }
    }

    private static void act(Action action, StitchStore store, ScriptedBroker broker) {
        switch (action) {
            case START -> store.start().subscribe();
            case CONNECT -> store.connect().subscribe(unused -> {}, error -> {});
            case DISCONNECT -> store.disconnect().subscribe();
            case RECONNECT -> store.reconnect().subscribe(unused -> {}, error -> {});
            case LOGOUT -> store.resetForLogout().subscribe();
            case BROKER_ENDS -> broker.end(0x8B);
            case NEXT_ATTEMPT_FAILS ->
                broker.connectErrors.add(
                        new TransportException(TransportException.Kind.CONNECT_FAILED, -1, "connection refused", null));
            case NEXT_LOGIN_IS_REFUSED -> broker.refuse(0x86);
        }
    }
}
