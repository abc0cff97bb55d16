package io.stitch.reactive.internal.local;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.internal.Diagnostics;
import io.stitch.reactive.internal.lanes.PendingWrites;
import io.stitch.reactive.internal.writes.WriteRejection;
import io.stitch.reactive.spi.PendingWrite;
import io.stitch.reactive.spi.RecordKey;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Tells of what becomes of writes that nobody waits for: the operator all of it, and an application what is its user's. On the worker. */
final class WriteReports implements PendingWrites.Listener {
    private static final int MOST_NAMED = 8;

    private final StitchSchema schema;
    private final Diagnostics diagnostics;
    private final RejectionFeed rejections;
    private final Supplier<@Nullable String> user;
    private final BiConsumer<RecordKey, String> setAside;

    /**
     * Makes one that has nothing to tell yet.
     *
     * @param user who is logged in
     * @param setAside tells of what cannot be read
     */
    WriteReports(
            StitchSchema schema,
            Diagnostics diagnostics,
            RejectionFeed rejections,
            Supplier<@Nullable String> user,
            BiConsumer<RecordKey, String> setAside) {
        this.schema = schema;
        this.diagnostics = diagnostics;
        this.rejections = rejections;
        this.user = user;
        this.setAside = setAside;
    }

    @Override
    public void rejected(WriteRejection rejection) {
        PendingWrite write = rejection.write();
        report(
                DiagnosticCode.WRITE_REJECTED,
                write.key(),
                String.valueOf(rejection.error().getMessage()));
        if (write.user() != null && !write.user().equals(user.get())) {
            return; // It is nobody's business who is logged in now.
        }
        boolean scoped = write.key().entity().equals(schema.root())
                || schema.children().containsKey(write.key().entity());
        rejections.tell(RejectionFeed.told(rejection, scoped));
    }

    @Override
    public void setAside(PendingWrite write, Throwable why) {
        setAside.accept(write.key(), String.valueOf(why.getMessage()));
    }

    @Override
    public void outOfOrder(List<RecordKey> circle) {
        report(
                DiagnosticCode.WRITE_ORDER_CYCLE,
                circle.get(0),
                "it is sent before what it names, for that waits for it: "
                        + circle.stream()
                                .limit(MOST_NAMED)
                                .map(key -> key.entity() + '/' + key.id())
                                .collect(Collectors.joining(", ")));
    }

    @Override
    public void parked(PendingWrite write, Throwable why) {
        report(DiagnosticCode.WRITE_PARKED, write.key(), "it is sent again on retryParked(): " + why.getMessage());
    }

    private void report(DiagnosticCode code, RecordKey about, String detail) {
        diagnostics.report(code, about.entity() + '/' + about.id(), detail);
    }
}
