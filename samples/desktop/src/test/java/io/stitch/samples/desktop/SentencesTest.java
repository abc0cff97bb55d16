package io.stitch.samples.desktop;

import io.stitch.reactive.ClockAheadException;
import io.stitch.reactive.ClosedException;
import io.stitch.reactive.ConnectionException;
import io.stitch.reactive.KeyMissingException;
import io.stitch.reactive.ModeMismatchException;
import io.stitch.reactive.MutationOverflowException;
import io.stitch.reactive.NotTrustedException;
import io.stitch.reactive.OnlyCopyException;
import io.stitch.reactive.PersistenceException;
import io.stitch.reactive.RequestFailedException;
import io.stitch.reactive.RequestRefusedException;
import io.stitch.reactive.SchemaException;
import io.stitch.reactive.StitchException;
import io.stitch.reactive.StoreFailedException;
import io.stitch.reactive.UnsupportedInModeException;
import io.stitch.reactive.ValidationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/** What users are told of errors. */
class SentencesTest {
    private static final String SECRET = "The server refused $DB/task/4711/create with 409: poison projectId 0x87";

    /** What only those who build or run the program understand. */
    private static final Pattern TECHNICAL = Pattern.compile(
            "\\$|DB/|poison|4711|0x|null|[a-z][A-Z]|\\b[45]\\d\\d\\b|Exception|topic|payload|JSON|MQTT|UUID|scope|record"
                    + "|enti?ty|reason code");

    static Stream<Throwable> everyError() {
        Throwable cause = new IllegalStateException(SECRET);
        return Stream.of(
                        Arrays.stream(ValidationException.Rule.values())
                                .flatMap(rule -> Stream.of("title", "name", "status", "assignee", "projectId", "id")
                                        .map(field -> new ValidationException(
                                                rule, "task", "4711", field, "\"poison\"", SECRET, cause))),
                        IntStream.of(400, 401, 403, 404, 409, 412, 418, 429, 500, 503)
                                .boxed()
                                .flatMap(code -> Stream.of(
                                        new RequestRefusedException(code, SECRET, cause),
                                        new RequestRefusedException(code, SECRET, cause, true))),
                        Arrays.stream(RequestFailedException.Reason.values())
                                .map(reason -> new RequestFailedException(reason, SECRET, cause)),
                        Arrays.stream(ConnectionException.Reason.values())
                                .flatMap(reason -> IntStream.of(-1, 0x86, 0x8E)
                                        .mapToObj(code -> new ConnectionException(reason, code, SECRET, cause))),
                        Arrays.stream(PersistenceException.Reason.values())
                                .map(reason -> new PersistenceException(reason, SECRET, cause)),
                        Stream.of(
                                new ModeMismatchException("server", "peer"),
                                new OnlyCopyException(SECRET),
                                new SchemaException(SECRET, cause),
                                new UnsupportedInModeException(SECRET),
                                new ClockAheadException(SECRET, cause),
                                new KeyMissingException(SECRET, cause),
                                new NotTrustedException(SECRET, cause),
                                new ClosedException(SECRET),
                                new StoreFailedException(SECRET, cause),
                                new MutationOverflowException(4711, cause),
                                cause,
                                new NullPointerException(),
                                new OutOfMemoryError(SECRET),
                                new TimeoutException(SECRET)))
                .flatMap(each -> each);
    }

    @Test
    void everyErrorOfTheLibraryIsAmongThem() {
        Set<Class<?>> tested = everyError().map(Throwable::getClass).collect(Collectors.toSet());
        assertThat(tested).contains(StitchException.class.getPermittedSubclasses());
        assertThat(everyError()
                        .filter(RequestRefusedException.class::isInstance)
                        .map(error -> ((RequestRefusedException) error).reason()))
                .contains(RequestRefusedException.Reason.values());
    }

    @ParameterizedTest
    @MethodSource("everyError")
    void anErrorIsToldInTheWordsOfTheUserInEachMode(Throwable error) {
        for (Mode mode : Mode.values()) {
            assertPlain(Sentences.of(error, mode));
            assertPlain(Sentences.notSaved("weld", error, mode));
            assertThat(Sentences.notSaved("weld", error, mode)).startsWith("“\u2068weld\u2069” was not saved. ");
        }
    }

    /** Words that say what to do, or that there is nothing to do. */
    private static void assertPlain(String sentence) {
        assertThat(sentence).endsWith(".").doesNotContainPattern(TECHNICAL);
        assertThat(sentence)
                .containsPattern(
                        "(?i)\\b(try|tried|tries|press|choose|enter|write|restart|update|start|ask|asks|tell|switch|shorten|change"
                                + "|make|wait|look|delete|open|close|connects|set|restore|repeat)\\b");
    }

    @Test
    void amongPeersNobodyIsSentToAServer() {
        assertThat(everyError().map(error -> Sentences.of(error, Mode.PEERS)))
                .filteredOn(sentence -> sentence.contains("The server"))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 401, 403, 404, 429, 500})
    void aBoardThatIsRefusedIsNamedIfItHasAName(int code) {
        String named = Sentences.boardRefused("Refit", code, Mode.SERVER);
        assertThat(named).startsWith("The board “\u2068Refit\u2069” ");
        assertPlain(named);
        assertThat(Sentences.boardRefused("", code, Mode.PEERS)).startsWith("This board ");
    }

    @ParameterizedTest
    @EnumSource(Mode.class)
    void whatHasNoTitleIsToldAllTheSame(Mode mode) {
        assertThat(Sentences.notSaved(" ", new IllegalStateException(SECRET), mode))
                .startsWith("What you wrote was not saved. ");
        assertThat(Sentences.parked("")).startsWith("What you wrote is not saved yet: ");
        assertThat(Sentences.notSavedHere("")).startsWith("What you wrote was not saved, ");
    }

    @Test
    void aSecondStartIsToldThatTheFirstOneRuns() {
        Throwable inUse = new CannotStartException(
                new IllegalStateException(SECRET, new SQLException("Database may be already in use", "90020", 90020)));
        assertThat(Sentences.cannotStart(inUse)).startsWith("The board is open already. ");
        assertPlain(Sentences.cannotStart(inUse));
        assertThat(Sentences.cannotStart(new CannotStartException(new IllegalStateException(SECRET))))
                .startsWith("The board cannot start, ");
        assertPlain(Sentences.cannotStart(new CannotStartException(new IllegalStateException(SECRET))));
    }

    /** An error has one way into the window; its own words have none. */
    @Test
    void nobodyElseAsksAnErrorForItsWords() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String source = Files.readString(file);
                List<String> lines = source.lines()
                        .filter(line -> line.matches(".*(getMessage|getLocalizedMessage)\\(.*")
                                || line.matches(".*\\.(message|detail)\\(\\).*")
                                || (line.matches(".*\\b(e|error|cause|failure)\\.toString\\(\\).*")
                                        && !line.contains("LOG.")))
                        // What is wrong with the command line is in the program's own words.
                        .filter(line ->
                                !(file.endsWith("DesktopBoard.java") && line.contains("err.println(e.getMessage())")))
                        .toList();
                assertThat(lines).as(file.toString()).isEmpty();
            }
        }
    }
}
