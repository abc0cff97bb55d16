package io.stitch.reactive.internal.connection;

import io.stitch.reactive.spi.TransportException;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;

import java.util.function.Function;

/** Answers over one connection, and its end. */
class OpenAnswersTest {
    private final TransportException end =
            new TransportException(TransportException.Kind.CONNECTION_LOST, -1, "the end", null);

    private final OpenAnswers answers = new OpenAnswers();
    private final TestPublisher<Integer> question = TestPublisher.create();

    private Mono<String> asked() {
        return answers.to(
                () -> question,
                String::valueOf,
                error -> new IllegalStateException("explained: " + error.getMessage()));
    }

    @Test
    void anAnswerIsReadAndAFailureExplained() {
        StepVerifier.create(asked())
                .then(() -> question.next(7))
                .expectNext("7")
                .verifyComplete();
        StepVerifier.create(asked())
                .then(() -> question.error(new IllegalArgumentException("no")))
                .verifyErrorMessage("explained: no");
    }

    @Test
    void allThatIsOpenFailsWhenTheConnectionEndsAndAllThatIsAskedAfterIt() {
        StepVerifier.create(Mono.whenDelayError(asked(), asked()))
                .then(() -> answers.end(end))
                .expectErrorMatches(error -> error.getSuppressed().length == 0 || error.getMessage() != null)
                .verify();
        question.assertWasCancelled();
        question.assertNoSubscribers();
        StepVerifier.create(asked()).verifyErrorMatches(end::equals);
        question.assertNoSubscribers();
    }

    @Test
    void whatComesAfterTheEndIsDropped() {
        TestPublisher<Integer> late = TestPublisher.createNoncompliant(TestPublisher.Violation.CLEANUP_ON_TERMINATE);
        StepVerifier.create(answers.to(() -> late, Function.identity(), Function.identity()))
                .then(() -> answers.end(end))
                .expectErrorMatches(end::equals)
                .verifyThenAssertThat()
                .hasNotDroppedErrors();
        late.error(new IllegalStateException("late"));
    }

    @Test
    void whoCancelsIsNotWaitedForAnyMore() {
        StepVerifier.create(asked()).thenCancel().verify();
        question.assertWasCancelled();
    }

    @Test
    void aQuestionThatCannotBeAskedFails() {
        StepVerifier.create(answers.<Integer, Integer>to(
                        () -> {
                            throw new IllegalArgumentException("cannot be asked");
                        },
                        Function.identity(),
                        Function.identity()))
                .verifyErrorMessage("cannot be asked");
    }
}
