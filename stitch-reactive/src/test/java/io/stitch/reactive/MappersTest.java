package io.stitch.reactive;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.test.StepVerifier;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.util.List;

import static io.stitch.reactive.Board.LIMIT;
import static org.assertj.core.api.Assertions.assertThat;

/** Records through the default mapper, and through one that is stricter. */
class MappersTest {
    record Meeting(String id, OffsetDateTime at, ZonedDateTime there) {}

    record Person(String name) {}

    record Card(String id, String deckId, Person owner) {}

    private static final EntityType<Meeting> MEETING = EntityType.of("meeting", Meeting.class);
    private static final EntityType<Card> CARD = EntityType.of("card", Card.class);

    private final ScriptedBroker broker = ScriptedBroker.ofNewServer();
    private final JsonMapper strict = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();
    private final StitchStore store = StitchStore.builder()
            .schema(StitchSchema.root(MEETING).build())
            .remote(RemoteOptions.to("mqtt://broker.example"))
            .autoConnect(false)
            .build();

    @AfterEach
    void close() {
        store.close().block(LIMIT);
    }

    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    record Step(
            String id, boolean done, int count, @Nullable String note) {}

    private static final EntityType<Step> STEP = EntityType.of("step", Step.class);

    @ParameterizedTest
    @EnumSource(names = {"ALWAYS", "NON_NULL", "NON_EMPTY", "NON_DEFAULT"})
    void aFunctionChangesAFieldToWhatAMapperLeavesOut(JsonInclude.Include included) {
        StitchStore store = StitchStore.builder()
                .schema(StitchSchema.root(STEP).build())
                .remote(RemoteOptions.to("mqtt://broker.example"))
                .autoConnect(false)
                .jsonMapper(JsonMapper.builder()
                        .changeDefaultPropertyInclusion(
                                before -> JsonInclude.Value.construct(included, JsonInclude.Include.ALWAYS))
                        .build())
                .build();
        store.start().block(LIMIT);
        Scope scope = store.openScope("s1");
        scope.create(STEP, new Step("s1", true, 3, "later")).block(LIMIT);

        StepVerifier.create(scope.update(STEP, "s1", step -> new Step(step.id(), false, 0, null)))
                .expectNext(new Step("s1", false, 0, null))
                .expectComplete()
                .verify(LIMIT);
        assertThat(scope.snapshot(STEP)).containsExactly(new Step("s1", false, 0, null));
        assertThat(store.diagnosticCounts()).isEmpty();
        store.close().block(LIMIT);
    }

    @Test
    void aTimeIsReadWithTheZoneThatItWasWrittenWith() {
        Meeting written = new Meeting(
                "m1",
                OffsetDateTime.parse("2026-03-04T10:00:00+05:30"),
                ZonedDateTime.parse("2026-03-04T10:00:00+01:00[Europe/Paris]"));
        store.start().block(LIMIT);

        StepVerifier.create(store.openScope("m1").create(MEETING, written))
                .expectNext(written)
                .expectComplete()
                .verify(LIMIT);
    }

    @Test
    void aStrictMapperPassesOverTheFieldsOfTheProtocolAndOnlyThose() {
        StitchStore reader = StitchStore.builder()
                .schema(StitchSchema.root(MEETING).child(CARD, "deckId").build())
                .remote(RemoteOptions.to("mqtt://broker.example"))
                .clientId("c1")
                .connector(broker)
                .jsonMapper(strict)
                .build();
        reader.start().block(LIMIT);
        reader.connection().filter(ConnectionStatus::isConnected).blockFirst(LIMIT);
        Scope deck = reader.openScope("d1");
        deliver("c1", "'owner':{'name':'Ada'},'_version':3,'_expires_at':{'any':[1,2]}");
        deliver("c2", "'owner':{'name':'Ada'},'extra':1,'_version':3");
        deliver("c3", "'owner':{'name':'Ada','_inner':1},'_version':3");
        deliver("c4", "'owner':{'name':'Ben'},'_version':3");

        List<Card> readable =
                deck.records(CARD).filter(cards -> cards.size() == 2).blockFirst(LIMIT);

        assertThat(readable).extracting(Card::id).containsExactly("c1", "c4");
        assertThat(reader.diagnosticCounts()).containsEntry(DiagnosticCode.UNREADABLE_RECORD, 2L);
        reader.close().block(LIMIT);
    }

    private void deliver(String id, String fields) {
        broker.deliver(
                "$DB/project/d1/card/events/created".replace("project", "meeting"),
                "{'operation':'Create','entity':'card','id':'%1$s','data':{'id':'%1$s','deckId':'d1',%2$s}}"
                        .formatted(id, fields));
    }
}
