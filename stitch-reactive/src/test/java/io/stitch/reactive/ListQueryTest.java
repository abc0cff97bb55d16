package io.stitch.reactive;

import io.stitch.reactive.ListQuery.Filter;
import io.stitch.reactive.ListQuery.Operator;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.wire.Requests;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class ListQueryTest {
    @Test
    void aQueryIsWrittenAsTheWireHasIt() {
        ListQuery query = ListQuery.all()
                .where("projectId", Operator.EQ, "p1")
                .where("done", Operator.NEQ, true)
                .where("n", Operator.GTE, 3)
                .where("tag", Operator.IN, List.of("a", "b"))
                .where("title", Operator.LIKE, "*moon*")
                .where("note", Operator.IS_NULL, null)
                .sortBy("n", false)
                .sortBy("id", true)
                .page(20, 10)
                .fields("title");

        assertThat(Json.read(Requests.list(query))).isEqualTo(Json.read("""
                                {"filters":[{"field":"projectId","op":"eq","value":"p1"},
                                            {"field":"done","op":"neq","value":true},
                                            {"field":"n","op":"gte","value":3},
                                            {"field":"tag","op":"in","value":["a","b"]},
                                            {"field":"title","op":"like","value":"*moon*"},
                                            {"field":"note","op":"is_null","value":null}],
                                 "sort":[{"field":"n","direction":"desc"},{"field":"id","direction":"asc"}],
                                 "limit":10,"offset":20,"projection":["title"]}
                                """.getBytes(StandardCharsets.UTF_8)));
        assertThat(Json.read(Requests.list(ListQuery.all()))).isEqualTo(Json.object());
    }

    static Stream<Supplier<ListQuery>> misread() {
        return Stream.of(
                () -> ListQuery.all().where("n", Operator.GT, Double.NaN),
                () -> ListQuery.all().where("n", Operator.IN, List.of(1, Float.POSITIVE_INFINITY)),
                () -> ListQuery.all().where("title", Operator.EQ, null),
                () -> ListQuery.all().where("title", Operator.IS_NULL, "x"),
                () -> ListQuery.all().where("title", Operator.IN, "x"),
                () -> ListQuery.all().where("title", Operator.LIKE, 7),
                () -> ListQuery.all().where("title", Operator.CONTAINS, 7),
                () -> ListQuery.all().whereAny(),
                () -> ListQuery.all().whereAny(new Filter("title", Operator.EQ, null)),
                () -> ListQuery.all().whereAny(new Filter("", Operator.EQ, 1)),
                () -> ListQuery.all().whereAny(Collections.nCopies(17, new Filter("n", Operator.EQ, 1))),
                () -> choices(17, ListQuery.all()),
                () -> ListQuery.all().where(" ", Operator.EQ, 1),
                () -> ListQuery.all().sortBy("", true),
                () -> ListQuery.all().page(-1, 10),
                () -> ListQuery.all().page(0, 0),
                () -> ListQuery.all().page(Integer.MAX_VALUE, Integer.MAX_VALUE),
                () -> times(17, ListQuery.all()),
                () -> ListQuery.all()
                        .sortBy("a", true)
                        .sortBy("b", true)
                        .sortBy("c", true)
                        .sortBy("d", true)
                        .sortBy("e", true));
    }

    private static ListQuery times(int filters, ListQuery query) {
        return filters == 0 ? query : times(filters - 1, query.where("n", Operator.GT, filters));
    }

    private static ListQuery choices(int count, ListQuery query) {
        return count == 0 ? query : choices(count - 1, query.whereAny(new Filter("n", Operator.EQ, count)));
    }

    /** A server that ignored them would answer with more than was asked for. */
    @Test
    void whatNoServerKnowsIsNeverWrittenForOne() {
        ListQuery contains = ListQuery.all().where("title", Operator.CONTAINS, "moon");
        ListQuery either = ListQuery.all().whereAny(new Filter("n", Operator.EQ, 1), new Filter("n", Operator.GT, 5));

        assertThat(either.alternatives())
                .singleElement()
                .asInstanceOf(InstanceOfAssertFactories.LIST)
                .hasSize(2);
        for (ListQuery query : List.of(contains, either)) {
            assertThatThrownBy(() -> Requests.list(query)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @ParameterizedTest
    @MethodSource("misread")
    void whatAServerWouldMisreadIsRefusedHere(Supplier<ListQuery> query) {
        assertThatThrownBy(query::get).isInstanceOf(SchemaException.class);
    }
}
