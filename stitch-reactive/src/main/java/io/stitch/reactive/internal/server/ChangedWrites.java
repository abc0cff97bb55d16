package io.stitch.reactive.internal.server;

import io.stitch.reactive.Rejection.Reason;
import io.stitch.reactive.SchemaException;
import io.stitch.reactive.internal.mode.RequestException;
import io.stitch.reactive.internal.mode.RequestException.Kind;
import io.stitch.reactive.internal.records.FieldChange;
import io.stitch.reactive.internal.records.Merge;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.writes.WriteMessages;
import io.stitch.reactive.internal.writes.WriteOutcome;
import io.stitch.reactive.internal.writes.WriteOutcome.Answer;
import io.stitch.reactive.internal.writes.WriteRequest;
import io.stitch.reactive.spi.PendingWrite;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import tools.jackson.databind.node.ObjectNode;

import java.util.HashMap;
import java.util.Map;

/**
 * Sends updates that add to numbers and change lists: as the values that this comes to over the newest state that is known, at the version of that state
 * where the server compares (protocol section 3.3), and elsewhere after a look at it. Where it has another one by then, the values are
 * worked out anew: what others wrote is no reason to fail. What is in doubt is sent again as it was where that is safe, and is never done twice without a
 * word. On the worker.
 */
final class ChangedWrites {
    private static final long ANY_VERSION = PendingWrite.ANY_VERSION;

    private final ServerAnswers answers;
    private final ComparedWrites compared;
    private final ServerWrites writes;
    /** In which run of the server requests were sent that are in doubt, as far as that is known, by their ids. No more than there are writes in doubt. */
    private final Map<String, String> sentIn = new HashMap<>();

    ChangedWrites(ServerAnswers answers, ComparedWrites compared, ServerWrites writes) {
        this.answers = answers;
        this.compared = compared;
        this.writes = writes;
    }

    /**
     * Sends a write.
     *
     * @return what became of it; {@link RequestException}s are of before it was sent
     */
    Mono<WriteOutcome> send(WriteRequest request) {
        String id = String.valueOf(request.write().requestId());
        String epoch = answers.epoch(request.write().scope());
        if (!request.inDoubt() && epoch != null) {
            sentIn.put(id, epoch);
        }
        return attempt(request).doOnNext(outcome -> {
            if (!(outcome instanceof WriteOutcome.Later later) || !later.inDoubt()) {
                sentIn.remove(id);
            }
        });
    }

    private Mono<WriteOutcome> attempt(WriteRequest request) {
        PendingWrite write = request.write();
        ObjectNode fields = Json.readObject(write.payload());
        if (!fields.has(FieldChange.WORKED_OUT)) {
            return lookFirst(request, fields);
        }
        return compared.supported(write.key().entity()).flatMap(compares -> {
            // A version of 0 says that the server told none.
            boolean atVersion = compares && write.version() > 0;
            if (request.inDoubt()) {
                return repeat(request, atVersion);
            }
            return atVersion
                    ? writes.transmit(request, write.version(), refusal -> lookAgain(request, refusal))
                    : sendIfSame(request, fields);
        });
    }

    /** Nothing was known here that the changes could be made to, or something of another kind. */
    private Mono<WriteOutcome> lookFirst(WriteRequest request, ObjectNode fields) {
        return answers.read(request.write())
                .map(there -> {
                    try {
                        FieldChange.workedOut(fields, there);
                        return request.write().before() == null
                                ? outdated(request, null)
                                : new WriteOutcome.Rejected(Reason.REFUSED, tooLarge(request.write()));
                    } catch (SchemaException ofAnotherKind) {
                        return new WriteOutcome.Rejected(Reason.REFUSED, ofAnotherKind);
                    }
                })
                .switchIfEmpty(Mono.defer(() -> ofNothing(request)));
    }

    private Mono<WriteOutcome> lookAgain(WriteRequest request, RequestException refusal) {
        return answers.read(request.write())
                .<WriteOutcome>map(there -> outdated(request, refusal))
                .switchIfEmpty(Mono.defer(() -> ofNothing(request)))
                // The refusal was an answer, so it is in no doubt, whatever becomes of the question.
                .onErrorResume(
                        RequestException.class,
                        failed -> Mono.just(new WriteOutcome.Later(failed, false, Answer.NOT_NOW)));
    }

    /** An old server takes what comes; so it is asked first whether the values are what they were. */
    private Mono<WriteOutcome> sendIfSame(WriteRequest request, ObjectNode fields) {
        byte[] json = request.write().before();
        ObjectNode before = json == null ? Json.object() : Json.readObject(json);
        return answers.read(request.write())
                .flatMap(there -> FieldChange.of(fields).keySet().stream()
                                .allMatch(field -> Merge.sameValue(there.path(field), before.path(field)))
                        ? writes.transmit(request, ANY_VERSION, Mono::error)
                        : Mono.just(outdated(request, null)))
                .switchIfEmpty(Mono.defer(() -> ofNothing(request)));
    }

    private Mono<WriteOutcome> repeat(WriteRequest request, boolean atVersion) {
        PendingWrite write = request.write();
        if (!atVersion) { // A request that never came would be executed now, over what others have written since.
            return settle(request, false);
        }
        String before = sentIn.get(String.valueOf(write.requestId()));
        boolean remembered = before != null && writes.isRemembered(write) && answers.counts(write.scope());
        return writes.transmit(request, write.version(), moved -> {
            String now = answers.epoch(write.scope());
            if (!remembered || (now != null && !now.equals(before))) {
                return settle(request, true);
            }
            // What the server had done it would have answered from memory, unless it was restarted since: the
            // comparison tells.
            return now == null
                    ? Mono.just(new WriteOutcome.Later(moved, true, Answer.NOT_NOW))
                    : lookAgain(request, moved);
        });
    }

    /** Finds out from the record what became of a write that was never answered. */
    private Mono<WriteOutcome> settle(WriteRequest request, boolean compares) {
        PendingWrite write = request.write();
        return answers.read(write)
                .flatMap(there -> settle(request, there, compares))
                .switchIfEmpty(Mono.defer(() -> ofNothing(request)));
    }

    private Mono<WriteOutcome> settle(WriteRequest request, ObjectNode there, boolean compares) {
        PendingWrite write = request.write();
        if (ServerWrites.isUntouched(write, there)) {
            return writes.transmit(
                    request,
                    compares ? write.version() : ANY_VERSION,
                    moved -> Mono.just(new WriteOutcome.Later(moved, true, Answer.NOT_NOW)));
        }
        // One write came after what this was worked out over: it was this one, or another one that came to other
        // values.
        boolean isNext = there.path("_version").asLong(0) == write.version() + 1;
        if (isNext && WriteMessages.hasValues(there, write)) {
            return Mono.just(new WriteOutcome.Done(there));
        }
        boolean onlyElements = FieldChange.of(Json.readObject(write.payload())).values().stream()
                .allMatch(FieldChange.Elements.class::isInstance);
        // To put an element in, or to take it out, once more does no harm.
        return Mono.just(isNext || onlyElements ? outdated(request, null) : overtaken(write));
    }

    private Mono<WriteOutcome> ofNothing(WriteRequest request) {
        return writes.updateOfNothing(
                request, ServerWrites.notFound(request.write().key()));
    }

    private static WriteOutcome outdated(WriteRequest request, @Nullable RequestException refusal) {
        PendingWrite write = request.write();
        RequestException why = refusal == null
                ? new RequestException(
                        Kind.REFUSED,
                        ServerWrites.PRECONDITION_FAILED,
                        "The update of %s '%s' was worked out over another state than the server's. It is worked out anew."
                                .formatted(write.key().entity(), write.key().id()))
                : refusal;
        return new WriteOutcome.Later(why, false, Answer.MOVED);
    }

    private static WriteOutcome overtaken(PendingWrite write) {
        return new WriteOutcome.Rejected(
                Reason.OVERTAKEN,
                new RequestException(
                        Kind.OVERTAKEN,
                        0,
                        "The update of %s '%s' was never answered, and others have written the record since, so that nobody can tell whether it was done before. It is not done again: look at what is there, and repeat it if it is missing."
                                .formatted(write.key().entity(), write.key().id())));
    }

    private static SchemaException tooLarge(PendingWrite write) {
        return new SchemaException(
                "The update of %s '%s' comes to values that are too large to be kept. Nothing was sent: take something out first."
                        .formatted(write.key().entity(), write.key().id()));
    }
}
