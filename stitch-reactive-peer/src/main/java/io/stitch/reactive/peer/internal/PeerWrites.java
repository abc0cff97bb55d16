package io.stitch.reactive.peer.internal;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.Rejection.Reason;
import io.stitch.reactive.WriteKind;
import io.stitch.reactive.internal.mode.RequestException;
import io.stitch.reactive.internal.mode.RequestException.Kind;
import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.wire.Operation;
import io.stitch.reactive.internal.writes.WriteOutcome;
import io.stitch.reactive.internal.writes.WriteOutcome.Answer;
import io.stitch.reactive.internal.writes.WriteRequest;
import io.stitch.reactive.internal.writes.WriteSender;
import io.stitch.reactive.peer.internal.trust.Authors;
import io.stitch.reactive.peer.internal.trust.ScopeCipher;
import io.stitch.reactive.peer.internal.wire.Hlc;
import io.stitch.reactive.peer.internal.wire.PeerPayloads;
import io.stitch.reactive.peer.internal.wire.PeerTopics;
import io.stitch.reactive.spi.PendingWrite;
import io.stitch.reactive.spi.ReasonCodes;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import io.stitch.reactive.spi.TransportException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/** Publishes writes, which are in the records already; the broker's acknowledgement is all there is to wait for. On the worker. */
final class PeerWrites implements WriteSender {

    private final SyncContext context;
    private final PeerTopics topics;
    private final Replica replica;
    private final Outbox outbox;
    private final Authors authors;
    private final int window;
    private final Duration maxDrift;
    private final Published published;

    /** Is told that the broker took what is known of a record. */
    @FunctionalInterface
    interface Published {
        /**
         * The broker took it.
         *
         * @param key the record
         * @param heard whether somebody else was subscribed
         */
        void published(RecordKey key, boolean heard);
    }

    PeerWrites(
            SyncContext context,
            Replica replica,
            Outbox outbox,
            Authors authors,
            int window,
            Duration maxDrift,
            Published published) {
        this.context = context;
        this.topics = new PeerTopics(context.topics());
        this.authors = authors;
        this.replica = replica;
        this.outbox = outbox;
        this.window = window;
        this.maxDrift = maxDrift;
        this.published = published;
    }

    @Override
    public int concurrency() {
        return outbox.window(window);
    }

    /** Nobody counts versions among peers. */
    @Override
    public boolean versionsRise() {
        return false;
    }

    @Override
    public Mono<WriteOutcome> send(WriteRequest request) {
        PendingWrite write = request.write();
        RecordKey key = write.key();
        Hlc stamp = Hlc.ofRecord(write.payload());
        boolean delete = write.kind() == WriteKind.DELETE;
        if (stamp != null && !delete && isSuperseded(key, stamp) && replica.shows(key, stamp)) {
            return sendMerged(write);
        }
        if (stamp == null || isSuperseded(key, stamp)) {
            return skipped(
                    key, DiagnosticCode.SUPERSEDED, "something newer is known of it, so this write was not sent");
        }
        if (!authors.counts(context.diagnostics(), key, stamp)) {
            return skipped(
                    key, DiagnosticCode.UNTRUSTED, "this store's key is trusted with it no more, so it was not sent");
        }
        if (stamp.ts() > context.now() + maxDrift.toMillis()) {
            return skipped(
                    key,
                    DiagnosticCode.CLOCK_AHEAD,
                    "its stamp is too far ahead for peers to take it; restamp() mends that");
        }
        return send(write, delete ? null : write.payload(), stamp);
    }

    /** Something newer is known of other fields: what is sent is the record with both. */
    private Mono<WriteOutcome> sendMerged(PendingWrite write) {
        StoredRecord held = replica.get(write.key());
        return held == null
                ? skipped(write.key(), DiagnosticCode.SUPERSEDED, "it was deleted since")
                : send(write, held.json(), Replica.stampOf(held));
    }

    private Mono<WriteOutcome> send(PendingWrite write, byte @Nullable [] record, Hlc stamp) {
        RecordKey key = write.key();
        Operation operation = Operation.valueOf(write.kind().name());
        byte[] payload = PeerPayloads.event(
                operation,
                key.entity(),
                key.id(),
                record,
                stamp,
                record == null && authors.isOn() ? PeerPayloads.signatureOf(write.payload()) : null,
                context.clientId(),
                false);
        if (!outbox.fits(write.scope(), payload)) {
            return Mono.just(new WriteOutcome.Rejected(
                    Reason.REFUSED,
                    new RequestException(
                            Kind.TOO_LARGE,
                            0,
                            "The %s '%s' has %d bytes, more than the broker takes. Split the record."
                                    .formatted(key.entity(), key.id(), outbox.size(write.scope(), payload)))));
        }
        AtomicBoolean unheard = new AtomicBoolean();
        return Mono.create(sink -> sink.onCancel(outbox.publish(
                write.scope(),
                topics.event(write.scope(), key.entity(), operation),
                payload,
                () -> {
                    unheard.set(true);
                    unheard(key);
                },
                failure -> {
                    if (failure == null && stamp.equals(replica.known(key))) {
                        published.published(key, !unheard.get());
                    }
                    sink.success(
                            failure == null
                                    ? new WriteOutcome.Done(record == null ? null : Json.readObject(record))
                                    : notDone(failure));
                })));
    }

    private Mono<WriteOutcome> skipped(RecordKey key, DiagnosticCode code, String why) {
        context.diagnostics().report(code, key.entity() + '/' + key.id(), why);
        StoredRecord held = replica.get(key);
        return Mono.just(new WriteOutcome.Done(held == null ? null : Json.readObject(held.json())));
    }

    /** It is done all the same: others are told when they come. Until then this is the only copy. */
    private void unheard(RecordKey key) {
        context.diagnostics()
                .report(
                        DiagnosticCode.NO_SUBSCRIBERS,
                        key.entity() + '/' + key.id(),
                        "the broker has it, and nobody else is subscribed to scope '%s'".formatted(key.home()));
    }

    private boolean isSuperseded(RecordKey key, Hlc stamp) {
        Hlc known = replica.known(key);
        return known != null && known.isAfter(stamp);
    }

    private static WriteOutcome notDone(Throwable error) {
        if (error instanceof ScopeCipher.KeyMissing missing) {
            return new WriteOutcome.Later(missing, false, Answer.NOT_NOW);
        }
        if (error instanceof TransportException refused && refused.kind() == TransportException.Kind.REFUSED) {
            int reason = refused.reasonCode().orElse(-1);
            RequestException cause = new RequestException(
                    Kind.REFUSED, ReasonCodes.requestCode(reason), String.valueOf(refused.getMessage()));
            cause.initCause(refused);
            return ReasonCodes.isFinal(reason)
                    ? new WriteOutcome.Rejected(Reason.REFUSED, cause)
                    : new WriteOutcome.Later(
                            cause, false, reason == ReasonCodes.QUOTA_EXCEEDED ? Answer.NOT_NOW : Answer.TROUBLE);
        }
        RequestException later = error instanceof RequestException known
                ? known
                : new RequestException(
                        Kind.CONNECTION_LOST, 0, "The broker did not acknowledge: " + error.getMessage());
        return new WriteOutcome.Later(later, false, Answer.NONE);
    }
}
