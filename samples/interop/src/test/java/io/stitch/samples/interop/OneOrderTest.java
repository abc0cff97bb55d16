package io.stitch.samples.interop;

import io.stitch.reactive.EntityType;
import io.stitch.reactive.ListQuery;
import io.stitch.reactive.ListQuery.Filter;
import io.stitch.reactive.ListQuery.Operator;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchStore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

import static io.stitch.samples.interop.Board.LIMIT;
import static io.stitch.samples.interop.Board.SCOPE;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a live query finds here is what the server lists, in the same order: for values of one kind, and by id where they are equal. Where kinds
 * are mixed each server has an order of its own.
 */
@ExtendWith(RealPrograms.class)
class OneOrderTest {
    private static final EntityType<ObjectNode> TASK = EntityType.json("task");
    private static final List<String> TITLES =
            List.of("", "a", "A", "Z", "ab", "a b", "\u00e4", "\uff5e", "\ud83d\ude00", "zz");
    private static final List<String> RANKS = List.of("-2", "0", "1", "1.5", "2", "10", "100", "9007199254740991");

    @TempDir
    Path folder;

    private static List<ListQuery> queries() {
        ListQuery all = ListQuery.all();
        return List.of(
                all.sortBy("title", true).sortBy("id", true),
                all.sortBy("title", false).sortBy("id", true),
                all.sortBy("rank", true).sortBy("id", true),
                all.sortBy("rank", false)
                        .sortBy("title", true)
                        .sortBy("id", true)
                        .page(3, 20),
                all.where("title", Operator.GT, "a").sortBy("id", true),
                all.where("title", Operator.LTE, "\uff5e").sortBy("id", false),
                all.where("title", Operator.LIKE, "a*").sortBy("id", true),
                all.where("title", Operator.NEQ, "a").sortBy("id", true),
                all.where("rank", Operator.GTE, 1)
                        .where("rank", Operator.LT, 10)
                        .sortBy("id", true),
                all.where("rank", Operator.IN, List.of(1, 2, 100)).sortBy("id", true),
                all.where("title", Operator.CONTAINS, "A").sortBy("id", true).page(1, 5),
                all.whereAny(new Filter("title", Operator.EQ, "Z"), new Filter("rank", Operator.GT, 9))
                        .sortBy("title", false)
                        .sortBy("id", true));
    }

    @Test
    void aLiveQueryFindsWhatTheServerLists() {
        try (RealServer server = RealServer.start(folder, Board.INDEX)) {
            StitchStore store = Board.connected(server.url());
            Board.makeProject(store, SCOPE);
            Scope scope = Board.open(store, SCOPE);
            Flux.range(0, 40)
                    .concatMap(number -> scope.create(
                                    TASK,
                                    JsonMapper.shared()
                                            .createObjectNode()
                                            .put("id", "t%02d".formatted(number))
                                            .put("projectId", SCOPE)
                                            .put("title", TITLES.get(number % TITLES.size()))
                                            .put("rank", new BigDecimal(RANKS.get(number % RANKS.size()))))
                            .result())
                    .blockLast(LIMIT);
            Board.settle(store);

            for (ListQuery query : queries()) {
                ListQuery ofScope = query.where("projectId", Operator.EQ, SCOPE);
                List<String> live = ids(Objects.requireNonNull(
                                scope.query(TASK, ofScope).blockFirst(LIMIT), "a query has a first result")
                        .records());
                List<String> listed =
                        ids(Objects.requireNonNull(store.list(TASK, ofScope).block(LIMIT), "a list is never absent"));
                assertThat(live).as("%s %s", query.filters(), query.sorts()).isEqualTo(listed);
            }
            Board.close(store);
        }
    }

    private static List<String> ids(List<ObjectNode> records) {
        return records.stream().map(record -> record.path("id").asString()).toList();
    }
}
