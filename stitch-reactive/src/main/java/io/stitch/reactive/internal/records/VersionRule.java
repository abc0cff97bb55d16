package io.stitch.reactive.internal.records;

import io.stitch.reactive.internal.wire.ChangeEvent;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.spi.StoredRecord;
import org.jspecify.annotations.Nullable;

import java.util.Arrays;

/** Which event wins in server mode (protocol section 2.1). Pure functions. */
public final class VersionRule {
    /** What to do with an event. */
    public enum Verdict {
        /** It is news. */
        APPLY,
        /** It says what is known. */
        DUPLICATE,
        /** Something newer is known. */
        OUTDATED,
        /** It is ambiguous: only the server can tell. */
        READ_BACK
    }

    private VersionRule() {}

    /**
     * Judges a created or updated event.
     *
     * @param local the local copy, in whatever scope
     * @param event the event
     * @param deletedVersion the version at which a delete of the record is remembered, or -1
     * @param oldServer whether versions may go back
     * @param timeField the field of a record that says when it was changed
     * @return what to do
     */
    public static Verdict upsert(
            @Nullable StoredRecord local, ChangeEvent event, long deletedVersion, boolean oldServer, String timeField) {
        if (oldServer && event.operationId()) {
            return Verdict.READ_BACK;
        }
        if (local == null) {
            boolean older = event.version() >= 0 && event.version() <= deletedVersion;
            // A server that says in a replay that it has the record may have gone back to a time before it was deleted.
            return older ? behind(oldServer || event.replay()) : Verdict.APPLY;
        }
        if (event.version() >= 0 && local.version() >= 0) {
            if (event.version() > local.version()) {
                return Verdict.APPLY;
            }
            if (event.version() < local.version()) {
                return event.restored() ? Verdict.APPLY : behind(oldServer);
            }
            return oldServer && !sameContent(local, event) ? Verdict.READ_BACK : Verdict.DUPLICATE;
        }
        if (event.version() >= 0) {
            return Verdict.APPLY;
        }
        return byTime(local, event, timeField);
    }

    /**
     * Judges a deleted event.
     *
     * @param local the local copy, in whatever scope
     * @param scope the key of the event's scope
     * @param event the event
     * @param oldServer whether versions may go back, so that a lower one may be of a second life
     * @return what to do
     */
    public static Verdict delete(@Nullable StoredRecord local, String scope, ChangeEvent event, boolean oldServer) {
        if (local == null || !local.scope().equals(scope)) {
            return Verdict.DUPLICATE;
        }
        return event.version() >= 0 && local.version() > event.version() ? behind(oldServer) : Verdict.APPLY;
    }

    /**
     * Compares as JSON, not as text: a server may order fields as it likes.
     *
     * @param one a record, UTF-8 JSON
     * @param other another one
     * @return whether they have the same content
     */
    public static boolean sameContent(byte[] one, byte[] other) {
        return Arrays.equals(one, other) || Json.readObject(one).equals(Json.readObject(other));
    }

    private static boolean sameContent(StoredRecord local, ChangeEvent event) {
        byte[] json = event.json();
        return json != null && sameContent(local.json(), json);
    }

    private static Verdict behind(boolean mayGoBack) {
        return mayGoBack ? Verdict.READ_BACK : Verdict.OUTDATED;
    }

    private static Verdict byTime(StoredRecord local, ChangeEvent event, String timeField) {
        if (Double.isNaN(event.updatedAt())) {
            return Verdict.APPLY;
        }
        double localTime = Json.number(Json.readObject(local.json()).path(timeField));
        if (Double.isNaN(localTime)) {
            return Verdict.APPLY;
        }
        int order = Double.compare(event.updatedAt(), localTime);
        return order > 0 ? Verdict.APPLY : order == 0 ? Verdict.DUPLICATE : Verdict.OUTDATED;
    }
}
