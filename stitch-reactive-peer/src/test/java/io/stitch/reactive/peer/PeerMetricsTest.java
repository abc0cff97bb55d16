package io.stitch.reactive.peer;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.InMemoryPersistence;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchMetrics;
import io.stitch.reactive.peer.Peers.Peer;
import io.stitch.reactive.peer.Peers.Project;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.time.Duration;

import static io.stitch.reactive.peer.Peers.PROJECT;
import static io.stitch.reactive.peer.Peers.START;
import static org.assertj.core.api.Assertions.assertThat;

/** What a peer shows on Micrometer: what the chapter on operations lists, but for requests, which peers do not make. */
class PeerMetricsTest {
    private final Peers peers = new Peers();
    private final MeterRegistry registry = new SimpleMeterRegistry();
    private Peer ada;
    private Scope scope;

    @BeforeEach
    void open() {
        ada = peers.peer(
                "ada",
                new InMemoryPersistence(),
                StitchMetrics.to(registry).tag("store", "board").observer());
        scope = ada.open("p1");
    }

    @AfterEach
    void close() {
        peers.close();
    }

    private double events(String entity, String operation, String origin) {
        return count("stitch.events", "store", "board", "entity", entity, "operation", operation, "origin", origin);
    }

    private double count(String name, String... tags) {
        return registry.get(name).tags(tags).counter().count();
    }

    private double gauge(String name) {
        return registry.get(name).gauge().value();
    }

    @Test
    void eventsAreCountedOnceThoughTheListOfRootsShowsThemToo() {
        ada.store.roots(PROJECT).subscribe();
        ada.write(scope.create(PROJECT, new Project("p1", "one")));
        ada.create(scope, "t1", "one");
        peers.deliver("p1/task/events/updated", Peers.task("t1", "two", START + 10_000));
        peers.deliver("p1/task/events/created", Peers.task("t2", "two", START));
        peers.deliver("p1/task/events/deleted", Peers.deleted("t2", START + 1));

        assertThat(events("project", "created", "local")).isEqualTo(1);
        assertThat(events("task", "created", "local")).isEqualTo(1);
        assertThat(events("task", "updated", "remote")).isEqualTo(1);
        assertThat(events("task", "created", "remote")).isEqualTo(1);
        assertThat(events("task", "deleted", "remote")).isEqualTo(1);
        assertThat(registry.find("stitch.events")
                        .tag("origin", "remote")
                        .tag("entity", "project")
                        .counter())
                .isNull();
        peers.deliver("p1/task/events/created", Peers.task("t2", "too old", START));
        assertThat(count("stitch.diagnostics", "code", DiagnosticCode.OUTDATED.name()))
                .isEqualTo(1);
    }

    @Test
    void connectionsHellosAndReplaysAreCounted() {
        Peer ben = peers.peer("ben");
        Scope bens = ben.open("p1");
        peers.network.cut("ada");
        ben.create(bens, "t1", "missed");
        peers.network.reconnect("ada");
        peers.pass(Duration.ofSeconds(8));

        assertThat(count("stitch.connects", "again", "false")).isEqualTo(1);
        assertThat(count("stitch.connects", "again", "true")).isEqualTo(1);
        assertThat(count("stitch.disconnects")).isEqualTo(1);
        assertThat(gauge("stitch.connected")).isEqualTo(1);
        assertThat(count("stitch.hellos")).isEqualTo(2);
        assertThat(count("stitch.replays")).isEqualTo(1);
        assertThat(gauge("stitch.scopes.open")).isEqualTo(1);
    }

    @Test
    void writesThatWaitAndWhatIsKeptAreCounted() {
        peers.network.cut("ada");
        ada.create(scope, "t1", "one");
        ada.create(scope, "t2", "two");
        assertThat(gauge("stitch.writes.pending")).isEqualTo(2);
        assertThat(gauge("stitch.connected")).isZero();
        peers.network.reconnect("ada");
        peers.pass(Duration.ofSeconds(8));

        assertThat(gauge("stitch.writes.pending")).isZero();
        assertThat(registry.get("stitch.persistence.batches")
                        .tag("outcome", "kept")
                        .timer()
                        .count())
                .isGreaterThanOrEqualTo(2);
        assertThat(registry.get("stitch.persistence.changes").summary().totalAmount())
                .isGreaterThanOrEqualTo(4);
        assertThat(registry.get("stitch.requests").timers()).isNotEmpty().allMatch(timer -> timer.count() == 0);
    }

    @Test
    void gaugesGoWithTheStore() {
        ada.stop();
        assertThat(registry.getMeters())
                .extracting(Meter::getId)
                .extracting(Meter.Id::getName)
                .doesNotContain("stitch.connected", "stitch.writes.pending", "stitch.scopes.open");
    }
}
