package io.stitch.server;

import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

import java.util.Map;
import java.util.stream.Collectors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class SampleBoardTest {
    @Test
    void aNewServerGetsABoardThatKeepsItsOwnRules() {
        try (StitchServer server = StitchServer.start(SampleBoard.rules().build())) {
            SampleBoard.seed(server, 12);

            assertThat(server.record("project", SampleBoard.PROJECT)).isPresent();
            assertThat(server.records("task"))
                    .hasSize(12)
                    .allSatisfy(task ->
                            assertThat(task.path("projectId").asString()).isEqualTo(SampleBoard.PROJECT));
            String taken = server.records("task").get(0).path("title").asString();
            ObjectNode second =
                    SampleBoard.tasks(SampleBoard.PROJECT, 13).get(12).put("title", taken);
            assertThatThrownBy(() -> server.put("task", second.toString())).hasMessageContaining("unique");
        }
    }

    @Test
    void aServerThatHasAProjectIsLeftAsItIs() {
        try (StitchServer server = StitchServer.start(SampleBoard.rules().build())) {
            server.put("project", SampleBoard.project("p1", "Refit").toString());
            SampleBoard.seed(server, 12);
            assertThat(server.records("project")).hasSize(1);
            assertThat(server.records("task")).isEmpty();
        }
    }

    @Test
    void everyTaskHasATitleOfItsOwnAndHalfAreOpen() {
        Map<String, Long> statuses = SampleBoard.tasks("p1", 5_000).stream()
                .collect(Collectors.groupingBy(task -> task.path("status").asString(), Collectors.counting()));
        assertThat(statuses).isEqualTo(Map.of("OPEN", 2_500L, "DOING", 1_250L, "DONE", 1_250L));
        assertThat(SampleBoard.tasks("p1", 5_000).stream()
                        .map(task -> task.path("title").asString())
                        .distinct())
                .hasSize(5_000);
    }
}
