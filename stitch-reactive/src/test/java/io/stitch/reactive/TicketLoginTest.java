package io.stitch.reactive;

import io.stitch.reactive.ConnectionException.Reason;
import io.stitch.reactive.ConnectionStatus.Status;
import io.stitch.reactive.spi.Ticket;
import io.stitch.reactive.spi.TicketException;
import io.stitch.reactive.spi.TicketProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

import java.time.Duration;
import java.util.ArrayList;
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
}
