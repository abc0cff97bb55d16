package io.stitch.reactive.spring;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.stitch.reactive.ConnectionStatus;
import io.stitch.reactive.MutationResult;
import io.stitch.reactive.Patch;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchStore;
import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerExtension;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.support.GenericApplicationContext;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

import static org.assertj.core.api.Assertions.assertThat;

@ExtendWith(StitchServerExtension.class)
class StitchStoreLifecycleTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String NOBODY = "stitch.url=mqtt://127.0.0.1:1";

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(StitchAutoConfiguration.class))
            .withUserConfiguration(Board.SchemaOnly.class);

    private final Logger logger = (Logger) LoggerFactory.getLogger(StitchStoreLifecycle.class);
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();

    @BeforeEach
    void listen() {
        logger.setLevel(Level.INFO);
        log.start();
        logger.addAppender(log);
    }

    @AfterEach
    void listenNoMore() {
        logger.detachAppender(log);
        logger.setLevel(null);
    }

    private String logged() {
        return log.list.stream().map(ILoggingEvent::getFormattedMessage).collect(Collectors.joining("\n"));
    }

    private static String url(StitchServer server) {
        return "stitch.url=" + server.url();
    }

    private static Board.Project project(String id) {
        return new Board.Project(id, "Refit");
    }

    @Test
    void theStartDoesNotWaitForTheBroker() {
        runner.withPropertyValues(NOBODY).run(context -> {
            StitchStoreLifecycle lifecycle = context.getBean(StitchStoreLifecycle.class);
            assertThat(lifecycle.isRunning()).isTrue();
            assertThat(context.getBean(StitchStore.class).connectionStatus().isConnected())
                    .isFalse();
        });
    }

    @Test
    void theStoreIsStartedBeforeWebServersAndEndedAfterThem() {
        // As in WebServerApplicationContext.START_STOP_LIFECYCLE_PHASE, of a module that an application need not have.
        int webServer = SmartLifecycle.DEFAULT_PHASE - 2048;
        runner.withPropertyValues(NOBODY).run(context -> {
            int phase = context.getBean(StitchStoreLifecycle.class).getPhase();
            assertThat(phase).isEqualTo(StitchStoreLifecycle.PHASE).isLessThan(webServer);
            assertThat(phase).isGreaterThan(0);
        });
    }

    @Test
    void withoutAutoStartTheApplicationStartsIt() {
        StitchStore[] store = new StitchStore[1];
        runner.withPropertyValues(NOBODY, "stitch.auto-start=false").run(context -> {
            assertThat(context.getBean(StitchStoreLifecycle.class).isRunning()).isFalse();
            store[0] = context.getBean(StitchStore.class);
            assertThat(store[0].connectionStatus().status()).isEqualTo(ConnectionStatus.Status.OFFLINE);
            store[0].start().block(PATIENCE);
        });
        store[0].onClose().block(PATIENCE);
    }

    @Test
    void withoutAutoConnectTheStoreIsOfflineUntilItIsTold(StitchServer server) {
        runner.withPropertyValues(url(server), "stitch.auto-connect=false").run(context -> {
            StitchStore store = context.getBean(StitchStore.class);
            assertThat(store.connectionStatus().status()).isEqualTo(ConnectionStatus.Status.OFFLINE);
            store.connect().block(PATIENCE);
            assertThat(store.connectionStatus().isConnected()).isTrue();
        });
    }

    @Test
    void warmScopesAreOpenFromTheStart(StitchServer server) {
        server.put("project", "{\"id\":\"apollo\",\"name\":\"Refit\"}");
        runner.withPropertyValues(url(server), "stitch.warm-scopes=apollo,gemini")
                .run(context -> {
                    StitchStore store = context.getBean(StitchStore.class);
                    assertThat(store.openScopes()).extracting(Scope::id).containsExactlyInAnyOrder("apollo", "gemini");
                    Scope apollo = store.openScope("apollo");
                    apollo.records(Board.PROJECT)
                            .filter(projects -> !projects.isEmpty())
                            .next()
                            .block(PATIENCE);
                });
        runner.withPropertyValues(url(server), "stitch.warm-scopes=a/b")
                .run(context ->
                        assertThat(context.getStartupFailure()).rootCause().hasMessageContaining("stitch.warm-scopes"));
    }

    @Test
    void theEndWaitsForWritesThatAreNotSettled(StitchServer server) {
        List<Board.Project> confirmed = new ArrayList<>();
        runner.withPropertyValues(url(server), "stitch.shutdown.timeout=20s").run(context -> {
            StitchStore store = context.getBean(StitchStore.class);
            store.connect().block(PATIENCE);
            server.delayReplies(200);
            store.openScope("p1").create(Board.PROJECT, project("p1")).subscribe(confirmed::add);
            store.pendingCount().filter(pending -> pending > 0).next().block(PATIENCE);
        });
        assertThat(server.record("project", "p1")).isPresent();
        assertThat(confirmed).hasSize(1);
    }

    /** The worker is busy until the end has begun, so that it has not even taken the write. */
    @Test
    void theEndWaitsForAWriteThatWasSubscribedJustBefore(StitchServer server) {
        List<String> outcomes = new CopyOnWriteArrayList<>();
        runner.withPropertyValues(url(server), "stitch.shutdown.timeout=20s").run(context -> {
            StitchStore store = context.getBean(StitchStore.class);
            store.connect().block(PATIENCE);
            Scope scope = store.openScope("last");
            CountDownLatch busy = new CountDownLatch(1);
            CountDownLatch free = new CountDownLatch(1);
            scope.events().filter(event -> event.isOf(Board.TASK)).subscribe(event -> {
                busy.countDown();
                await(free);
            });
            scope.create(Board.PROJECT, project("last")).block(PATIENCE);
            server.put("task", "{\"id\":\"t0\",\"projectId\":\"last\",\"title\":\"Weld\"}");
            await(busy);
            scope.update(Board.PROJECT, "last", Patch.of("name", "Last"))
                    .subscribe(saved -> outcomes.add(saved.name()), error -> outcomes.add(String.valueOf(error)));

            StitchStoreLifecycle lifecycle = context.getBean(StitchStoreLifecycle.class);
            CountDownLatch stopped = new CountDownLatch(1);
            lifecycle.onApplicationEvent(new ContextClosedEvent(context.getSourceApplicationContext()));
            lifecycle.stop(stopped::countDown);
            free.countDown();
            await(stopped);
        });
        assertThat(outcomes).containsExactly("Last");
        assertThat(server.record("project", "last"))
                .hasValueSatisfying(record -> assertThat(record.toString()).contains("Last"));
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** With the limit of a minute the test would notice a wait: for writes that nobody sends, and once more at the end. */
    @Test
    void whatNobodySendsIsNotWaitedFor() {
        long before = System.nanoTime();
        runner.withPropertyValues(
                        NOBODY,
                        "stitch.auto-connect=false",
                        "stitch.shutdown.timeout=60s",
                        "spring.lifecycle.timeout-per-shutdown-phase=90s")
                .run(context -> {
                    StitchStore store = context.getBean(StitchStore.class);
                    store.openScope("p1")
                            .create(Board.PROJECT, project("p1"))
                            .result()
                            .block(PATIENCE);
                    ((GenericApplicationContext) context.getSourceApplicationContext()).stop();
                    assertThat(logged())
                            .contains("not settled: 1. They wait for the context to be started again")
                            .doesNotContain("given up");
                });
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(50));
        assertThat(logged()).contains("given up because the store does not connect: 1.");
    }

    @Test
    void theEndGivesUpAfterTheLimitAndSaysWhatIsLost() {
        runner.withPropertyValues(NOBODY, "stitch.shutdown.timeout=1ms")
                .run(context -> context.getBean(StitchStore.class)
                        .openScope("p1")
                        .create(Board.PROJECT, project("p1"))
                        .block(PATIENCE));
        assertThat(logged()).contains("not settled within PT0.001S and are given up: 1.", "stitch.shutdown.timeout");
        assertThat(log.list).as("it is said once").hasSize(1);
    }

    /** With the limit of a minute the test would notice a wait. */
    @Test
    void whatIsKeptIsNotWaitedForWithoutAConnection(@TempDir Path folder) {
        ApplicationContextRunner kept = runner.withPropertyValues(
                NOBODY,
                "stitch.shutdown.timeout=60s",
                "spring.lifecycle.timeout-per-shutdown-phase=90s",
                "stitch.persistence.file=" + folder.resolve("tasks"));
        long before = System.nanoTime();
        kept.run(context -> assertThat(context.getBean(StitchStore.class)
                        .openScope("p1")
                        .create(Board.PROJECT, project("p1"))
                        .result()
                        .map(MutationResult::status)
                        .block(PATIENCE))
                .isEqualTo(MutationResult.Status.QUEUED));
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(50));
        assertThat(logged()).doesNotContain("given up");
        kept.run(context ->
                assertThat(context.getBean(StitchStore.class).pendingWrites()).isEqualTo(1));
    }

    @Test
    void theWaitEndsBeforeSpringsPatience() {
        runner.withPropertyValues(
                        NOBODY, "stitch.shutdown.timeout=1m", "spring.lifecycle.timeout-per-shutdown-phase=10s")
                .run(context -> assertThat(
                                context.getBean(StitchStoreLifecycle.class).patience())
                        .hasSeconds(8));
        assertThat(logged())
                .contains("writes are waited for no longer than PT8S", "spring.lifecycle.timeout-per-shutdown-phase");
        runner.withPropertyValues(NOBODY)
                .run(context -> assertThat(
                                context.getBean(StitchStoreLifecycle.class).patience())
                        .hasSeconds(5));
        runner.withPropertyValues(NOBODY, "spring.lifecycle.timeout-per-shutdown-phase=1s")
                .run(context -> assertThat(
                                context.getBean(StitchStoreLifecycle.class).patience())
                        .isZero());
    }

    @Test
    void aContextThatIsStoppedAndStartedAgainGoesOn(StitchServer server) {
        runner.withPropertyValues(url(server)).run(context -> {
            StitchStore store = context.getBean(StitchStore.class);
            store.connect().block(PATIENCE);
            GenericApplicationContext running = (GenericApplicationContext) context.getSourceApplicationContext();
            running.stop();
            assertThat(store.connectionStatus().status()).isEqualTo(ConnectionStatus.Status.OFFLINE);
            running.start();
            store.connect().block(PATIENCE);
            store.openScope("p1").create(Board.PROJECT, project("p1")).block(PATIENCE);
            assertThat(server.record("project", "p1")).isPresent();
        });
    }

    @Test
    void theEndOfAChildContextIsNotTheStores(StitchServer server) {
        runner.withPropertyValues(url(server)).run(context -> {
            StitchStore store = context.getBean(StitchStore.class);
            GenericApplicationContext child = new GenericApplicationContext(context);
            child.refresh();
            child.close();
            ((GenericApplicationContext) context.getSourceApplicationContext()).stop();
            // Stopped and not closed: it can be connected again.
            store.connect().block(PATIENCE);
        });
    }

    @Test
    void theFileIsFreeWhenTheContextIsClosedHoweverOften(@TempDir Path folder) {
        ApplicationContextRunner kept =
                runner.withPropertyValues(NOBODY, "stitch.persistence.file=" + folder.resolve("tasks"));
        for (int i = 0; i < 5; i++) {
            kept.run(context -> assertThat(context).hasNotFailed());
        }
    }

    @Test
    void theFileIsFreeWhenTheContextFailedToStart(@TempDir Path folder) {
        ApplicationContextRunner kept =
                runner.withPropertyValues(NOBODY, "stitch.persistence.file=" + folder.resolve("tasks"));
        kept.withBean(Failing.class)
                .run(context ->
                        assertThat(context.getStartupFailure()).rootCause().hasMessage("failing"));
        kept.run(context -> assertThat(context).hasNotFailed());
    }

    @Test
    void aFileThatAnotherContextHasOpenSaysSo(@TempDir Path folder) {
        ApplicationContextRunner kept =
                runner.withPropertyValues(NOBODY, "stitch.persistence.file=" + folder.resolve("tasks"));
        kept.run(first -> kept.run(second -> {
            assertThat(new StitchFailureAnalyzer().analyze(second.getStartupFailure()))
                    .satisfies(analysis -> {
                        assertThat(analysis.getDescription()).contains("is in use by this process");
                        assertThat(analysis.getAction()).contains("stitch.persistence.file");
                    });
        }));
    }

    /** Fails in a later phase than the store's. */
    static final class Failing implements SmartLifecycle {
        @Override
        public void start() {
            throw new IllegalStateException("failing");
        }

        @Override
        public void stop() {}

        @Override
        public boolean isRunning() {
            return false;
        }
    }
}
