package io.stitch.reactive.peer.internal.wire;

import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.wire.Operation;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.ObjectNode;

import java.nio.charset.StandardCharsets;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;

/** What peers write, which is put together from bytes, against what a JSON parser reads. */
class PeerPayloadsTest {
    private static final Hlc STAMP = new Hlc(1_714_694_400_000L, 3, "ada~k3");

    private static byte[] bytes(String json) {
        return json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void anEventCarriesTheBytesOfTheRecord() {
        byte[] record = bytes("{'id':'t1','n':1E3,'_hlc':{'ts':1714694400000,'counter':3,'nodeId':'ada~k3'}}");
        byte[] event = PeerPayloads.event(Operation.CREATE, "task", "t1", record, STAMP, "ada", true);
        assertThat(new String(event, StandardCharsets.UTF_8))
                .isEqualTo(
                        "{\"operation\":\"Create\",\"entity\":\"task\",\"id\":\"t1\",\"data\":"
                                + new String(record, StandardCharsets.UTF_8)
                                + ",\"hlc\":{\"ts\":1714694400000,\"counter\":3,\"nodeId\":\"ada~k3\"},\"sender\":\"ada\",\"replay\":true}");
    }

    @Property
    void anEventIsJsonWhateverTheNamesInIt(
            @ForAll @StringLength(min = 1, max = 12) String name,
            @ForAll @LongRange(min = 0, max = Hlc.MAX_TS) long ts,
            @ForAll @IntRange int counter,
            @ForAll boolean replay) {
        String readable = new String(name.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
        String node = readable.chars().anyMatch(Character::isISOControl) ? "node" : readable;
        Hlc stamp = new Hlc(ts, counter, node);
        ObjectNode event =
                Json.readObject(PeerPayloads.event(Operation.DELETE, "note", readable, null, stamp, readable, replay));
        assertThat(event.path("operation").stringValue()).isEqualTo("Delete");
        assertThat(event.path("id").stringValue()).isEqualTo(readable);
        assertThat(event.path("sender").stringValue()).isEqualTo(readable);
        assertThat(event.has("data")).isFalse();
        assertThat(event.has("replay")).isEqualTo(replay);
        assertThat(Hlc.parse(event.path("hlc"))).isEqualTo(stamp);
    }

    @Property
    void aStampIsReadFromTheEndOfARecordAsAParserReadsIt(
            @ForAll @StringLength(max = 12) String text,
            @ForAll @LongRange(min = 0, max = Hlc.MAX_TS) long ts,
            @ForAll @IntRange int counter,
            @ForAll @StringLength(min = 1, max = 12) String node) {
        String readable = new String(node.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
        Hlc stamp = new Hlc(ts, counter, readable.chars().anyMatch(Character::isISOControl) ? "node" : readable);
        ObjectNode record = Json.object().put("title", text);
        byte[] json = Json.write(record.set(Hlc.FIELD, stamp.toJson()));
        assertThat(Hlc.ofRecord(json)).isEqualTo(stamp);
        boolean plain = json.length > 0 && !new String(json, StandardCharsets.UTF_8).contains("\\");
        if (plain) {
            assertThat(StampScan.atEnd(json)).isEqualTo(stamp);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'id':'t1'}",
                "{'_hlc':{'ts':1,'counter':2,'nodeId':'a'},'id':'t1'}",
                "{'id':'t1', '_hlc':{'ts':1,'counter':2,'nodeId':'a'} }",
                "{'id':'t1','_hlc':{'counter':2,'ts':1,'nodeId':'a'}}",
                "{'id':'t1','_hlc':{'ts':1,'counter':2,'nodeId':'a\\\\'b'}}",
                "{'id':'t1','_hlc':{'ts':1,'counter':4294967296,'nodeId':'a'}}",
                "{'id':'t1','_hlc':{'ts':-1,'counter':2,'nodeId':'a'}}",
                "{'id':'t1','_hlc':{'ts':12345678901234567890,'counter':2,'nodeId':'a'}}",
                "{'id':'t1','x_hlc':{'ts':1,'counter':2,'nodeId':'a'}}",
                "{'id':'t1','x':{'_hlc':{'ts':1,'counter':2,'nodeId':'a'}}}",
                "{'id':'t1','x\\\\',_hlc':{'ts':1,'counter':2,'nodeId':'a'}}",
                "{'x':'}','y':'\\\\'}}'}",
                "{'_hlc':{'ts':1,'counter':2,'nodeId':''}}",
                "{}"
            })
    void aStampThatIsWrittenInAnotherWayIsNotReadFromTheEnd(String record) {
        byte[] json = bytes(record.replace("\\\\'", "\\\""));
        Hlc read = Hlc.parse(Json.readObject(json).path(Hlc.FIELD));
        assertThat(StampScan.atEnd(json)).isNull();
        assertThat(Hlc.ofRecord(json)).isEqualTo(read);
    }

    @Property
    void aStampIsTakenOffAndPutOnAtTheEnd(
            @ForAll @Size(max = 3) Map<@StringLength(max = 4) String, @StringLength(max = 8) String> fields,
            @ForAll @LongRange(min = 0, max = Hlc.MAX_TS) long ts,
            @ForAll @IntRange int counter) {
        ObjectNode record = Json.object();
        fields.forEach(record::put);
        record.remove(Hlc.FIELD);
        Hlc stamp = new Hlc(ts, counter, "node~\"1\"");
        byte[] stamped = PeerPayloads.stamped(Json.write(record), stamp);
        assertThat(Hlc.ofRecord(stamped)).isEqualTo(stamp);
        assertThat(stamped).isEqualTo(Json.write(record.deepCopy().set(Hlc.FIELD, stamp.toJson())));
        byte[] plain = PeerPayloads.stamped(Json.write(record), new Hlc(ts, counter, "node"));
        assertThat(PeerPayloads.unstamped(plain)).isEqualTo(Json.write(record));
    }

    @Test
    void aStampThatIsNotTheLastFieldIsNotTakenOff() {
        assertThat(PeerPayloads.unstamped(bytes("{'_hlc':{'ts':1,'counter':2,'nodeId':'a'},'id':'t1'}")))
                .isNull();
        assertThat(PeerPayloads.unstamped(bytes("{}"))).isNull();
    }
}
