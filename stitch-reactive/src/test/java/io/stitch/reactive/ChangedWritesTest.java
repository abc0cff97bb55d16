package io.stitch.reactive;

import io.stitch.reactive.spi.OpenRequest;
import io.stitch.reactive.spi.PendingWrite;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.test.scheduler.VirtualTimeScheduler;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

import static org.assertj.core.api.Assertions.assertThat;

/** Numbers that are added to and lists that are changed, in server mode, in virtual time. */
class ChangedWritesTest {
    record Poll(
            String id,
            @Nullable String name,
            int votes,
            @Nullable List<String> tags) {}

    record Option(
            String id,
            String projectId,
            int votes,
            @Nullable List<String> tags,
            @Nullable String title) {}

    private static final EntityType<Poll> POLL = EntityType.of("project", Poll.class);
    private static final EntityType<Option> OPTION = EntityType.of("task", Option.class);

    /** What servers can do. */
    enum Kind {
        NEW,
        REMEMBERING,
        COMPARING,
        OLD,
        OLD_COMPARING;

        ModelServer make() {
            return switch (this) {
                case NEW -> ModelServer.ofNew();
                case REMEMBERING -> ModelServer.ofNewWithRequestIds();
                case COMPARING -> ModelServer.ofNewThatCompares();
                case OLD -> ModelServer.ofOld();
                case OLD_COMPARING -> ModelServer.ofOld().thatCompares();
            };
        }

        boolean compares() {
            return this == COMPARING || this == OLD_COMPARING;
        }
    }

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final List<StitchStore> opened = new ArrayList<>();
    private final List<String> outcomes = new ArrayList<>();
    private final List<Rejection> rejections = new ArrayList<>();
    private final List<Integer> seen = new ArrayList<>();
    private final InMemoryPersistence kept = new InMemoryPersistence();

    @AfterEach
    void closeStores() {
        opened.forEach(store -> store.close().subscribe());
        time.advanceTime();
        time.dispose();
    }

    private Scope open(ModelServer server) {
        StitchStore store = StitchStore.builder()
                .schema(StitchSchema.root(POLL).child(OPTION, "projectId").build())
                .remote(RemoteOptions.to("mqtt://broker.example"))
                .persistence(kept)
                .scheduler(time)
                .connector(server.broker)
                .build();
        opened.add(store);
        store.rejections().subscribe(rejections::add);
        store.start().subscribe();
        time.advanceTime();
        Scope scope = store.replaceScope("p1");
        advance(2);
        server.announce("project/p1"); // Where the server replays, its model leaves that to the test.
        server.announce("task/o1");
        advance(2);
        scope.records(OPTION)
                .map(options -> options.stream()
                        .filter(each -> each.id().equals("o1"))
                        .findFirst()
                        .map(Option::votes)
                        .orElse(-1))
                .distinctUntilChanged()
                .subscribe(seen::add);
        return scope;
    }

    private Scope scope(ModelServer server) {
        server.put("project", "{'id':'p1','name':'Alpha','votes':0}");
        server.put("task", "{'id':'o1','projectId':'p1','votes':5,'tags':['a'],'title':'one'}");
        return open(server);
    }

    private void write(Mutation<?> mutation) {
        mutation.result()
                .subscribe(result -> outcomes.add(result.status().name()), error -> outcomes.add(Outcomes.name(error)));
        time.advanceTime();
    }

    private void advance(long seconds) {
        time.advanceTimeBy(Duration.ofSeconds(seconds));
    }

    private void cut(ModelServer server) {
        server.broker.unreachable(100);
        server.broker.end(0x8B);
        time.advanceTime();
    }

    private void reconnect(ModelServer server) {
        server.broker.connectErrors.clear();
        advance(60);
    }

    private static int votes(ModelServer server) {
        return server.get("task/o1").path("votes").asInt(-1);
    }

    private static int votes(Scope scope) {
        return scope.get(OPTION, "o1").map(Option::votes).orElse(-1);
    }

    private static long updates(ModelServer server) {
        return server.executed.stream()
                .filter(each -> each.startsWith("update task/o1"))
                .count();
    }

    // ---- connected ----

    @ParameterizedTest
    @EnumSource(Kind.class)
    void aNumberIsAddedToWhateverItIs(Kind kind) {
        ModelServer server = kind.make();
        Scope scope = scope(server);
        server.put("task", "{'id':'o1','votes':17}"); // Its event is still to come.

        write(scope.update(OPTION, "o1", Patch.increment("votes", 2).and("title", "two")));
        advance(5);

        assertThat(outcomes).containsExactly("SYNCED");
        assertThat(votes(server)).isEqualTo(19);
        assertThat(votes(scope)).isEqualTo(19);
        assertThat(server.get("task/o1").path("title").asString()).isEqualTo("two");
        assertThat(server.get("task/o1").propertyNames()).noneMatch(name -> name.equals("_changes"));
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void elementsArePutInAndTakenOut(Kind kind) {
        ModelServer server = kind.make();
        Scope scope = scope(server);
        server.put("task", "{'id':'o1','tags':['a','theirs']}");

        write(scope.update(OPTION, "o1", Patch.add("tags", "b").andRemove("tags", "a")));
        advance(5);

        assertThat(server.get("task/o1").path("tags")).hasToString("[\"theirs\",\"b\"]");
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void theRootIsChangedToo(Kind kind) {
        ModelServer server = kind.make();
        Scope scope = scope(server);

        write(scope.update(POLL, "p1", Patch.increment("votes", 3)));
        advance(5);

        assertThat(server.get("project/p1").path("votes").asInt()).isEqualTo(3);
    }

    @Test
    void itsOwnEventBeforeTheAnswerCountsOnce() {
        ModelServer server = ModelServer.ofNewThatCompares();
        Scope scope = scope(server);
        server.holdReplies();
        write(scope.update(OPTION, "o1", Patch.increment("votes", 1)));
        assertThat(votes(server)).isEqualTo(6);
        server.announce("task/o1");
        time.advanceTime();
        assertThat(votes(scope)).isEqualTo(6);
        server.releaseReplies();
        time.advanceTime();

        assertThat(seen).containsExactly(5, 6);
        assertThat(outcomes).containsExactly("SYNCED");
    }

    @Test
    void aValueOfAnotherKindIsShownAsItIsAndTheWriteIsRejected() {
        ModelServer server = ModelServer.ofNewThatCompares();
        Scope scope = scope(server);
        cut(server);
        write(scope.update(OPTION, "o1", Patch.add("tags", "b").and("title", "two")));
        server.put("task", "{'id':'o1','tags':'none'}");

        reconnect(server);

        assertThat(rejections).hasSize(1);
        assertThat(rejections.get(0).error()).hasMessageContaining("Nothing can be added to or removed from");
        assertThat(server.get("task/o1").path("tags").asString()).isEqualTo("none");
        assertThat(opened.get(0).pendingWrites()).isZero();
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void whatSomebodyDeletedIsRejectedWithTheValuesThatWereSeen(Kind kind) {
        ModelServer server = kind.make();
        Scope scope = scope(server);
        cut(server);
        write(scope.update(OPTION, "o1", Patch.increment("votes", 2)));
        server.remove("task/o1");

        reconnect(server);

        assertThat(rejections).hasSize(1);
        assertThat(rejections.get(0).reason()).isEqualTo(Rejection.Reason.DELETED_MEANWHILE);
        assertThat(rejections.get(0).written().path("votes").asInt()).isEqualTo(7);
        assertThat(rejections.get(0).written().propertyNames()).containsExactly("votes");
    }

    // ---- offline ----

    @ParameterizedTest
    @CsvSource({"NEW,false", "COMPARING,false", "OLD,false", "OLD_COMPARING,false", "COMPARING,true", "OLD,true"})
    void whatWasAddedOfflineIsAddedToWhatOthersWrote(Kind kind, boolean restart) {
        ModelServer server = kind.make();
        Scope scope = scope(server);
        cut(server);
        for (int i = 0; i < 100; i++) {
            write(scope.update(OPTION, "o1", Patch.increment("votes", 1)));
        }
        assertThat(votes(scope)).isEqualTo(105);
        server.put("task", "{'id':'o1','votes':40}");
        advance(1);
        if (restart) {
            opened.get(0).close().subscribe();
            time.advanceTime();
            server.broker.connectErrors.clear();
            scope = open(server);
            advance(60);
        } else {
            reconnect(server);
        }

        assertThat(votes(server)).isEqualTo(140);
        assertThat(votes(scope)).isEqualTo(140);
        assertThat(updates(server)).isOne();
        assertThat(opened.get(opened.size() - 1).pendingWrites()).isZero();
        assertThat(rejections).isEmpty();
    }

    @Test
    void whatWasCreatedOfflineIsCreatedWithWhatWasAdded() {
        ModelServer server = ModelServer.ofNewThatCompares();
        Scope scope = scope(server);
        cut(server);
        write(scope.create(OPTION, new Option("o2", "p1", 1, List.of(), null)));
        write(scope.update(OPTION, "o2", Patch.increment("votes", 4).andAdd("tags", "x")));
        write(scope.update(OPTION, "o2", Patch.of("votes", 10)));
        write(scope.update(OPTION, "o2", Patch.increment("votes", 4)));

        reconnect(server);

        assertThat(server.get("task/o2").path("votes").asInt()).isEqualTo(14);
        assertThat(server.get("task/o2").path("tags")).hasToString("[\"x\"]");
        assertThat(server.executed.stream().filter(each -> each.contains("task/o2")))
                .hasSize(1);
    }

    // ---- in doubt ----

    @ParameterizedTest
    @CsvSource({
        "REMEMBERING,true",
        "REMEMBERING,false",
        "COMPARING,true",
        "COMPARING,false",
        "OLD,true",
        "OLD,false",
        "OLD_COMPARING,true",
        "OLD_COMPARING,false",
        "NEW,true",
        "NEW,false"
    })
    void whatWasSentAndNotAnsweredIsDoneOnce(Kind kind, boolean executed) {
        ModelServer server = kind.make();
        Scope scope = scope(server);
        if (executed) {
            server.loseRepliesTo("o1/update");
        } else {
            server.loseRequestsTo("o1/update");
        }

        write(scope.update(OPTION, "o1", Patch.increment("votes", 1)));
        advance(11);
        assertThat(outcomes).containsExactly("QUEUED");
        server.heal();
        advance(60);

        assertThat(votes(server)).isEqualTo(6);
        assertThat(votes(scope)).isEqualTo(6);
        assertThat(updates(server)).isOne();
        assertThat(rejections).isEmpty();
        assertThat(opened.get(0).pendingWrites()).isZero();
        if (kind.compares()) {
            assertThat(server.broker.sentTo("$DB/task/o1/update"))
                    .allMatch(each -> each.path("_expected_version").asLong() == 1);
        }
    }

    @Test
    void whatIsRepeatedIsTheSameRequest() {
        ModelServer server = ModelServer.ofNewThatCompares();
        Scope scope = scope(server);
        server.loseRepliesTo("o1/update");
        write(scope.update(OPTION, "o1", Patch.increment("votes", 1)));
        advance(11);
        server.put("task", "{'id':'o1','votes':50}");
        server.announce("task/o1");
        server.heal();
        advance(60);

        assertThat(server.broker.published.stream()
                        .filter(message -> message.topic().equals("$DB/task/o1/update"))
                        .map(message -> new String(message.correlationData(), StandardCharsets.UTF_8)
                                + new String(message.payload(), StandardCharsets.UTF_8))
                        .distinct())
                .hasSize(1);
        assertThat(updates(server)).isOne();
        assertThat(votes(scope)).isEqualTo(50);
        assertThat(rejections).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"OLD_COMPARING,1", "OLD_COMPARING,2", "OLD,1", "OLD,2", "NEW,1", "NEW,2"})
    void whatNobodyCanTellIsToldAndNotDoneTwice(Kind kind, int others) {
        ModelServer server = kind.make();
        Scope scope = scope(server);
        server.loseRequestsTo("o1/update");
        write(scope.update(OPTION, "o1", Patch.increment("votes", 1)));
        advance(11);
        for (int i = 1; i <= others; i++) {
            server.put("task", "{'id':'o1','votes':%d}".formatted(20 * i));
        }
        server.heal();
        advance(60);

        if (others == 1) { // The next version has other values, so it is not this write's.
            assertThat(votes(server)).isEqualTo(21);
            assertThat(rejections).isEmpty();
        } else {
            assertThat(votes(server)).isEqualTo(40);
            assertThat(rejections).extracting(Rejection::reason).containsExactly(Rejection.Reason.OVERTAKEN);
            assertThat(rejections.get(0).error()).hasMessageContaining("nobody can tell whether it was done before");
        }
        assertThat(opened.get(0).pendingWrites()).isZero();
    }

    @Test
    void elementsInDoubtAreSimplyPutInOnceMore() {
        ModelServer server = ModelServer.ofOld();
        Scope scope = scope(server);
        server.loseRepliesTo("o1/update");
        write(scope.update(OPTION, "o1", Patch.add("tags", "b")));
        advance(11);
        server.put("task", "{'id':'o1','votes':20}");
        server.put("task", "{'id':'o1','votes':21}");
        server.heal();
        advance(60);

        assertThat(server.get("task/o1").path("tags")).hasToString("[\"a\",\"b\"]");
        assertThat(rejections).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatIsInDoubtWhenTheStoreEndsIsDoneOnceByTheNext(boolean executed) {
        ModelServer server = ModelServer.ofNewThatCompares();
        Scope scope = scope(server);
        if (executed) {
            server.loseRepliesTo("o1/update");
        } else {
            server.loseRequestsTo("o1/update");
        }
        write(scope.update(OPTION, "o1", Patch.increment("votes", 1)));
        advance(1);
        assertThat(pending()).allMatch(PendingWrite::isInDoubt);
        opened.get(0).close().subscribe();
        time.advanceTime();
        server.heal();

        Scope next = open(server);
        advance(60);

        assertThat(votes(server)).isEqualTo(6);
        assertThat(votes(next)).isEqualTo(6);
        assertThat(pending()).isEmpty();
    }

    private List<PendingWrite> pending() {
        return Objects.requireNonNull(kept.open(OpenRequest.of("server")).block())
                .pending();
    }
}
