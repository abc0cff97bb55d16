package io.stitch.reactive;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.stitch.fuzz.Cost;
import io.stitch.fuzz.Letter;
import io.stitch.reactive.spi.JsonBounds;
import io.stitch.reactive.spi.TicketException;
import tools.jackson.databind.node.ObjectNode;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;

import static org.assertj.core.api.Assertions.assertThat;

/** What a server of tickets answers. The inputs are {@link Letter}s, of which the first line is the status. */
class HttpTicketProviderFuzzTest {
    private static final String URL = "https://tickets.example";

    @FuzzTest
    void answers(byte[] input) {
        Letter letter = Letter.of(input);
        HttpTicketProvider provider = HttpTicketProvider.at(URL);
        String field = letter.value("field");
        HttpTicketProvider named = field == null ? provider : provider.userIdField(field);
        Optional<Duration> retryAfter = HttpExchange.retryAfter(letter.value("retry-after"));
        assertThat(retryAfter.orElse(Duration.ZERO).isNegative()).isFalse();
        int status = letter.topic().matches("[1-5][0-9]{2}") ? Integer.parseInt(letter.topic()) : 200;
        ObjectNode answer;
        try {
            answer = Cost.bounded(
                    input.length,
                    () -> named.accepted(
                            new HttpExchange.Answer(status, retryAfter, letter.payload()), "GET " + URL, "/auth"));
        } catch (TicketException | HttpExchange.RepeatableException told) {
            assertTold(told, letter.payload());
            return;
        }
        assertThat(status).isEqualTo(200);
        try {
            assertThat(named.ticketIn(answer)).matches("[!-~]{1,16384}");
        } catch (TicketException told) {
            assertTold(told, letter.payload());
        }
        try {
            AuthenticatedUser user = named.userIn(answer);
            assertThat(user.id()).isNotBlank();
            assertThat(user.toString()).isNotEmpty();
        } catch (TicketException told) {
            assertTold(told, letter.payload());
        }
    }

    /** What went wrong is told, without what may have been a ticket. */
    private static void assertTold(RuntimeException told, byte[] payload) {
        assertThat(told).hasMessageMatching("(?s).{1,500}");
        String ticket = ticketIn(payload);
        if (ticket.length() > 40) {
            assertThat(told.getMessage()).doesNotContain(ticket);
        }
    }

    private static String ticketIn(byte[] payload) {
        return JsonBounds.problem(payload) == null
                ? JsonBounds.read(payload).path("ticket").asString("")
                : new String(payload, StandardCharsets.UTF_8);
    }
}
