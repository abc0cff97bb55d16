package io.stitch.reactive;

import io.stitch.reactive.internal.people.Presence;
import io.stitch.reactive.spi.InboundMessage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.Disposable;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

/** Who is connected, as a server tells it while somebody watches. */
class PresenceInVirtualTimeTest {
    private static final String FILTER = "$DB/_presence/+";

    @RegisterExtension
    final StoresInTime stores = new StoresInTime(Throwable::getMessage);

    private final ScriptedBroker broker = ScriptedBroker.ofNewServer();
    private final List<List<PresentClient>> lists = new ArrayList<>();
    private final List<Throwable> errors = new ArrayList<>();
    private boolean completed;

    private StitchStore store() {
        StitchStore store = stores.build(StitchStore.builder()
                .schema(StitchSchema.root(Board.PROJECT).build())
                .remote(RemoteOptions.to("mqtt://broker.example"))
                .clientId("me")
                .connector(broker));
        store.start().subscribe();
        settle();
        return store;
    }

    private Disposable watch(StitchStore store) {
        Disposable watching = store.presence().subscribe(lists::add, errors::add, () -> completed = true);
        settle();
        return watching;
    }

    private void settle() {
        stores.time.advanceTimeBy(Duration.ofSeconds(1));
    }

    private void says(String client, String user, String event, long at, boolean retained) {
        String payload = "{'client_id':'%s','user_id':%s,'event':'%s','unexpected':false,'ts':%d}"
                .formatted(client, user, event, at)
                .replace('\'', '"');
        broker.deliver(new InboundMessage(
                "$DB/_presence/" + client, payload.getBytes(StandardCharsets.UTF_8), retained, List.of()));
        settle();
    }

    private void isThere(String client, long at) {
        says(client, "null", "connect", at, false);
    }

    private List<String> newest() {
        return lists.get(lists.size() - 1).stream().map(PresentClient::clientId).toList();
    }

    @Test
    void thoseWhoWereThereBeforeAndThoseWhoComeAreListed() {
        StitchStore store = store();
        watch(store);
        assertThat(lists).containsExactly(List.of());

        says("bob-2", "'bob'", "connect", 1_796_058_370_638L, true);
        says("early-1", "'eve'", "disconnect", 1_796_058_369_567L, true);
        says("anon", "null", "connect", 5, false);

        assertThat(lists.get(lists.size() - 1))
                .containsExactly(
                        new PresentClient("anon", null, Instant.ofEpochMilli(5)),
                        new PresentClient("bob-2", "bob", Instant.ofEpochMilli(1_796_058_370_638L)));

        says("bob-2", "'bob'", "disconnect", 1_796_058_370_700L, false);
        assertThat(newest()).containsExactly("anon");
        assertThat(store.diagnosticCounts()).isEmpty();
    }

    @Test
    void thisClientIsNotAmongTheOthers() {
        watch(store());
        isThere("me", 1);
        isThere("you", 1);
        assertThat(newest()).containsExactly("you");
    }

    @Test
    void theLaterWordCountsAndOfTwoOfOneTimeTheSecond() {
        StitchStore store = store();
        watch(store);
        isThere("bob", 100);
        says("bob", "null", "disconnect", 99, false); // Of the connection that was taken over.
        assertThat(newest()).containsExactly("bob");
        says("bob", "null", "disconnect", 100, false);
        assertThat(newest()).isEmpty();
        isThere("bob", 99);
        assertThat(newest()).isEmpty();
        isThere("bob", 100);
        assertThat(newest()).containsExactly("bob");
        assertThat(store.diagnosticCounts()).containsEntry(DiagnosticCode.OUTDATED, 2L);
    }

    @Test
    void whatIsOlderThanAGoodbyeBringsNobodyBack() {
        watch(store());
        says("bob", "null", "disconnect", 100, false); // Before what was retained.
        says("bob", "null", "connect", 90, true);
        assertThat(newest()).isEmpty();
    }

    @Test
    void theBrokerIsAskedOnlyWhileSomebodyWatches() {
        StitchStore store = store();
        assertThat(broker.filters).doesNotContain(FILTER);

        Disposable first = watch(store);
        Disposable second = watch(store);
        assertThat(broker.retainedFilters).containsExactly(FILTER);
        isThere("bob", 1);
        first.dispose();
        settle();
        assertThat(broker.filters).contains(FILTER);
        second.dispose();
        settle();
        assertThat(broker.filters).doesNotContain(FILTER);

        isThere("late", 2);
        lists.clear();
        watch(store);
        assertThat(lists).containsExactly(List.of());
        assertThat(broker.retainedFilters).containsExactly(FILTER, FILTER);
    }

    @Test
    void afterAReconnectItIsAskedAgainAndUntilThenNobodyIsThere() {
        StitchStore store = store();
        watch(store);
        isThere("bob", 7);
        watch(store);
        assertThat(newest()).containsExactly("bob");

        store.disconnect().subscribe();
        settle();
        assertThat(newest()).isEmpty();

        store.connect().subscribe();
        settle();
        assertThat(broker.retainedFilters).containsExactly(FILTER, FILTER);
        isThere("ada", 3);
        assertThat(newest()).containsExactly("ada");
    }

    @Test
    void whoWatchesBeforeThereIsAConnectionIsToldWhenThereIsOne() {
        broker.unreachable(1);
        StitchStore store = store();
        watch(store);
        assertThat(lists).containsExactly(List.of());
        stores.time.advanceTimeBy(Duration.ofMinutes(1));
        isThere("bob", 1);
        assertThat(newest()).containsExactly("bob");
    }

    @Test
    void aBrokerThatRefusesIsAnErrorForThoseWhoWatchAndForNobodyElse() {
        broker.refuseFiltersOf("_presence");
        StitchStore store = store();
        watch(store);
        assertThat(errors).singleElement().isInstanceOfSatisfying(RequestRefusedException.class, refused -> {
            assertThat(refused.reason()).isEqualTo(RequestRefusedException.Reason.FORBIDDEN);
            assertThat(refused).hasMessageContaining(FILTER);
        });
        assertThat(store.connectionStatus().isConnected()).isTrue();
    }

    @Test
    void aListThatIsLongIsToldAFewTimesASecond() {
        StitchStore store = store();
        watch(store);
        for (int i = 0; i < 300; i++) {
            broker.deliver(
                    "$DB/_presence/c" + i,
                    "{'client_id':'c%d','user_id':null,'event':'connect','unexpected':false,'ts':1}".formatted(i));
            stores.time.advanceTimeBy(Duration.ofMillis(1));
        }
        settle();
        assertThat(newest()).hasSize(300);
        assertThat(lists).hasSizeLessThan(106);
    }

    @Test
    void aboveTheBoundTheOneThatWasHeardOfLongestAgoIsNotListed() {
        StitchStore store = store();
        watch(store);
        for (int i = 0; i <= Presence.BOUND; i++) {
            broker.deliver(
                    "$DB/_presence/c" + i,
                    "{'client_id':'c%d','user_id':null,'event':'connect','unexpected':false,'ts':1}".formatted(i));
        }
        settle();
        assertThat(newest()).hasSize(Presence.BOUND).contains("c1").doesNotContain("c0");
        assertThat(store.diagnosticCounts()).containsEntry(DiagnosticCode.FORGOTTEN, 1L);
    }

    @Test
    void theListsEndWithTheStore() {
        StitchStore store = store();
        watch(store);
        store.close().subscribe();
        settle();
        assertThat(completed).isTrue();
        watch(store);
        assertThat(errors).singleElement().isInstanceOf(ClosedException.class);
    }
}
