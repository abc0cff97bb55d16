package io.stitch.reactive.internal.writes;

import io.stitch.reactive.internal.records.FieldChange;
import io.stitch.reactive.internal.records.Merge;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.wire.Requests;
import io.stitch.reactive.spi.PendingWrite;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.util.concurrent.TimeUnit;

/** What a server is told of a write (protocol section 3.3), and whether a record looks as it would after that. Pure functions. */
public final class WriteMessages {
    /** The field that names the version at which alone a write is done. */
    public static final String EXPECTED_VERSION = "_expected_version";

    private static final String EXPIRES_AT = "_expires_at";
    private static final String TIME_LEFT = "ttl_secs";

    private WriteMessages() {}

    /**
     * The record or the fields as they are sent.
     *
     * @param write the write
     * @return the caller's own
     */
    public static ObjectNode fields(PendingWrite write) {
        ObjectNode fields = Json.readObject(write.payload());
        return fields.has(FieldChange.FIELD) ? FieldChange.sent(fields) : fields;
    }

    /**
     * Tells whether a record has what a write gives it.
     *
     * @param there the record
     * @param write the write
     * @return whether each of the write's fields has the write's value; the protocol's own fields do not count
     */
    public static boolean hasValues(ObjectNode there, PendingWrite write) {
        return fields(write).properties().stream()
                .filter(field -> !field.getKey().startsWith("_"))
                .allMatch(field -> Merge.sameValue(there.path(field.getKey()), field.getValue()));
    }

    /**
     * The payload of a create.
     *
     * @param write the write
     * @param now what time it is, in milliseconds since 1970
     * @return the payload
     */
    public static byte[] create(PendingWrite write, long now) {
        ObjectNode record = fields(write);
        return record.has(EXPIRES_AT) ? create(record, now) : write.payload();
    }

    /**
     * The payload of a create. A server is told how long a record is to live, and says itself until when that is. Of what is over while it
     * waited, a second is left: no time might be taken for no end.
     *
     * @param record the record, which is changed
     * @param now what time it is, in milliseconds since 1970
     * @return the payload
     */
    public static byte[] create(ObjectNode record, long now) {
        JsonNode until = record.remove(EXPIRES_AT);
        if (until != null) {
            long left = until.asLong(0) - TimeUnit.MILLISECONDS.toSeconds(now);
            record.put(TIME_LEFT, Math.max(1, left));
        }
        return Json.write(record);
    }

    /**
     * The payload of an update.
     *
     * @param write the write
     * @param expected the version at which alone it is done, or {@link PendingWrite#ANY_VERSION}
     * @return the payload
     */
    public static byte[] update(PendingWrite write, long expected) {
        ObjectNode fields = fields(write);
        if (!fields.has("id") && expected == PendingWrite.ANY_VERSION && !FieldChange.mayBeIn(write.payload())) {
            return write.payload();
        }
        fields.remove("id");
        return Json.write(expected == PendingWrite.ANY_VERSION ? fields : fields.put(EXPECTED_VERSION, expected));
    }

    /**
     * The payload of a delete.
     *
     * @param expected the version at which alone it is done, or {@link PendingWrite#ANY_VERSION}
     * @return the payload
     */
    public static byte[] delete(long expected) {
        return expected == PendingWrite.ANY_VERSION
                ? Requests.delete()
                : Json.write(Json.object().put(EXPECTED_VERSION, expected));
    }
}
