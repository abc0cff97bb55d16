package io.stitch.reactive.internal.server;

import io.stitch.reactive.RecordEvent.Origin;
import io.stitch.reactive.Rejection.Reason;
import io.stitch.reactive.UnsupportedInModeException;
import io.stitch.reactive.WriteKind;
import io.stitch.reactive.internal.mode.RequestException;
import io.stitch.reactive.internal.mode.RequestException.Kind;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.writes.WriteMessages;
import io.stitch.reactive.internal.writes.WriteOutcome;
import io.stitch.reactive.internal.writes.WriteRequest;
import io.stitch.reactive.spi.PendingWrite;
import io.stitch.reactive.spi.RecordKey;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import tools.jackson.databind.node.ObjectNode;

import java.util.Locale;
import java.util.UUID;
import java.util.function.Function;

/**
 * Sends writes that are to be done at one version of their record only (protocol section 3.3), to servers that compare: any other would
 * store the version as a field and write all the same. On the worker.
 */
final class ComparedWrites {
    private static final int MALFORMED = 400;
    private static final int NOT_FOUND = 404;

    private final ServerContext server;
    private final ServerAnswers answers;
    private final Transmission transmission;
    /** Whether the server compares, where it does not say so; asked once on each connection, however many want to know. */
    private @Nullable Mono<Boolean> asked;

    /** Sends a write that expects a version, and does something else if the record has another one. */
    interface Transmission {
        Mono<WriteOutcome> send(
                WriteRequest request, long expected, Function<RequestException, Mono<WriteOutcome>> moved);
    }

    ComparedWrites(ServerContext server, ServerAnswers answers, Transmission transmission) {
        this.server = server;
        this.answers = answers;
        this.transmission = transmission;
    }

    /** A connection begins, perhaps to another server. */
    void connected() {
        asked = null;
    }

    /**
     * Sends a write. One in doubt is simply repeated: it is executed at that version or not at all.
     *
     * @return what became of it; {@link RequestException}s are of before it was sent
     */
    Mono<WriteOutcome> send(WriteRequest request) {
        PendingWrite write = request.write();
        if (!request.inDoubt() && isBehind(write)) {
            return Mono.just(failed(other(write)));
        }
        return supported(write.key().entity()).flatMap(supported -> {
            if (supported) {
                return transmission.send(request, write.expectedVersion(), refusal -> moved(request, refusal));
            }
            return request.inDoubt() ? settled(request, unsupported(write)) : Mono.just(unsupported(write));
        });
    }

    /** Versions of an old server go back, so that only it knows. */
    private boolean isBehind(PendingWrite write) {
        return server.capabilities().replays() && answers.holdsNewer(write.key(), write.expectedVersion());
    }

    private Mono<WriteOutcome> moved(WriteRequest request, RequestException refusal) {
        WriteOutcome failed = failed(refusal);
        if (request.inDoubt()) {
            return settled(request, failed);
        }
        if (isBehind(request.write())) {
            return Mono.just(failed);
        }
        return read(request.write())
                .thenReturn(failed)
                // It is refused, whether or not what is there instead can be told.
                .onErrorReturn(RequestException.class, failed);
    }

    /** What was sent before may have been executed then, and be what is in the way now. So the record tells. */
    private Mono<WriteOutcome> settled(WriteRequest request, WriteOutcome otherwise) {
        PendingWrite write = request.write();
        boolean delete = write.kind() == WriteKind.DELETE;
        return read(write)
                .map(there ->
                        !delete && WriteMessages.hasValues(there, write) ? new WriteOutcome.Done(there) : otherwise)
                .switchIfEmpty(Mono.fromSupplier(() -> delete ? new WriteOutcome.Done(null) : otherwise));
    }

    /** Reads what is there now, for whoever is told that the write is not. */
    private Mono<ObjectNode> read(PendingWrite write) {
        return answers.read(write)
                .switchIfEmpty(Mono.<ObjectNode>fromRunnable(
                        () -> answers.gone(write.key(), Origin.REMOTE, ServerAnswers.NOW)));
    }

    private static WriteOutcome failed(RequestException refusal) {
        return new WriteOutcome.Rejected(Reason.PRECONDITION_FAILED, refusal);
    }

    private static RequestException other(PendingWrite write) {
        return new RequestException(
                Kind.REFUSED,
                ServerWrites.PRECONDITION_FAILED,
                "The %s of %s '%s' expects version %d, and the server has a later one. It was not sent; look at what is there now, and decide again."
                        .formatted(
                                kind(write), write.key().entity(), write.key().id(), write.expectedVersion()));
    }

    private static WriteOutcome unsupported(PendingWrite write) {
        RecordKey key = write.key();
        return new WriteOutcome.Rejected(
                Reason.REFUSED,
                new UnsupportedInModeException(
                        "The %s of %s '%s' is to be done at version %d only, and this server cannot compare versions: it neither lists the feature 'expected-version' nor knows the field. Nothing was sent. Use %s without a version, or another server."
                                .formatted(kind(write), key.entity(), key.id(), write.expectedVersion(), kind(write))));
    }

    private static String kind(PendingWrite write) {
        return write.kind().name().toLowerCase(Locale.ROOT);
    }

    // ---- whether the server compares ----

    /** {@return whether the server compares; asked if it does not say so} */
    Mono<Boolean> supported(String entity) {
        if (server.comparesVersions()) {
            return Mono.just(true);
        }
        Mono<Boolean> current = asked;
        if (current == null) {
            current = ask(entity).cache();
            asked = current;
        }
        return current;
    }

    /** Deletes what nobody has, at a version that is none: who knows the field finds that wrong before it looks for the record. */
    private Mono<Boolean> ask(String entity) {
        byte[] payload = Json.write(Json.object().put(WriteMessages.EXPECTED_VERSION, "?"));
        String topic = server.topics().delete(entity, UUID.randomUUID().toString());
        return server.channel()
                .sendOnWorker(topic, payload, null)
                .map(done -> false)
                .onErrorResume(RequestException.class, refusal -> switch (refusal.code()) {
                    case MALFORMED -> Mono.just(true);
                    case NOT_FOUND -> Mono.just(false);
                    default -> Mono.error(refusal);
                })
                .doOnNext(compares -> {
                    if (compares) {
                        server.foundToCompareVersions();
                    }
                })
                .doOnError(failure -> asked = null); // The next one asks again.
    }
}
