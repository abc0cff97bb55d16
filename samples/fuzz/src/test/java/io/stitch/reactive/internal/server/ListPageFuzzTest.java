package io.stitch.reactive.internal.server;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.stitch.fuzz.Cost;
import io.stitch.fuzz.Letter;
import io.stitch.reactive.Names;
import io.stitch.reactive.internal.Diagnostics;
import io.stitch.reactive.internal.mode.RequestException;
import io.stitch.reactive.internal.wire.Decoder;
import io.stitch.reactive.internal.wire.Inbound;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.wire.Reply;
import io.stitch.reactive.internal.wire.Topics;
import io.stitch.reactive.internal.wire.WireSchema;
import io.stitch.reactive.spi.InboundMessage;
import io.stitch.reactive.spi.JsonBounds;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Schedulers;
import tools.jackson.databind.JsonNode;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;

import static org.assertj.core.api.Assertions.assertThat;

/** A page of a list, as a server sent it. The inputs are {@link Letter}s, whose first line is the id that the page before ended with. */
class ListPageFuzzTest {
    private static final int SIZE = 3;
    private static final Topics TOPICS = new Topics("$DB", "$DB/clients", "project");
    private static final Decoder DECODER = new Decoder(
            TOPICS,
            new WireSchema("project", Map.of("task", "projectId"), Set.of()),
            "c1",
            "mqdb-",
            1 << 20,
            "updatedAt");

    @FuzzTest
    void pages(byte[] input) {
        Letter letter = Letter.of(input);
        String after = letter.topic().isEmpty() ? null : letter.topic();
        Object decoded = DECODER.decode(new InboundMessage("$DB/clients/c1/r1", letter.payload(), false, List.of()));
        if (decoded instanceof Inbound.Response response && response.reply() instanceof Reply.Ok ok) {
            ListWalk walk = new ListWalk(null, TOPICS, Schedulers.immediate(), new Diagnostics(Schedulers.immediate()));
            String field = letter.says("filtered") ? "projectId" : null;
            Feed.Source source = Feed.Source.list("task", field, field == null ? null : "p1");
            Object page;
            try {
                page = Cost.bounded(input.length, () -> walk.page(source, TOPICS.list("task"), after, SIZE, ok));
            } catch (RequestException refused) {
                assertThat(refused.kind()).isEqualTo(RequestException.Kind.UNEXPECTED_REPLY);
                return;
            }
            check((ListWalk.Page) page, after, field, ok.data());
        }
    }

    private static void check(Object taken, @Nullable String after, @Nullable String field, JsonNode data) {
        ListWalk.Page page = (ListWalk.Page) taken;
        assertThat(page.nextSize()).isBetween(1, 8_000);
        assertThat(page.last()).isEqualTo(data.size() < SIZE);
        assertThat(page.lastId())
                .isEqualTo(
                        data.isEmpty()
                                ? after
                                : data.get(data.size() - 1).path("id").stringValue(null));
        String before = after;
        for (ListWalk.Listed listed : page.records()) {
            assertThat(Names.idProblem(listed.id())).isNull();
            assertThat(before == null || ascends(before, listed.id())).isTrue();
            before = listed.id();
            assertThat(JsonBounds.problem(listed.json())).isNull();
            JsonNode record = Json.readObject(listed.json());
            assertThat(record.path("id").stringValue(null)).isEqualTo(listed.id());
            assertThat(field == null || record.path(field).asString("").equals("p1"))
                    .isTrue();
        }
    }

    private static boolean ascends(String before, String after) {
        return Arrays.compareUnsigned(before.getBytes(StandardCharsets.UTF_8), after.getBytes(StandardCharsets.UTF_8))
                < 0;
    }
}
