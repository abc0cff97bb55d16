package io.stitch.reactive.peer.internal.merge;

import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.peer.internal.wire.Hlc;
import io.stitch.reactive.peer.internal.wire.PeerPayloads;
import io.stitch.reactive.spi.JsonBounds;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;

import static org.assertj.core.api.Assertions.assertThat;

/** What a record's fields carry with them, as others write and read it. */
class FieldStateTest {
    private static FieldState counted(String value, String node, String plus) {
        String record = ("{'id':'t1','p':'s','votes':%s,'_counters':{'votes':{'of':'9.0.z','add':{'%s':[%s,0]}}},"
                        + "'_stamps':{'of':'9.0.z','rest':'1.0.z','fields':{}},'_hlc':{'ts':9,'counter':0,'nodeId':'z'}}")
                .formatted(value, node, plus)
                .replace('\'', '"');
        return FieldState.read(record.getBytes(StandardCharsets.UTF_8), new Hlc(9, 0, "z"), "p");
    }

    @Test
    void aSumOfVeryManyDigitsIsMergedLikeAnyOther() {
        FieldState both = counted("9E+200", "a", "9E+200").merge(counted("1E-200", "b", "1E-200"));
        FieldState again = FieldState.read(both.toBytes(), new Hlc(9, 0, "z"), "p");
        FieldState third = counted("1", "c", "1");
        assertThat(both.merge(again).toBytes()).isEqualTo(both.toBytes());
        assertThat(Json.readObject(third.merge(again).merge(both).toBytes())
                        .path("votes")
                        .decimalValue())
                .isEqualByComparingTo(
                        new BigDecimal("9E+200").add(BigDecimal.ONE).add(new BigDecimal("1E-200")));
    }

    /** Else it could not be read from disk, nor by others. */
    @Test
    void theLargestSumThatCanComeAboutIsReadAgain() {
        String large = "9".repeat(200) + "E+200";
        FieldState both = counted(large, "a", large).merge(counted("1E-200", "b", "1E-200"));
        assertThat(JsonBounds.problem(both.toBytes())).isNull();
    }

    @Test
    void theSumOfARecordWithoutARestIsThatOfWhatItCarries() throws Exception {
        String record =
                ("{'id':'t1','p':'s','title':'x','due':1,'_stamps':{'of':'9.0.z','fields':{'3.0.z':['title'],'5.0.y':['cleared','note']}},"
                                + "'_hlc':{'ts':9,'counter':0,'nodeId':'z'}}")
                        .replace('\'', '"');
        byte[] bytes = record.getBytes(StandardCharsets.UTF_8);
        JsonNode stamps = Json.readObject(bytes).path("_stamps");
        byte[] hash = MessageDigest.getInstance("SHA-256")
                .digest(PeerPayloads.canonical(stamps).getBytes(StandardCharsets.UTF_8));

        FieldState state = FieldState.read(bytes, new Hlc(9, 0, "z"), "p");
        assertThat(state.sum())
                .isEqualTo(Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(hash, 9)));
        assertThat(Json.readObject(state.toBytes()).path("_stamps")).isEqualTo(stamps);
    }

    /** Else two who hold them would never find out. */
    @Test
    void statesThatDifferInAResultAloneHaveOtherSums() {
        assertThat(counted("7", "a", "2").sum())
                .isNotEqualTo(counted("8", "a", "2").sum());
        FieldState both = counted("7", "a", "2").merge(counted("8", "a", "2"));
        assertThat(both.sum()).isEqualTo(counted("8", "a", "2").sum());
    }
}
