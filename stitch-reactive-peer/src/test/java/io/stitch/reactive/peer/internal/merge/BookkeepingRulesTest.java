package io.stitch.reactive.peer.internal.merge;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.internal.wire.Inbound;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.wire.Topics;
import io.stitch.reactive.internal.wire.WireSchema;
import io.stitch.reactive.peer.internal.wire.PeerDecoder;
import io.stitch.reactive.peer.internal.wire.PeerInbound;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import static org.assertj.core.api.Assertions.assertThat;

/** What others say of how their records are merged is checked before it is taken. */
class BookkeepingRulesTest {
    private static final PeerDecoder DECODER = new PeerDecoder(
            new Topics("stitch/peer", "stitch/peer", "project"),
            new WireSchema("project", Map.of("task", "projectId"), Set.of()),
            (topic, payload, property) -> null,
            new BookkeepingRules(),
            (scope, topic, payload) -> payload,
            (scope, entity, id, stamp, record, event) -> null,
            16 * 1024 * 1024);
    private static final String LATEST = "100.2.n";

    private static Inbound decode(String fields) {
        String event = ("{'id':'t1','data':{'id':'t1','projectId':'p1','n':1," + fields
                        + ",'_hlc':{'ts':100,'counter':2,'nodeId':'n'}},'hlc':{'ts':100,'counter':2,'nodeId':'n'}}")
                .replace('\'', '"')
                .replace("~in~", "\\\"in\\\"")
                .replace("~out~", "\\\"out\\\"")
                .replace('`', '\'');
        return DECODER.decode(
                "stitch/peer/project/p1/task/events/updated",
                event.getBytes(StandardCharsets.UTF_8),
                false,
                property -> null);
    }

    private static String stamps(String fields) {
        return "'_stamps':{'of':'" + LATEST + "','fields':" + fields + '}';
    }

    @Test
    void whatOtherPeersWriteIsTaken() {
        assertThat(decode(
                        "'_stamps':{'of':'100.2.n','rest':'1.0.a','merged':true,'fields':{'5.0.a':['n','gone'],'100.2.n':['other']}},"
                                + "'_counters':{'n':{'of':'5.0.a','add':{'n~1':[1.5,0]}}},"
                                + "'_sets':{'tags':{'of':'5.0.a','items':{'1':['7.0.b',true]}}}"))
                .isInstanceOf(PeerInbound.Event.class);
    }

    /** Whoever merged it would show another record than who did not. */
    @Test
    void aFieldThatContradictsWhatWasPutInAndTakenOutIsWhatThatSays() {
        String sets = ",'_sets':{'tags':{'of':'5.0.a','items':{'~in~':['7.0.b',true],'~out~':['8.0.b',false]}}}";
        String counters = ",'_counters':{'votes':{'of':'5.0.a','add':{'n~1':[5,2]}}}";
        String stamps = stamps("{'5.0.a':['tags','votes']}");
        JsonNode list = record("'tags':['out','kept'],'votes':'many'," + stamps + sets + counters);

        assertThat(list.path("tags").toString()).isEqualTo("[\"kept\",\"in\"]");
        assertThat(list.path("votes").intValue()).isEqualTo(3);
        assertThat(record("'tags':['kept','in'],'votes':10," + stamps + sets + counters)
                        .path("votes")
                        .intValue())
                .isEqualTo(10); // Seven was there before.
    }

    private static JsonNode record(String fields) {
        Inbound decoded = decode(fields);
        assertThat(decoded).isInstanceOf(PeerInbound.Event.class);
        return Json.readObject(((PeerInbound.Event) decoded).event().json());
    }

    @Test
    void whatBelongsToAnotherStateIsPassedOnAndCountsAsAbsent() {
        assertThat(decode("'_stamps':{'of':'99.0.n','fields':[]}")).isInstanceOf(PeerInbound.Event.class);
        assertThat(decode("'_stamps':7")).isInstanceOf(PeerInbound.Event.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[]",
                "7",
                "{'x':['n']}",
                "{'101.0.n':['n']}",
                "{'100.3.n':['n']}",
                "{'99999999999999.0.n':['n']}",
                "{'5.0.a':'n'}",
                "{'5.0.a':[7]}",
                "{'5.0.a':['n','n']}",
                "{'5.0.a':['n'],'6.0.a':['n']}",
                "{'5.0.a':['_hlc']}",
                "{'5.0.a':['id']}"
            })
    void stampsThatNoPeerWritesAreDropped(String fields) {
        requireMalformed(stamps(fields));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'_counters':7",
                "'_counters':{'n':7}",
                "'_counters':{'n':{'add':{}}}",
                "'_counters':{'n':{'of':'200.0.a','add':{}}}",
                "'_counters':{'n':{'of':'5.0.a','add':[]}}",
                "'_counters':{'n':{'of':'5.0.a','add':{'x':7}}}",
                "'_counters':{'n':{'of':'5.0.a','add':{'x':[1]}}}",
                "'_counters':{'n':{'of':'5.0.a','add':{'x':[-1,0]}}}",
                "'_counters':{'n':{'of':'5.0.a','add':{'x':[1e900,0]}}}",
                "'_counters':{'n':{'of':'5.0.a','add':{'':[1,0]}}}",
                "'_sets':{'tags':{'of':'5.0.a','items':{'no json':['7.0.b',true]}}}",
                "'_sets':{'tags':{'of':'5.0.a','items':{'1.0':['7.0.b',true]}}}",
                "'_sets':{'tags':{'of':'5.0.a','items':{'1':['700.0.b',true]}}}",
                "'_sets':{'tags':{'of':'5.0.a','items':{'1':['7.0.b','yes']}}}",
                "'_sets':{'tags':{'of':'5.0.a','items':{'1':true}}}"
            })
    void countersAndSetsThatNoPeerWritesAreDropped(String changes) {
        requireMalformed(stamps("{}") + ',' + changes);
    }

    @Test
    void thereIsABoundToWhatIsListed() {
        requireMalformed(stamps("{'5.0.a':["
                + IntStream.rangeClosed(0, BookkeepingRules.MOST_FIELDS)
                        .mapToObj(i -> "'f" + i + '\'')
                        .collect(Collectors.joining(","))
                + "]}"));
        requireMalformed(stamps("{'5.0.a':['" + "x".repeat(5_000) + "']}"));
        assertThat(decode(stamps("{}") + ",'_counters':{'n':{'of':'5.0.a','add':{"
                        + IntStream.rangeClosed(0, BookkeepingRules.MOST_IN_ONE)
                                .mapToObj(i -> "'n" + i + "':[1,0]")
                                .collect(Collectors.joining(","))
                        + "}}}"))
                .isInstanceOf(Inbound.Dropped.class);
    }

    private static void requireMalformed(String fields) {
        assertThat(decode(fields))
                .isInstanceOfSatisfying(
                        Inbound.Dropped.class,
                        dropped -> assertThat(dropped.code()).isEqualTo(DiagnosticCode.MALFORMED_EVENT));
    }
}
