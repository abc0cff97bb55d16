package io.stitch.reactive.peer;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.Patch;
import io.stitch.reactive.Scope;
import io.stitch.reactive.peer.Peers.Peer;
import org.junit.jupiter.api.Test;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

/** Records whose fields carry stamps, sums and elements that others, or a wrong clock, have made. */
class FieldsOfOthersInVirtualTimeTest extends FieldsOfATask {
    private static final String EVENT =
            "{'operation':'Update','entity':'task','id':'t1','data':{'id':'t1','projectId':'p1',%s,'_hlc':{'ts':%s,'counter':0,'nodeId':'z'}},"
                    + "'hlc':{'ts':%s,'counter':0,'nodeId':'z'},'sender':'zoe'}";

    private void deliver(String fields, long ts) {
        peers.deliver("p1/task/events/updated", EVENT.formatted(fields, ts, ts));
    }

    @Test
    void whatWasAddedUnderAWrongClockIsTakenByOthersOnceItIsStampedAgain() {
        Peer ada = peers.peer("ada");
        Scope scope = ada.open("p1");
        create(ada, scope, "t1");
        set(ada, scope, "tags", List.of("old"));
        ada.clock.offset(Duration.ofDays(400).toMillis());
        ada.write(scope.update(TASK, "t1", Patch.add("tags", "x")));
        set(ada, scope, "votes", 5);
        ada.write(scope.update(TASK, "t1", Patch.increment("votes", 1)));
        ada.clock.offset(0);
        ada.sync.restamp().subscribe();
        peers.settle();

        Peer ben = peers.peer("ben");
        Scope bens = ben.open("p1");
        peers.pass(Duration.ofSeconds(20));
        requireShown("{'title':'one','due':1,'tags':['old','x'],'votes':6}", scope, bens);
        assertThat(ben.store.diagnosticCounts()).doesNotContainKey(DiagnosticCode.MALFORMED_EVENT);
        ben.write(bens.update(TASK, "t1", Patch.increment("votes", 1).andRemove("tags", "x")));
        peers.pass(Duration.ofSeconds(5));
        requireShown("{'title':'one','due':1,'tags':['old'],'votes':7}", scope, bens);
    }

    @Test
    void sumsOfMoreDigitsThanOthersTakeAreWrittenAsAWholeNumber() {
        Peer ada = peers.peer("ada");
        Peer ben = peers.peer("ben");
        Scope adas = ada.open("p1");
        Scope bens = ben.open("p1");
        create(ada, adas, "t1");
        ada.write(adas.update(TASK, "t1", Patch.increment("votes", new BigDecimal("1E+199"))));
        ada.write(adas.update(TASK, "t1", Patch.increment("votes", new BigDecimal("-1E+199"))));
        ada.write(adas.update(TASK, "t1", Patch.increment("votes", new BigDecimal("1E-199"))));
        peers.settle();
        assertThat(ada.outcomes).containsOnly("SYNCED");
        assertThat(shown(bens)).isEqualTo(shown(adas));
        assertThat(bens.get(TASK, "t1").orElseThrow().path("votes").decimalValue())
                .isEqualByComparingTo("1E-199");
        assertThat(ben.store.diagnosticCounts()).doesNotContainKey(DiagnosticCode.MALFORMED_EVENT);
    }

    @Test
    void aPeerThatKeepsNoRestDoesNotUndoWhatItDidNotWrite() {
        Peer ada = peers.peer("ada");
        Scope scope = ada.open("p1");
        long at = Peers.START + 100_000;
        deliver("'title':'zero','due':1", at);
        deliver(
                "'title':'later','due':1,'_stamps':{'of':'%d.0.z','fields':{'%d.0.z':['due']}}".formatted(at + 10, at),
                at + 10);
        deliver(
                "'title':'zero','due':2,'_stamps':{'of':'%d.0.z','fields':{'%d.0.z':['title']}}".formatted(at + 20, at),
                at + 20);
        requireShown("{'title':'later','due':2}", scope);

        // It cleared a field first, and somebody wrote that field again before it wrote another one.
        deliver(
                "'title':'later','_stamps':{'of':'%d.0.z','fields':{'%d.0.z':['title'],'%d.0.z':['due']}}"
                        .formatted(at + 50, at + 10, at + 30),
                at + 50);
        deliver(
                "'title':'later','due':3,'_stamps':{'of':'%d.0.z','fields':{'%d.0.z':['title']}}"
                        .formatted(at + 40, at + 10),
                at + 40);
        requireShown("{'title':'later','due':3}", scope);
    }
}
