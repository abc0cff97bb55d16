package io.stitch.reactive;

import io.stitch.reactive.ConnectionException.Reason;
import io.stitch.reactive.ConnectionStatus.Status;
import io.stitch.reactive.spi.Ticket;
import io.stitch.reactive.spi.TicketException;
import io.stitch.reactive.spi.TicketProvider;
import io.stitch.reactive.spi.TransportException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

import static org.assertj.core.api.Assertions.assertThat;

/** Logging in with tickets, in virtual time. */
class TicketLoginTest {
    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final ScriptedBroker broker = ScriptedBroker.ofNewServer();
    private final List<ConnectionStatus> states = new ArrayList<>();
    private final List<StitchException> invalid = new ArrayList<>();
    private StitchStore store;
    private int tickets;
    private Mono<String> answer = Mono.fromSupplier(() -> "ticket-" + ++tickets);
    private Mono<AuthenticatedUser> user = Mono.empty();
    private int userQuestions;

    private final TicketProvider provider = new TicketProvider() {
        @Override
        public Mono<String> ticket() {
            return answer;
        }

        @Override
        public Mono<AuthenticatedUser> user() {
            return Mono.defer(() -> {
                userQuestions++;
                return user;
            });
        }
    };

    @AfterEach
    void close() {
        store.close().subscribe();
        time.advanceTime();
        time.dispose();
    }

    private void start(StitchSchema schema) {
        store = StitchStore.builder()
                .schema(schema)
                .remote(RemoteOptions.to("mqtt://broker.example").tickets(provider))
                .clientId("c1")
                .scheduler(time)
                .connector(broker)
                .build();
        store.connection().subscribe(states::add);
        store.sessionInvalid().subscribe(invalid::add);
        store.start().subscribe();
        time.advanceTime();
    }

    private void start() {
        start(Board.SCHEMA);
    }

    private ConnectionStatus last() {
        return states.get(states.size() - 1);
    }

    private Reason lastReason() {
        return ((ConnectionException) last().error()).reason();
    }

    @Test
    void eachConnectAsksForANewTicketAndTheUserIsAskedForOnce() {
        user = Mono.just(new AuthenticatedUser("ada"));
        start();
        broker.end(0x8B);
        time.advanceTimeBy(Duration.ofSeconds(2));

        assertThat(broker.requests)
                .extracting(request -> request.login())
                .containsExactly(new Ticket("ticket-1"), new Ticket("ticket-2"));
        assertThat(last().isConnected()).isTrue();
        assertThat(userQuestions).isEqualTo(1);
        StepVerifier.create(store.authenticatedUser().next())
                .expectNext(Optional.of(new AuthenticatedUser("ada")))
                .verifyComplete();
    }

    @Test
    void aProviderThatIsALambdaIsEnoughAndTheUserStaysUnknown() {
        store = StitchStore.builder()
                .schema(Board.SCHEMA)
                .remote(RemoteOptions.to("mqtt://broker.example").tickets(() -> Mono.just("t")))
                .scheduler(time)
                .connector(broker)
                .build();
        store.start().subscribe();
        time.advanceTime();

        StepVerifier.create(store.authenticatedUser().next())
                .expectNext(Optional.empty())
                .verifyComplete();
        assertThat(broker.openConnections()).isEqualTo(1);
    }

    @Test
    void aRefusedTicketIsFollowedByAFreshOneOnce() {
        broker.refuse(0x87);
        start();
        assertThat(last().status()).isEqualTo(Status.DISCONNECTED);

        time.advanceTimeBy(Duration.ofSeconds(2));
        assertThat(last().isConnected()).isTrue();
        assertThat(broker.requests.get(1).login()).isEqualTo(new Ticket("ticket-2"));
        assertThat(invalid).isEmpty();
    }

    @Test
    void twoRefusedTicketsInARowInvalidateTheSession() {
        broker.refuse(0x87);
        broker.refuse(0x87);
        start();
        time.advanceTimeBy(Duration.ofHours(1));

        assertThat(broker.attempts).isEqualTo(2);
        assertThat(last().status()).isEqualTo(Status.ERROR);
        assertThat(invalid).hasSize(1);
    }

    @Test
    void aStableConnectionEarnsTheNextTicketAnotherChance() {
        broker.refuse(0x87);
        start();
        time.advanceTimeBy(Duration.ofSeconds(20));
        broker.refuse(0x87);
        broker.end(0x8B);
        time.advanceTimeBy(Duration.ofSeconds(5));

        assertThat(broker.attempts).isEqualTo(4);
        assertThat(last().isConnected()).isTrue();
    }

    @Test
    void otherInvalidLoginsGetNoSecondChance() {
        broker.refuse(0x86);
        start();
        time.advanceTimeBy(Duration.ofHours(1));

        assertThat(broker.attempts).isEqualTo(1);
        assertThat(invalid).hasSize(1);
    }

    @Test
    void aProviderThatDoesNotAnswerIsGivenUpAfterTenSecondsAndAskedAgain() {
        answer = Mono.never();
        start();
        time.advanceTimeBy(Duration.ofMillis(9_999));
        assertThat(last().status()).isEqualTo(Status.CONNECTING);
        time.advanceTimeBy(Duration.ofMillis(1));

        assertThat(last().status()).isEqualTo(Status.DISCONNECTED);
        assertThat(lastReason()).isEqualTo(Reason.TICKET_UNAVAILABLE);
        assertThat(last().error()).hasMessageContaining("PT10S");
        assertThat(broker.attempts).isZero();
        answer = Mono.just("late");
        time.advanceTimeBy(Duration.ofSeconds(2));
        assertThat(last().isConnected()).isTrue();
    }

    @Test
    void aProviderThatFailsCompletesEmptyOrReturnsNonsenseIsAskedAgain() {
        for (Mono<String> wrong : List.<Mono<String>>of(
                Mono.error(new IllegalStateException("vault sealed")),
                Mono.empty(),
                Mono.just(""),
                Mono.just("line\nbreak"),
                Mono.just("x".repeat(20_000)))) {
            answer = wrong;
            start();
            assertThat(last().status()).isEqualTo(Status.DISCONNECTED);
            assertThat(lastReason()).isEqualTo(Reason.TICKET_UNAVAILABLE);
            assertThat(last().error()).hasMessageNotContaining("line").hasMessageNotContaining("xxx");
            assertThat(broker.attempts).isZero();
            store.close().subscribe();
            time.advanceTime();
        }
    }

    @Test
    void aProviderThatSaysTheSessionIsInvalidStopsTheStore() {
        answer = Mono.error(TicketException.sessionInvalid("log in again"));
        start();
        time.advanceTimeBy(Duration.ofHours(1));

        assertThat(broker.attempts).isZero();
        assertThat(last().status()).isEqualTo(Status.ERROR);
        assertThat(lastReason()).isEqualTo(Reason.INVALID_LOGIN);
        assertThat(invalid).singleElement().satisfies(error -> assertThat(error).hasMessage("log in again"));
    }

    @Test
    void aProviderThatAsksForPatienceGetsIt() {
        answer = Mono.error(TicketException.rateLimited("slow down", Duration.ofSeconds(45)));
        start();
        answer = Mono.just("t");
        time.advanceTimeBy(Duration.ofMillis(44_999));
        assertThat(broker.attempts).isZero();
        time.advanceTimeBy(Duration.ofMillis(1));

        assertThat(last().isConnected()).isTrue();
    }

    @Test
    void rootsAreThoseOfTheUserThatTheProviderTells() {
        user = Mono.just(new AuthenticatedUser("ada"));
        start(ownedProjects());
        store.listRoots(Board.PROJECT).subscribe(root -> {}, error -> {});
        time.advanceTime();

        assertThat(broker.sentTo("$DB/project/list").get(0).path("filters").toString())
                .contains("\"ownerId\"")
                .contains("\"ada\"");
    }

    @Test
    void aProviderThatDoesNotTellTheUserIsNotEnoughWhereRootsHaveOwners() {
        start(ownedProjects());

        assertThat(lastReason()).isEqualTo(Reason.TICKET_UNAVAILABLE);
        assertThat(last().error()).hasMessageContaining("TicketProvider.user()");
        assertThat(broker.attempts).isZero();
    }

    private static StitchSchema ownedProjects() {
        return StitchSchema.root(Board.PROJECT)
                .child(Board.TASK, "projectId")
                .userScopeField("ownerId")
                .build();
    }

    @Test
    void aNewLoginAsksForItsUser() {
        user = Mono.just(new AuthenticatedUser("ada"));
        start();
        store.resetForLogout().subscribe();
        time.advanceTime();
        user = Mono.just(new AuthenticatedUser("ben"));

        store.reconnect(RemoteOptions.to("mqtt://broker.example").tickets(provider))
                .subscribe();
        time.advanceTime();

        StepVerifier.create(store.authenticatedUser().next())
                .expectNext(Optional.of(new AuthenticatedUser("ben")))
                .verifyComplete();
    }

    @Test
    void whatIsWrittenBeforeTheUserIsKnownIsSentWhenItIs() {
        broker.answers = message -> message.topic().equals("$DB/note/create")
                ? "{'status':'ok','data':{'_version':1,'id':'n1','text':'early'}}"
                : null;
        user = Mono.just(new AuthenticatedUser("ada"));
        answer = Mono.error(TicketException.unavailable("no network", null));
        start();
        store.collection(Board.NOTE)
                .create(new Board.Note("n1", "early"))
                .result()
                .subscribe();
        time.advanceTime();
        answer = Mono.just("t");
        time.advanceTimeBy(Duration.ofSeconds(3));

        assertThat(broker.sentTo("$DB/note/create")).hasSize(1);
    }

    @Test
    void whatOneUserHasNotSentIsKeptForThemAndNotSentForAnother() {
        user = Mono.just(new AuthenticatedUser("ada"));
        start();
        store.disconnect().subscribe();
        time.advanceTime();
        store.collection(Board.NOTE)
                .create(new Board.Note("n1", "hers"))
                .result()
                .subscribe();
        time.advanceTime();
        store.resetForLogout().subscribe();
        time.advanceTime();
        assertThat(store.collection(Board.NOTE).snapshot()).isEmpty();

        user = Mono.just(new AuthenticatedUser("ben"));
        logIn();
        assertThat(broker.sentTo("$DB/note/create")).isEmpty();
        assertThat(store.collection(Board.NOTE).snapshot()).isEmpty();

        store.resetForLogout().subscribe();
        time.advanceTime();
        user = Mono.just(new AuthenticatedUser("ada"));
        logIn();
        assertThat(broker.sentTo("$DB/note/create")).hasSize(1);
    }

    private void logIn() {
        store.reconnect(RemoteOptions.to("mqtt://broker.example").tickets(provider))
                .subscribe();
        time.advanceTimeBy(Duration.ofSeconds(1));
    }

    /** A token that is good for some time, as its claims say. */
    private static String token(int number, String claims) {
        String payload = Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(claims.formatted(number).getBytes(StandardCharsets.UTF_8));
        return "eyJhbGciOiJub25lIn0." + payload + ".x";
    }

    private void tokens(String claims) {
        answer = Mono.fromSupplier(() -> token(++tickets, claims));
    }

    @Test
    void aTicketIsRenewedBeforeItExpiresAndTheConnectionGoesOn() {
        // Far from this machine's time, which tells nothing then.
        tokens("{\"sub\":\"%d\",\"iat\":4000000000,\"exp\":4000000100}");
        start();
        time.advanceTimeBy(Duration.ofSeconds(79));
        assertThat(broker.renewals).isEmpty();
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(broker.renewals).hasSize(1);
        time.advanceTimeBy(Duration.ofSeconds(80));

        assertThat(broker.renewals).hasSize(2).doesNotHaveDuplicates();
        assertThat(broker.requests).hasSize(1);
        assertThat(states.stream().filter(ConnectionStatus::isConnected)).hasSize(1);
    }

    @Test
    void aTicketThatDoesNotSayWhenItWasMadeIsRenewedByThisMachinesTime() {
        tokens("{\"sub\":\"%d\",\"exp\":100}");
        start();
        time.advanceTimeBy(Duration.ofSeconds(80));
        assertThat(broker.renewals).hasSize(1);
        time.advanceTimeBy(Duration.ofSeconds(15));
        assertThat(broker.renewals)
                .as("20 s are left, 5 s, then as rarely as may be")
                .hasSize(1);
        time.advanceTimeBy(Duration.ofSeconds(1));
        assertThat(broker.renewals).hasSize(2);
    }

    @Test
    void aSessionThatHasEndedIsNoticedWhenTheTicketIsToBeRenewed() {
        tokens("{\"sub\":\"%d\",\"iat\":0,\"exp\":100}");
        start();
        answer = Mono.error(TicketException.sessionInvalid("Logged out."));
        time.advanceTimeBy(Duration.ofSeconds(81));

        assertThat(last().status()).isEqualTo(Status.ERROR);
        assertThat(invalid).hasSize(1);
    }

    @Test
    void aProviderInTroubleIsAskedAgainAndTheConnectionGoesOn() {
        tokens("{\"sub\":\"%d\",\"iat\":0,\"exp\":100}");
        start();
        Mono<String> good = answer;
        answer = Mono.error(TicketException.unavailable("Not now.", null));
        time.advanceTimeBy(Duration.ofSeconds(85));
        assertThat(last().isConnected()).isTrue();
        assertThat(broker.renewals).isEmpty();
        answer = good;
        time.advanceTimeBy(Duration.ofSeconds(6));

        assertThat(broker.renewals).hasSize(1);
        assertThat(last().isConnected()).isTrue();
    }

    private void endWhenATicketIsShown() {
        broker.renewal = Mono.defer(() -> {
            broker.end(0x82);
            return Mono.error(new TransportException(TransportException.Kind.CONNECTION_LOST, -1, "No.", null));
        });
    }

    @Test
    void aBrokerThatTwiceDoesNotTakeANewTicketIsShownNoMore() {
        tokens("{\"sub\":\"%d\",\"iat\":0,\"exp\":100}");
        endWhenATicketIsShown();
        start();
        time.advanceTimeBy(Duration.ofSeconds(400));

        assertThat(broker.renewals).hasSize(2);
        assertThat(broker.requests).hasSize(3);
        assertThat(last().isConnected()).isTrue();
    }

    @Test
    void aConnectionThatIsLostJustWhenATicketIsShownSaysNothingOfTheNextOne() {
        tokens("{\"sub\":\"%d\",\"iat\":0,\"exp\":100}");
        endWhenATicketIsShown();
        start();
        time.advanceTimeBy(Duration.ofSeconds(85));
        assertThat(broker.requests).hasSize(2);
        broker.renewal = Mono.just(true);
        time.advanceTimeBy(Duration.ofSeconds(81));
        assertThat(broker.renewals).hasSize(2);

        endWhenATicketIsShown();
        time.advanceTimeBy(Duration.ofSeconds(85));
        broker.renewal = Mono.just(true);
        time.advanceTimeBy(Duration.ofSeconds(81));
        assertThat(broker.renewals).as("it has taken one").hasSize(4);
        assertThat(broker.requests).hasSize(3);
    }

    @Test
    void anotherBrokerIsShownTicketsThoughTheOneBeforeTookNone() {
        tokens("{\"sub\":\"%d\",\"iat\":0,\"exp\":100}");
        endWhenATicketIsShown();
        start();
        time.advanceTimeBy(Duration.ofSeconds(200));
        broker.renewals.clear();
        broker.renewal = Mono.just(true);

        store.reconnect(RemoteOptions.to("mqtt://other.example").tickets(provider))
                .subscribe();
        time.advanceTimeBy(Duration.ofSeconds(81));
        assertThat(broker.renewals).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"sub\":\"%d\"}",
                "{\"sub\":\"%d\",\"exp\":\"soon\"}",
                "[%d]",
                "{%d",
                "{\"sub\":\"%d\",\"exp\":1e999}",
            })
    void whatDoesNotSayWhenItExpiresIsNotRenewed(String claims) {
        tokens(claims);
        start();
        time.advanceTimeBy(Duration.ofDays(1));
        assertThat(broker.renewals).isEmpty();
        assertThat(last().isConnected()).isTrue();
    }

    @Test
    void aTicketWithALongOrNoLifeCostsNothing() {
        tokens("{\"sub\":\"%d\",\"iat\":100,\"exp\":1}");
        start();
        time.advanceTimeBy(Duration.ofSeconds(21));
        assertThat(broker.renewals).as("every 5 s at most").hasSizeBetween(1, 4);
        answer = Mono.fromSupplier(() -> token(++tickets, "{\"sub\":\"%d\",\"exp\":1e300}"));
        time.advanceTimeBy(Duration.ofSeconds(5));
        int before = broker.renewals.size();
        time.advanceTimeBy(Duration.ofDays(23));
        assertThat(broker.renewals).hasSize(before);
    }
}
