package io.stitch.reactive.test;

import io.stitch.reactive.AuthenticatedUser;
import io.stitch.reactive.ClosedException;
import io.stitch.reactive.ConnectionStatus;
import io.stitch.reactive.EntityType;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.StitchStore;
import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Events;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

import static io.stitch.reactive.test.Board.PROJECT;
import static io.stitch.reactive.test.Board.TASK;
import static io.stitch.reactive.test.ScopeAssert.assertThatScope;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

@StitchTest
class StitchExtensionTest {
    static final StitchSchema SCHEMA = Board.SCHEMA;
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private StitchStore seenBefore;

    @BeforeEach
    void seed(StitchServer server, StitchStore store) {
        seenBefore = store;
        assertThat(server.records("task"))
                .as("each test has a server of its own")
                .isEmpty();
        server.put("task", Board.json("t1"));
    }

    private static boolean connected(StitchStore store) {
        return store.connection().blockFirst(LIMIT).isConnected();
    }

    private static Optional<String> user(StitchStore store) {
        return store.authenticatedUser().blockFirst(LIMIT).map(AuthenticatedUser::id);
    }

    @Test
    void aStoreIsConnectedWhenTheTestBegins(StitchStore store) {
        assertThat(connected(store)).isTrue();
        assertThat(store).isSameAs(seenBefore);
        assertThatScope(store.replaceScope("apollo")).eventually(s -> s.hasOnly(TASK, "t1"));
    }

    @Test
    void theOtherUsersStoreIsAnotherOne(StitchStore store, @OtherUser StitchStore other) {
        assertThat(connected(other)).isTrue();
        assertThat(other.clientId()).isNotEqualTo(store.clientId());
        assertThat(user(store)).contains("ada");
        assertThat(user(other)).contains("ben");
    }

    @Test
    @StitchTest(server = ServerKind.OLD)
    void aMethodMayAskForAnOldServer(StitchStore store) {
        ConnectionStatus status = store.connection().blockFirst(LIMIT);
        assertThat(status.capabilities().replays()).isFalse();
    }

    @Test
    void moreStoresCanBeOpened(TestStores stores) {
        StitchStore third = stores.connected("cid");
        assertThat(user(third)).contains("cid");
    }

    @Nested
    class InANestedClass {
        @Test
        void theSchemaOfTheEnclosingClassIsUsed(StitchStore store) {
            assertThatScope(store.replaceScope("apollo")).eventually(s -> s.hasOnly(TASK, "t1"));
        }
    }

    static final class Lists implements StitchTest.Schema {
        static final EntityType<?> ENTRY = EntityType.json("entry");

        @Override
        public StitchSchema get() {
            return StitchSchema.root(EntityType.json("list"))
                    .child(ENTRY, "listId")
                    .build();
        }
    }

    static final class Owned implements StitchTest.ServerOptions {
        @Override
        public StitchServerOptions.Builder apply(StitchServerOptions.Builder options) {
            return options.owners(java.util.Map.of("project", "owner"));
        }
    }

    @Test
    @StitchTest(schema = Lists.class)
    void aProviderMayBringTheSchema(StitchServer server, StitchStore store) {
        server.put("entry", "{\"id\":\"e1\",\"listId\":\"groceries\"}");
        assertThatScope(store.replaceScope("groceries")).eventually(s -> s.hasOnly(Lists.ENTRY, "e1"));
    }

    @Test
    @StitchTest(options = Owned.class)
    void theServersOptionsMayBeChanged(StitchServer server, StitchStore store) {
        store.replaceScope("apollo")
                .create(PROJECT, new Board.Project("apollo", "Apollo"))
                .block(LIMIT);
        assertThat(server.record("project", "apollo")
                        .orElseThrow()
                        .path("owner")
                        .asString())
                .isEqualTo("ada");
    }

    // ---- classes that are run by tests ----

    private static Throwable failureOf(Class<?> testClass) {
        Events events = EngineTestKit.engine("junit-jupiter")
                .selectors(DiscoverySelectors.selectClass(testClass))
                .execute()
                .allEvents();
        return events.failed().stream()
                .findFirst()
                .flatMap(event -> event.getPayload(org.junit.platform.engine.TestExecutionResult.class))
                .flatMap(org.junit.platform.engine.TestExecutionResult::getThrowable)
                .orElseThrow();
    }

    @StitchTest
    static class Failing {
        static final StitchSchema SCHEMA = Board.SCHEMA;

        @Test
        void fails(StitchStore store, @OtherUser StitchStore other) {
            Scope scope = store.replaceScope("apollo");
            scope.create(TASK, Board.task("t1")).block(LIMIT);
            other.disconnect().block(LIMIT);
            throw new AssertionError("on purpose");
        }
    }

    @Test
    void aFailureShowsWhatTheStoresHeld() {
        Throwable failure = failureOf(Failing.class);
        assertThat(failure).hasMessage("on purpose");
        assertThat(failure.getSuppressed()).hasSize(1);
        assertThat(failure.getSuppressed()[0])
                .hasMessageContaining("The store of ada (stitch-")
                .hasMessageContaining("CONNECTED, 0 pending")
                .hasMessageContaining("scope 'apollo' holds")
                .hasMessageContaining("task {\"_version\":1,\"done\":false,\"id\":\"t1\"")
                .hasMessageContaining("The store of ben (stitch-")
                .hasMessageContaining("OFFLINE");
    }

    @StitchTest
    static class Passing {
        static final StitchSchema SCHEMA = Board.SCHEMA;
        static final AtomicReference<List<Object>> USED = new AtomicReference<>(List.of());

        @Test
        void passes(StitchServer server, StitchStore store, TestStores stores) {
            USED.set(List.of(server, store, stores.connected("cid")));
        }
    }

    @Test
    void everythingIsClosedAfterTheTest() {
        EngineTestKit.engine("junit-jupiter")
                .selectors(DiscoverySelectors.selectClass(Passing.class))
                .execute()
                .testEvents()
                .assertStatistics(counts -> counts.succeeded(1));
        List<Object> used = Passing.USED.get();
        assertThat(used).hasSize(3);
        assertThatIllegalStateException().isThrownBy(((StitchServer) used.get(0))::startBroker);
        assertThatExceptionOfType(ClosedException.class)
                .isThrownBy(() -> ((StitchStore) used.get(1)).openScope("apollo"));
        assertThatExceptionOfType(ClosedException.class)
                .isThrownBy(() -> ((StitchStore) used.get(2)).openScope("apollo"));
    }

    @StitchTest
    static class WithTwoSchemas {
        static final StitchSchema ONE = Board.SCHEMA;
        static final StitchSchema TWO = Board.SCHEMA;

        @Test
        void isNotRun() {}
    }

    @StitchTest
    static class WithAStoreInItsConstructor {
        static final StitchSchema SCHEMA = Board.SCHEMA;

        WithAStoreInItsConstructor(StitchStore store) {}

        @Test
        void isNotRun() {}
    }

    @Test
    void whatIsMissingIsSaid() {
        assertThat(failureOf(Apart.class)).hasMessageContaining("has no schema: give it a static field");
        assertThat(failureOf(WithTwoSchemas.class)).hasMessageContaining("more than one static StitchSchema");
        assertThat(failureOf(WithAStoreInItsConstructor.class)).hasMessageContaining("live as long as one test");
    }
}

/** A test class with no schema in it; one inside the other would find that one's. */
@StitchTest
class Apart {
    @Test
    void isNotRun() {}
}
