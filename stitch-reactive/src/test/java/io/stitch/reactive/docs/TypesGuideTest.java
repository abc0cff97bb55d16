package io.stitch.reactive.docs;

import com.fasterxml.jackson.annotation.JsonEnumDefaultValue;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.stitch.reactive.EntityType;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.StitchStore;
import io.stitch.reactive.docs.Refit.Project;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.cfg.EnumFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

import static io.stitch.reactive.docs.Refit.LIMIT;
import static io.stitch.reactive.docs.Refit.NOWHERE;
import static org.assertj.core.api.Assertions.assertThat;

/** The code of docs/types.md, and that it does what the chapter says. */
class TypesGuideTest {
    private final List<Object> printed = new CopyOnWriteArrayList<>();
    private final List<StitchStore> opened = new ArrayList<>();

    // ---- the code of the guide ----

    enum Priority {
        LOW,
        NORMAL,
        HIGH,
        @JsonEnumDefaultValue
        OTHER
    }

    record Contact(String name, Optional<String> phone) {}

    record Step(String id, String text, boolean done) {}

    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = Inspection.class, name = "inspection"),
        @JsonSubTypes.Type(value = Repair.class, name = "repair")
    })
    sealed interface Work permits Inspection, Repair {}

    record Inspection(int everyDays) implements Work {}

    record Repair(String part, BigDecimal cost) implements Work {}

    record Job(
            String id, String projectId, Priority priority, Contact owner, List<Step> steps, Work work, LocalDate due) {
        Job ownedBy(String name) {
            return new Job(id, projectId, priority, new Contact(name, owner.phone()), steps, work, due);
        }
    }

    static final EntityType<Job> JOB = EntityType.of("job", Job.class);

    record Versioned<T>(String id, String projectId, T value, List<T> earlier) {
        Versioned<T> with(T next) {
            return new Versioned<>(
                    id,
                    projectId,
                    next,
                    Stream.concat(Stream.of(value), earlier.stream()).toList());
        }
    }

    static final EntityType<Versioned<Contact>> CONTACT = EntityType.of("contact", new TypeReference<>() {});
    static final EntityType<Map<String, Object>> SETTINGS = EntityType.of("settings", new TypeReference<>() {});

    private static void rename(Scope scope) {
        scope.update(CONTACT, "c1", contact -> contact.with(new Contact("Ravi", Optional.empty())))
                .subscribe();
    }

    private static StitchStore withMapper(StitchSchema schema, RemoteOptions remote) {
        JsonMapper mapper = JsonMapper.builder()
                .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                .enable(EnumFeature.READ_UNKNOWN_ENUM_VALUES_USING_DEFAULT_VALUE)
                .build();
        StitchStore store = StitchStore.builder()
                .schema(schema)
                .remote(remote)
                .jsonMapper(mapper)
                .build();
        return store;
    }

    private static void handOver(Scope scope) {
        scope.update(JOB, "j1", job -> job.ownedBy("Ravi")).subscribe();
    }

    private void colour(Scope scope) {
        EntityType<ObjectNode> anyJob = EntityType.json("job");
        scope.get(anyJob, "j1").ifPresent(job -> print(job.path("owner").path("badge")));
        scope.update(anyJob, "j1", job -> job.put("colour", "red")).subscribe();
    }

    // ---- that it does what the chapter says ----

    private static final EntityType<Project> PROJECT = EntityType.of("project", Project.class);
    private static final JsonMapper JSON = JsonMapper.shared();

    private void print(Object line) {
        printed.add(line);
    }

    @AfterEach
    void closeStores() {
        opened.forEach(store -> store.close().block(LIMIT));
    }

    private Scope scope(StitchStore store) {
        opened.add(store);
        store.start().block(LIMIT);
        return store.openScope("apollo");
    }

    private static Mono<?> create(Scope scope, String json) {
        return scope.create(EntityType.json("job"), (ObjectNode) JSON.readTree(json.replace('\'', '"')));
    }

    @Test
    void anUpdateByAFunctionKeepsWhatTheTypeDoesNotKnow() {
        StitchSchema schema = StitchSchema.root(PROJECT).child(JOB, "projectId").build();
        Scope scope = scope(StitchStore.builder()
                .schema(schema)
                .remote(NOWHERE)
                .autoConnect(false)
                .build());
        create(scope, "{'id':'j1','projectId':'apollo','owner':{'name':'Mara','phone':'112','badge':7}}")
                .block(LIMIT);

        handOver(scope);
        colour(scope);

        JsonNode job = scope.records(EntityType.json("job"))
                .map(jobs -> jobs.get(0))
                .filter(seen -> seen.has("colour"))
                .blockFirst(LIMIT);
        assertThat(job.path("owner")).isEqualTo(JSON.readTree("{\"name\":\"Ravi\",\"phone\":\"112\",\"badge\":7}"));
        assertThat(printed).containsExactly(JSON.readTree("7"));
    }

    @Test
    void aGenericTypeIsReadAndWrittenAsWhatItStandsFor() {
        StitchSchema schema = StitchSchema.root(PROJECT)
                .child(CONTACT, "projectId")
                .child(SETTINGS, "projectId")
                .build();
        Scope scope = scope(StitchStore.builder()
                .schema(schema)
                .remote(NOWHERE)
                .autoConnect(false)
                .build());
        Contact mara = new Contact("Mara", Optional.of("112"));
        scope.create(CONTACT, new Versioned<>("c1", "apollo", mara, List.of())).block(LIMIT);
        scope.create(SETTINGS, Map.of("id", "s1", "projectId", "apollo", "dark", true))
                .block(LIMIT);

        rename(scope);

        Contact ravi = new Contact("Ravi", Optional.empty());
        assertThat(scope.records(CONTACT)
                        .filter(contacts -> !contacts.get(0).earlier().isEmpty())
                        .blockFirst(LIMIT))
                .containsExactly(new Versioned<>("c1", "apollo", ravi, List.of(mara)));
        assertThat(scope.snapshot(SETTINGS)).containsExactly(Map.of("id", "s1", "projectId", "apollo", "dark", true));
    }

    @Test
    void aMapperOfOnesOwnNamesFieldsAndForgivesUnknownConstants() {
        StitchSchema schema =
                StitchSchema.root(PROJECT).child(JOB, "project_id").build();
        Scope scope = scope(withMapper(schema, NOWHERE));

        create(
                        scope,
                        "{'id':'j1','project_id':'apollo','priority':'URGENT','work':{'kind':'inspection','every_days':30}}")
                .block(LIMIT);

        Job job = scope.get(JOB, "j1").orElseThrow();
        assertThat(job.priority()).isEqualTo(Priority.OTHER);
        assertThat(job.work()).isEqualTo(new Inspection(30));
    }
}
