package io.stitch.reactive;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.stitch.reactive.internal.wire.Json;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Records of a generic type. */
class GenericTypesTest {
    record Project(String id) {}

    record Page<T>(String id, String projectId, T first, List<T> rest) {
        Page<T> beginning(T newFirst) {
            return new Page<>(id, projectId, newFirst, rest);
        }
    }

    record Visit(LocalDate day, BigDecimal cost) {}

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = Walk.class, name = "walk"),
        @JsonSubTypes.Type(value = Ride.class, name = "ride")
    })
    sealed interface Trip permits Walk, Ride {}

    record Walk(int steps) implements Trip {}

    record Ride(String line) implements Trip {}

    static class Titled<T> {
        public String id = "";
        public String projectId = "p1";
        public @Nullable T title;
    }

    static class Dated<T> extends Titled<T> {
        public int year;
    }

    private static final EntityType<Page<Visit>> VISITS = EntityType.of("visits", new TypeReference<>() {});
    private static final EntityType<Page<Trip>> TRIPS = EntityType.of("trips", new TypeReference<>() {});
    private static final EntityType<Titled<Visit>> TITLED = EntityType.of("titled", new TypeReference<>() {});
    private static final EntityType<Map<String, Object>> MAPS = EntityType.of("maps", new TypeReference<>() {});
    private static final Visit MONDAY = new Visit(LocalDate.of(2026, 11, 23), new BigDecimal("1.50"));
    private static final Visit TUESDAY = new Visit(LocalDate.of(2026, 11, 24), new BigDecimal("2.50"));

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final StitchStore store = StitchStore.builder()
            .schema(StitchSchema.root(EntityType.of("project", Project.class))
                    .child(VISITS, "projectId")
                    .child(TRIPS, "projectId")
                    .child(TITLED, "projectId")
                    .child(MAPS, "projectId")
                    .build())
            .remote(RemoteOptions.to("mqtt://127.0.0.1:1"))
            .autoConnect(false)
            .scheduler(time)
            .build();
    private final Scope scope = opened();

    private Scope opened() {
        store.start().subscribe();
        Scope opened = store.openScope("p1");
        time.advanceTime();
        return opened;
    }

    @AfterEach
    void close() {
        store.close().subscribe();
        time.advanceTime();
        time.dispose();
    }

    private void write(Mono<?> write) {
        write.subscribe();
        time.advanceTime();
    }

    private void create(EntityType<?> type, String json) {
        write(scope.create(
                EntityType.json(type.name()), (ObjectNode) JsonMapper.shared().readTree(json.replace('\'', '"'))));
    }

    private ObjectNode json(EntityType<?> type) {
        return scope.snapshot(EntityType.json(type.name())).get(0);
    }

    @Test
    void whatTheParameterStandsForIsReadAndWritten() {
        Page<Visit> page = new Page<>("v1", "p1", MONDAY, List.of(TUESDAY));
        write(scope.create(VISITS, page));

        assertThat(json(VISITS)).isEqualTo(Json.read("""
                                {"id":"v1","projectId":"p1","first":{"day":"2026-11-23","cost":1.50},
                                 "rest":[{"day":"2026-11-24","cost":2.50}]}
                                """.getBytes(StandardCharsets.UTF_8)));
        assertThat(scope.snapshot(VISITS)).containsExactly(page);
        assertThat(scope.events().map(event -> event.record(VISITS)).blockFirst())
                .isEqualTo(page);
    }

    @Test
    void anUpdateByAFunctionKeepsWhatTheParameterDoesNotKnow() {
        create(
                VISITS,
                "{'id':'v1','projectId':'p1','first':{'day':'2026-11-23','cost':1.50,'badge':7},'rest':[],'x':1}");

        write(scope.update(VISITS, "v1", page -> page.beginning(TUESDAY)));

        assertThat(json(VISITS).path("first").path("day").stringValue()).isEqualTo("2026-11-24");
        assertThat(json(VISITS).path("first").path("badge").intValue()).isEqualTo(7);
        assertThat(json(VISITS).path("x").intValue()).isEqualTo(1);
    }

    @Test
    void theFieldThatNamesATypeIsWrittenForAParameterToo() {
        Page<Trip> page = new Page<>("t1", "p1", new Walk(9_000), List.of(new Ride("U2"), new Walk(5)));
        write(scope.create(TRIPS, page));

        assertThat(json(TRIPS).path("first").path("kind").asString("")).isEqualTo("walk");
        assertThat(json(TRIPS).path("rest").path(0).path("kind").asString("")).isEqualTo("ride");
        assertThat(scope.snapshot(TRIPS)).containsExactly(page);
    }

    @Test
    void aSubclassKeepsItsFields() {
        Dated<Visit> dated = new Dated<>();
        dated.id = "d1";
        dated.title = MONDAY;
        dated.year = 2026;
        write(scope.create(TITLED, dated));

        assertThat(json(TITLED).path("year").intValue()).isEqualTo(2026);
        assertThat(scope.snapshot(TITLED).get(0).title).isEqualTo(MONDAY);
    }

    @Test
    void aMapIsARecord() {
        write(scope.create(MAPS, Map.of("id", "m1", "projectId", "p1", "deep", Map.of("n", 1))));

        assertThat(scope.snapshot(MAPS)).containsExactly(Map.of("id", "m1", "projectId", "p1", "deep", Map.of("n", 1)));
    }

    @Test
    void aRecordThatDoesNotFitIsReportedWithTheWholeType() {
        create(VISITS, "{'id':'v1','projectId':'p1','first':'soon','rest':[]}");

        assertThatThrownBy(() -> scope.snapshot(VISITS))
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining("Page<")
                .hasMessageContaining("Visit>")
                .hasMessageContaining("v1");
        assertThat(VISITS.toString()).contains("visits as ").contains("Visit>");
    }

    @Test
    void aReferenceToAPlainTypeIsThatType() {
        EntityType<Project> project = EntityType.of("project", new TypeReference<>() {});

        assertThat(project.javaType()).isEqualTo(Project.class);
        assertThat(project).hasToString(EntityType.of("project", Project.class).toString());
        assertThat(VISITS.javaType()).isEqualTo(Page.class);
    }

    private static <T> EntityType<T> open() {
        return EntityType.of("open", new TypeReference<>() {});
    }

    private static <T> EntityType<Page<List<? extends T[]>>> deeplyOpen() {
        return EntityType.of("open", new TypeReference<>() {});
    }

    @Test
    void aTypeVariableIsRefused() {
        assertThatThrownBy(GenericTypesTest::<Project>open)
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining("type variable");
        assertThatThrownBy(GenericTypesTest::<Project>deeplyOpen)
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining("type variable");
    }

    @Test
    void aNameThatIsNoneIsRefused() {
        assertThatThrownBy(() -> EntityType.of("a/b", new TypeReference<Page<Visit>>() {}))
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining("a/b");
    }
}
