package io.stitch.reactive;

import io.stitch.reactive.internal.digest.DigestTree;
import io.stitch.reactive.internal.wire.DigestNode;
import io.stitch.reactive.spi.InboundMessage;
import io.stitch.reactive.spi.PublishResult;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.scheduler.VirtualTimeScheduler;
import tools.jackson.databind.JsonNode;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

/** A server that answers hellos is compared with when there is a reason, and at no other time (protocol sections 4.8 and 4.9). */
class AnsweredHelloTest {
    record Project(String id, @Nullable String name) {}

    record Task(String id, String projectId, @Nullable String title) {}

    private static final EntityType<Project> PROJECT = EntityType.of("project", Project.class);
    private static final EntityType<Task> TASK = EntityType.of("task", Task.class);
    private static final String HELLO = "$DB/project/p1/hello";
    private static final String ANSWER = "$DB/clients/c1/hello/p1";

    @RegisterExtension
    final StoresInTime stores = new StoresInTime(error -> error.getClass().getSimpleName());

    private final VirtualTimeScheduler time = stores.time;
    private final ScriptedBroker broker = ScriptedBroker.ofNewServer();
    private StitchStore store;

    @BeforeEach
    void allFeatures() {
        features("answers,digest,event-count,direct-replay");
    }

    private void features(String features) {
        broker.connAckProperties = List.of(
                new UserProperty("stitch-protocol-version", "2"), new UserProperty("stitch-features", features));
    }

    private Scope open() {
        start();
        Scope scope = store.openScope("p1");
        time.advanceTime();
        return scope;
    }

    private void start() {
        store = stores.build(StitchStore.builder()
                .schema(StitchSchema.root(PROJECT).child(TASK, "projectId").build())
                .remote(RemoteOptions.to("mqtt://broker.example"))
                .connector(broker)
                .clientId("c1"));
        store.start().subscribe();
    }

    private List<JsonNode> hellos() {
        return broker.sentTo(HELLO);
    }

    private JsonNode lastHello() {
        return hellos().get(hellos().size() - 1);
    }

    /** The round of the newest hello, wherever it says it. */
    private String round() {
        JsonNode hello = lastHello();
        return (hello.has("digest") ? hello.path("digest") : hello)
                .path("round")
                .asString();
    }

    private void answer(String rest) {
        answer(round(), rest);
    }

    private void answer(String round, String rest) {
        broker.deliver(ANSWER, "{'round':'%s',%s}".formatted(round, rest));
        time.advanceTime();
    }

    private void replayTask(String id, int version) {
        broker.deliver(
                "$DB/clients/c1/replay/project/p1/task/events/created",
                ("{'operation':'Create','entity':'task','id':'%s','sender':'__server_replay__',"
                                + "'data':{'id':'%s','projectId':'p1','_version':%d}}")
                        .formatted(id, id, version));
        time.advanceTime();
    }

    private void liveTask(String id, int version, long count, String epoch) {
        broker.deliver(
                "$DB/project/p1/task/events/updated",
                ("{'operation':'Update','entity':'task','id':'%s','count':%d,'epoch':'%s',"
                                + "'data':{'id':'%s','projectId':'p1','_version':%d}}")
                        .formatted(id, count, epoch, id, version));
        time.advanceTime();
    }

    private void advance(Duration duration) {
        time.advanceTimeBy(duration);
    }

    @Test
    void whoIsToldThatItIsInSyncSaysNothingForHalfAnHour() {
        open();
        assertThat(hellos()).hasSize(1);
        assertThat(lastHello().path("manifest").isArray()).isTrue();
        answer("'events':1,'count':7,'epoch':'e1'");
        replayTask("t1", 1);

        advance(Duration.ofMinutes(30).minusSeconds(1));
        assertThat(hellos()).hasSize(1);
        for (int minute = 0; minute < 4 && hellos().size() == 1; minute++) {
            advance(Duration.ofMinutes(1));
        }
        assertThat(hellos()).as("without a reason, now and then").hasSizeGreaterThan(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"$DB/project/p1/task/events/updated", InboundMessage.ANY_TOPIC})
    void whatWasDroppedBecauseTooMuchWaitedIsCountedAndCompared(String topic) {
        open();
        answer("'events':0,'count':7,'epoch':'e1'");
        advance(Duration.ofMinutes(1));
        assertThat(hellos()).hasSize(1);

        broker.deliver(InboundMessage.dropped(topic, new InboundMessage.Dropped(3, 5_000_000)));
        advance(Duration.ofSeconds(1));

        assertThat(hellos()).hasSize(2);
        assertThat(store.diagnosticCounts()).containsEntry(DiagnosticCode.RECEIVE_OVERFLOW, 1L);
    }

    @ParameterizedTest
    @ValueSource(strings = {"answers,digest,event-count,direct-replay", ""})
    void aScopeThatIsOpenedWhileAConnectionBeginsIsComparedOnceAndNotAfterItsEnd(String features) {
        features(features);
        Sinks.Empty<Void> inbox = Sinks.empty();
        broker.acknowledgesSubscriptions = inbox.asMono();
        start();
        time.advanceTime();
        Scope scope = store.openScope("p1");
        time.advanceTime();
        assertThat(hellos()).isEmpty();

        broker.acknowledgesSubscriptions = Mono.empty();
        inbox.tryEmitEmpty();
        time.advanceTime();
        assertThat(hellos()).hasSize(1);

        scope.close();
        advance(Duration.ofHours(2));
        assertThat(hellos()).hasSize(1);
    }

    @Test
    void whereEventsAreNotCountedItComparesEveryFiveMinutes() {
        features("answers,digest");
        open();
        answer("'events':0");

        advance(Duration.ofMinutes(5).minusSeconds(1));
        assertThat(hellos()).hasSize(1);
        advance(Duration.ofSeconds(1));
        for (int second = 0; second < 31 && hellos().size() == 1; second++) {
            advance(Duration.ofSeconds(1));
        }
        assertThat(hellos()).hasSize(2);
    }

    @Test
    void whatIsNotAnsweredInSixSecondsIsSaidAgainAtOnceAndThenMoreAndMoreRarely() {
        open();
        List<String> codes = new ArrayList<>();
        store.diagnostics().subscribe(diagnostic -> codes.add(diagnostic.code().name()));
        String first = round();
        advance(Duration.ofSeconds(6).minusMillis(1));
        assertThat(hellos()).hasSize(1);
        advance(Duration.ofMillis(1));
        assertThat(hellos()).hasSize(2);
        assertThat(round()).isNotEqualTo(first);

        advance(Duration.ofSeconds(6));
        assertThat(hellos()).hasSize(2);
        advance(Duration.ofSeconds(7));
        assertThat(hellos()).hasSize(3);
        advance(Duration.ofMinutes(10));
        assertThat(hellos()).hasSizeBetween(5, 10);
        assertThat(codes).contains("COMPARE_FAILED").doesNotContain("INTERNAL_ERROR");
    }

    @Test
    void aReplayThatTakesItsTimeIsNoSilence() {
        open();
        for (int i = 0; i < 10; i++) {
            advance(Duration.ofSeconds(5));
            replayTask("t" + i, 1);
        }
        answer("'events':10");
        advance(Duration.ofMinutes(1));

        assertThat(hellos()).hasSize(1);
    }

    @Test
    void whoGotFewerEventsThanWereSentAsksAgain() {
        open();
        replayTask("t1", 1);
        answer("'events':3");
        replayTask("t2", 1); // May come after the word that it was sent.
        advance(Duration.ofSeconds(1).minusMillis(1));
        assertThat(hellos()).hasSize(1);

        advance(Duration.ofMillis(2));
        assertThat(hellos()).hasSize(2);
        assertThat(lastHello().path("manifest").size()).isEqualTo(2);
        answer("'events':1");
        replayTask("t3", 1);
        advance(Duration.ofMinutes(10));
        assertThat(hellos()).hasSize(2);
    }

    @Test
    void aReplayThatComesInPartsIsAskedForAsOftenAsItBringsOne() {
        open();
        for (int part = 1; part <= 10; part++) {
            assertThat(hellos()).hasSize(part);
            replayTask("t" + part, 1);
            answer("'events':%d".formatted(20 - part));
            advance(Duration.ofSeconds(7)); // The bucket is all that makes it wait.
        }
    }

    @Test
    void anEventThatNeverComesIsAskedForMoreAndMoreRarely() {
        open();
        for (int minute = 0; minute < 60; minute++) {
            answer("'events':1");
            advance(Duration.ofMinutes(1));
        }
        assertThat(hellos()).hasSizeBetween(12, 25);
    }

    @Test
    void anAnswerToAHelloThatIsOverIsOfNoUse() {
        open();
        String first = round();
        advance(Duration.ofSeconds(6));
        assertThat(hellos()).hasSize(2);

        answer(first, "'events':0");
        advance(Duration.ofSeconds(6));
        assertThat(hellos()).as("nobody has answered the second").hasSizeGreaterThanOrEqualTo(2);
        advance(Duration.ofSeconds(8));
        assertThat(hellos()).hasSize(3);
    }

    @Test
    void anAnswerMayComeBeforeTheBrokersAcknowledgement() {
        Sinks.One<PublishResult> acknowledged = Sinks.one();
        broker.acknowledgement = acknowledged.asMono();
        open();
        answer("'events':0");
        acknowledged.tryEmitValue(new PublishResult(false));
        advance(Duration.ofMinutes(4));
        assertThat(hellos()).hasSize(1);
    }

    @Test
    void threeHellosMayBeSaidAtOnceAndThenOneInSixSeconds() {
        Scope scope = open();
        for (int i = 1; i <= 3; i++) {
            assertThat(hellos()).hasSize(i);
            answer("'events':0");
            advance(Duration.ofMillis(100));
            scope.close();
            scope = store.openScope("p1");
            time.advanceTime();
        }
        assertThat(hellos()).hasSize(3);
        advance(Duration.ofSeconds(6).minusMillis(301));
        assertThat(hellos()).hasSize(3);
        advance(Duration.ofMillis(1));
        assertThat(hellos()).hasSize(4);
        answer("'events':0");
        advance(Duration.ofMinutes(10));
        assertThat(hellos()).hasSize(4);
    }

    @Test
    void aRefusalSaysWhenToComeAgain() {
        open();
        List<String> refusals = new ArrayList<>();
        store.scopeErrors().subscribe(refusal -> refusals.add(refusal.scopeId() + " " + refusal.code()));

        answer("'code':429,'message':'slow down','retryAfter':2500");
        assertThat(refusals).containsExactly("p1 429");
        advance(Duration.ofMillis(2_499));
        assertThat(hellos()).hasSize(1);
        advance(Duration.ofMillis(252));
        assertThat(hellos()).hasSize(2);
        answer("'events':0");
        advance(Duration.ofMinutes(10));
        assertThat(hellos()).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"9223372036854775807", "-1", "1e300", "'soon'", "86400000"})
    void noRefusalKeepsAwayForLongerThanFiveMinutesAndAHalf(String retryAfter) {
        open();
        answer("'code':429,'retryAfter':" + retryAfter);

        advance(Duration.ofSeconds(331));
        assertThat(hellos()).hasSizeGreaterThanOrEqualTo(2);
    }

    @Test
    void whoMayNotSeeAScopeDoesNotAskAgain() {
        open();
        answer("'code':403,'message':'not yours'");

        advance(Duration.ofHours(3));
        assertThat(hellos()).hasSize(1);
    }

    @Test
    void aMissingNumberIsALostEvent() {
        open();
        answer("'events':0,'count':7,'epoch':'e1'");
        liveTask("t1", 1, 8, "e1");
        advance(Duration.ofMinutes(1));
        assertThat(hellos()).hasSize(1);

        liveTask("t2", 1, 10, "e1");
        advance(Duration.ofMillis(999));
        assertThat(hellos()).hasSize(1);
        advance(Duration.ofMillis(2));
        assertThat(hellos()).hasSize(2);
        answer("'events':0,'count':10,'epoch':'e1'");
        liveTask("t3", 1, 11, "e1");
        advance(Duration.ofMinutes(10));
        assertThat(hellos()).hasSize(2);
    }

    @Test
    void anEventThatIsOvertakenOrComesTwiceIsNotLost() {
        open();
        answer("'events':0,'count':7,'epoch':'e1'");
        liveTask("t1", 1, 9, "e1");
        liveTask("t3", 1, 10, "e1");
        advance(Duration.ofMillis(900));
        liveTask("t2", 1, 8, "e1");
        liveTask("t1", 1, 9, "e1");
        advance(Duration.ofMinutes(10));

        assertThat(hellos()).hasSize(1);
    }

    @Test
    void whoeverBeginsToCountAnewMayHaveLostSomething() {
        open();
        answer("'events':0,'count':7,'epoch':'e1'");
        liveTask("t1", 1, 1, "e2");
        advance(Duration.ofMillis(1_001));

        assertThat(hellos()).hasSize(2);
        answer("'events':0,'count':1,'epoch':'e2'");
        liveTask("t1", 2, 2, "e2");
        advance(Duration.ofMinutes(10));
        assertThat(hellos()).hasSize(2);
    }

    @Test
    void aLostLastEventIsSeenInTheNextAnswer() {
        open();
        answer("'events':0,'count':7,'epoch':'e1'");
        broker.end(0x8B);
        advance(Duration.ofSeconds(2));
        assertThat(hellos()).hasSize(2);
        answer("'events':0,'count':9,'epoch':'e1'");

        liveTask("t1", 1, 10, "e1");
        advance(Duration.ofMinutes(10));
        assertThat(hellos()).hasSize(2);
    }

    @Test
    void withoutDirectReplaysWhoOverhearsOthersComparesOnceMore() {
        features("answers");
        open();
        broker.deliver(
                "$DB/project/p1/task/events/created",
                "{'operation':'Create','entity':'task','id':'t9','sender':'__server_replay__',"
                        + "'data':{'id':'t9','projectId':'p1','_version':1}}");
        answer("'events':0");

        advance(Duration.ofSeconds(6));
        assertThat(hellos()).hasSize(2);
    }

    @Test
    void aLargeScopeIsComparedByItsFingerprintsAndSaysOnlyWhatDiffers() {
        open();
        DigestTree theirs = new DigestTree(record -> Long.toString(record.version()));
        for (int i = 0; i < 400; i++) {
            replayTask("t" + i, 1);
            theirs.put(task("t" + i, 1));
        }
        answer("'events':400");
        theirs.put(task("t7", 12));
        theirs.put(task("new", 1));

        broker.end(0x8B);
        advance(Duration.ofSeconds(2));
        assertThat(lastHello().path("manifest").isMissingNode()).isTrue();
        assertThat(lastHello().path("digest").path("n").asInt()).isEqualTo(400);
        int said = hellos().size();
        answer("'nodes':" + nodes(theirs, ""));

        List<JsonNode> next = hellos().subList(said, hellos().size());
        List<String> asked = new ArrayList<>();
        next.forEach(hello -> hello.path("digest").path("ask").forEach(prefix -> asked.add(prefix.asString())));
        assertThat(asked).hasSizeBetween(1, 2);
        said = hellos().size();
        answer("'nodes':{%s}"
                .formatted(String.join(
                        ",", asked.stream().map(prefix -> pair(theirs, prefix)).toList())));

        assertThat(hellos()).hasSize(said + 1);
        assertThat(lastHello().path("within").size()).isBetween(1, 2);
        assertThat(lastHello().path("manifest").size()).isLessThan(17);
        assertThat(round())
                .isEqualTo(hellos().get(said - 1).path("digest").path("round").asString());
        replayTask("t7", 12);
        replayTask("new", 1);
        answer("'events':2");
        said = hellos().size();
        advance(Duration.ofMinutes(20));
        assertThat(hellos()).hasSize(said);

        broker.end(0x8B);
        advance(Duration.ofSeconds(8));
        assertThat(lastHello().path("digest").path("fp").asString())
                .as("what changed meanwhile is in the fingerprint")
                .isEqualTo(theirs.node("").fp());
    }

    @Test
    void aRecordOfALargeScopeThatWasWrittenAFewTimesMeanwhileIsSaidAloneWithoutAskingOn() {
        open();
        DigestTree theirs = new DigestTree(record -> Long.toString(record.version()));
        for (int i = 0; i < 400; i++) {
            replayTask("t" + i, 1);
            theirs.put(task("t" + i, 1));
        }
        answer("'events':400");
        theirs.put(task("t7", 2));
        theirs.put(task("t8", 9));

        broker.end(0x8B);
        advance(Duration.ofSeconds(2));
        int said = hellos().size();
        answer("'nodes':" + nodes(theirs, ""));

        assertThat(hellos()).hasSize(said + 1);
        List<String> ids = new ArrayList<>();
        lastHello().path("manifest").forEach(entry -> ids.add(entry.path("id").asString()));
        assertThat(ids).containsExactlyInAnyOrder("t7", "t8");
        assertThat(lastHello().path("within").size()).isEqualTo(2);
        lastHello()
                .path("within")
                .forEach(prefix -> assertThat(theirs.below(prefix.asString())).hasSize(1));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'nodes':{}",
                "'nodes':{'':[]}",
                "'nodes':{'x':[[0,''],[0,''],[0,''],[0,''],[0,''],[0,''],[0,''],[0,''],[0,''],[0,''],[0,''],[0,''],[0,''],[0,''],[0,''],[0,'']]}",
                "'nodes':7",
                "'events':-1",
                "'events':'1'",
                "'code':'403'",
                "'x':1"
            })
    void whatIsNoAnswerIsReportedAndNotTaken(String rest) {
        List<String> codes = new ArrayList<>();
        open();
        store.diagnostics().subscribe(diagnostic -> codes.add(diagnostic.code().name()));
        answer(rest);

        assertThat(codes).containsExactly("MALFORMED_REPLY");
        advance(Duration.ofSeconds(6));
        assertThat(hellos()).as("as if nothing had come").hasSize(2);
    }

    private static StoredRecord task(String id, long version) {
        return new StoredRecord(new RecordKey("task", id), "p1", version, new byte[0]);
    }

    private static String nodes(DigestTree tree, String prefix) {
        return '{' + pair(tree, prefix) + '}';
    }

    private static String pair(DigestTree tree, String prefix) {
        List<String> children = new ArrayList<>();
        for (DigestNode child : tree.children(prefix)) {
            children.add("[%d,'%s']".formatted(child.n(), child.fp()));
        }
        return "'%s':[%s]".formatted(prefix, String.join(",", children));
    }
}
