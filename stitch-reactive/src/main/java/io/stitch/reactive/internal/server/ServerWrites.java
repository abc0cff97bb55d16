package io.stitch.reactive.internal.server;

import io.stitch.reactive.RecordEvent.Origin;
import io.stitch.reactive.Rejection.Reason;
import io.stitch.reactive.ServerCapabilities;
import io.stitch.reactive.WriteKind;
import io.stitch.reactive.internal.mode.RequestException;
import io.stitch.reactive.internal.mode.RequestException.Kind;
import io.stitch.reactive.internal.records.FieldChange;
import io.stitch.reactive.internal.records.Merge;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.wire.Reply;
import io.stitch.reactive.internal.writes.WriteMessages;
import io.stitch.reactive.internal.writes.WriteOutcome;
import io.stitch.reactive.internal.writes.WriteOutcome.Answer;
import io.stitch.reactive.internal.writes.WriteRequest;
import io.stitch.reactive.internal.writes.WriteSender;
import io.stitch.reactive.spi.PendingWrite;
import io.stitch.reactive.spi.RecordKey;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.time.Duration;
import java.util.Locale;
import java.util.function.Function;

/**
 * Sends writes to a server, and settles those that may have been executed (protocol sections 3.4 and 3.5). Nothing that was sent
 * and not answered is sent again before the server was asked what became of it, by the request's own id where it remembers its
 * answers, and by reading the record elsewhere.
 */
final class ServerWrites implements WriteSender {
    /** How a server begins its refusal of a create whose id is taken (protocol section 3.3). */
    private static final String EXISTS = "exists";

    /** A server remembers its answers for ten minutes; what is closer to that than this is settled by reading. */
    private static final Duration REMEMBERED = Duration.ofMinutes(9);

    private static final long ANY_VERSION = PendingWrite.ANY_VERSION;
    static final int PRECONDITION_FAILED = 412;

    private final ServerContext server;
    private final RequestChannel channel;
    private final ServerAnswers answers;
    private final RootBump rootBump;
    private final ComparedWrites compared;
    private final ChangedWrites changed;

    ServerWrites(ServerContext server, ServerAnswers answers) {
        this.server = server;
        this.answers = answers;
        this.channel = server.channel();
        this.rootBump = new RootBump(server, answers);
        this.compared = new ComparedWrites(server, answers, this::transmit);
        this.changed = new ChangedWrites(answers, compared, this);
    }

    /** A connection begins, perhaps to another server. */
    void connected() {
        compared.connected();
    }

    @Override
    public boolean versionsRise() {
        return replays();
    }

    @Override
    public int concurrency() {
        return channel.limit();
    }

    @Override
    public Mono<WriteOutcome> send(WriteRequest request) {
        Mono<WriteOutcome> outcome;
        if (request.write().isCompared()) {
            outcome = compared.send(request);
        } else if (request.write().kind() == WriteKind.UPDATE
                && FieldChange.mayBeIn(request.write().payload())) {
            outcome = changed.send(request);
        } else if (request.inDoubt()) {
            outcome = repeat(request);
        } else if (request.write().kind() == WriteKind.CREATE && request.waited() && !replays()) {
            outcome = createUnlessThere(request);
        } else {
            outcome = transmit(request);
        }
        return outcome.onErrorResume(
                RequestException.class, error -> Mono.just(notDone(error, request.inDoubt(), request.inDoubt())));
    }

    /** Where it may be done without reading first: the server remembers that it was done, or sees that the record is not what it was. */
    private Mono<WriteOutcome> repeat(WriteRequest request) {
        PendingWrite write = request.write();
        boolean compared = isCompared(write) && write.version() > 0;
        if (!isRemembered(write) && !(compared && remembers())) {
            return settle(request);
        }
        return transmit(request, compared ? write.version() : ANY_VERSION, moved -> settle(request));
    }

    private boolean remembers() {
        return server.capabilities().has(ServerCapabilities.REQUEST_IDS);
    }

    /** Whether the server executes a write only at a version that it names; that of a root rises with every write of a child. */
    private boolean isCompared(PendingWrite write) {
        return write.kind() != WriteKind.CREATE
                && server.comparesVersions()
                && !write.key().entity().equals(server.schema().root());
    }

    private boolean replays() {
        return server.capabilities().replays();
    }

    /** Whether the server answers a repetition of this from memory. */
    boolean isRemembered(PendingWrite write) {
        long since = server.now() - write.sentAt();
        // Sent in the future, it was sent before a clock was set back, and nobody knows how long ago.
        return remembers() && since >= 0 && since < REMEMBERED.toMillis();
    }

    /** An old server overwrites what is there, and somebody may have created the id while this write waited. */
    private Mono<WriteOutcome> createUnlessThere(WriteRequest request) {
        return answers.read(request.write())
                .map(there -> found(request, there))
                .switchIfEmpty(Mono.defer(() -> transmit(request)));
    }

    /** What is there with our values is ours. */
    private static WriteOutcome found(WriteRequest request, ObjectNode there) {
        RecordKey key = request.write().key();
        if (WriteMessages.hasValues(there, request.write())) {
            return new WriteOutcome.Done(there);
        }
        return new WriteOutcome.Rejected(
                Reason.REFUSED,
                new RequestException(
                        Kind.REFUSED,
                        409,
                        "exists: there is a %s '%s' on the server already, with other content. Update it, or create another id."
                                .formatted(key.entity(), key.id())));
    }

    private Mono<WriteOutcome> transmit(WriteRequest request) {
        return transmit(request, ANY_VERSION, Mono::error);
    }

    /** Sends again what was found not to be done; should the record change before that arrives, it is looked at again later. */
    private Mono<WriteOutcome> transmitAt(WriteRequest request, ObjectNode there) {
        long version = isCompared(request.write()) ? there.path("_version").asLong(ANY_VERSION) : ANY_VERSION;
        return transmit(
                request, version, moved -> Mono.just(new WriteOutcome.Later(moved, request.inDoubt(), Answer.NOT_NOW)));
    }

    /**
     * Sends a write.
     *
     * @param expected the version that its record must have
     * @param moved what follows if it has another one
     */
    Mono<WriteOutcome> transmit(
            WriteRequest request, long expected, Function<RequestException, Mono<WriteOutcome>> moved) {
        PendingWrite write = request.write();
        RecordKey key = write.key();
        Mono<WriteOutcome> answer = switch (write.kind()) {
            case CREATE ->
                request(server.topics().create(key.entity()), WriteMessages.create(write, server.now()), write)
                        .map(ok -> stored(key, ok));
            case UPDATE ->
                request(server.topics().update(key.entity(), key.id()), WriteMessages.update(write, expected), write)
                        .map(ok -> stored(key, ok));
            case DELETE ->
                request(server.topics().delete(key.entity(), key.id()), WriteMessages.delete(expected), write)
                        .flatMap(ok ->
                                request.inDoubt() ? deletedBefore(write) : Mono.just(deleted(key, write.version())));
        };
        return answer.doOnNext(done -> bumpRoot(write))
                .onErrorResume(
                        error -> error instanceof RequestException refused && refused.kind() == Kind.REFUSED, error -> {
                            RequestException refusal = (RequestException) error;
                            return refusal.code() == PRECONDITION_FAILED && expected != ANY_VERSION
                                    ? moved.apply(refusal)
                                    : refused(request, refusal);
                        })
                // From here on the request may have been executed.
                .onErrorResume(RequestException.class, error -> Mono.just(notDone(error, request.inDoubt(), true)));
    }

    private Mono<Reply.Ok> request(String topic, byte[] payload, PendingWrite write) {
        return channel.sendOnWorker(topic, payload, write.requestId());
    }

    private WriteOutcome stored(RecordKey key, Reply.Ok ok) {
        return new WriteOutcome.Done(answers.written(key.entity(), ok));
    }

    private WriteOutcome deleted(RecordKey key, long known) {
        answers.gone(key, Origin.LOCAL, known);
        return new WriteOutcome.Done(null);
    }

    private Mono<WriteOutcome> deletedBefore(PendingWrite write) {
        return gone(write, Origin.LOCAL).thenReturn(new WriteOutcome.Done(null));
    }

    /**
     * Takes that there is no record, as an answer says. One from memory is about what was: if the record was seen at a later version, it
     * may be there again.
     */
    private Mono<Void> gone(PendingWrite write, Origin origin) {
        RecordKey key = write.key();
        if (!answers.holdsNewer(key, write.version())) {
            answers.gone(key, origin, write.version());
            return Mono.empty();
        }
        return answers.read(write)
                .switchIfEmpty(Mono.defer(() -> {
                    answers.gone(key, origin, ServerAnswers.NOW);
                    return Mono.empty();
                }))
                .then();
    }

    private void bumpRoot(PendingWrite write) {
        if (!replays() && server.schema().children().containsKey(write.key().entity())) {
            rootBump.bump(write.scope());
        }
    }

    private Mono<WriteOutcome> refused(WriteRequest request, RequestException error) {
        WriteKind kind = request.write().kind();
        if (error.code() == 404 && kind != WriteKind.CREATE) {
            return kind == WriteKind.UPDATE || isOthersDelete(request)
                    ? updateOfNothing(request, error)
                    : deletedBefore(request.write());
        }
        boolean exists = error.code() == 409 && kind == WriteKind.CREATE;
        return error.isTransient() || !(exists || request.inDoubt())
                ? Mono.just(notDone(error, request.inDoubt(), false))
                : refusedUnlessDone(request, error);
    }

    /** What was to be deleted at one version only, and is gone already, was deleted at another one; unless this was sent before. */
    private static boolean isOthersDelete(WriteRequest request) {
        return request.write().isCompared() && !request.inDoubt();
    }

    /**
     * A refusal tells what became of this attempt, and nothing of an earlier one that was not answered; and what is there already may be what
     * was to be created. So the record tells.
     */
    private Mono<WriteOutcome> refusedUnlessDone(WriteRequest request, RequestException error) {
        PendingWrite write = request.write();
        WriteOutcome refused = new WriteOutcome.Rejected(Reason.REFUSED, error);
        return answers.read(write)
                .map(there -> write.kind() != WriteKind.DELETE && WriteMessages.hasValues(there, write)
                        ? new WriteOutcome.Done(there)
                        : refused)
                .switchIfEmpty(Mono.defer(() -> write.kind() == WriteKind.DELETE
                        ? Mono.just(deleted(write.key(), ServerAnswers.NOW))
                        : isTaken(write, error) ? createOnceMore(request) : Mono.just(refused)))
                // It was answered, so it is in no more doubt than before, whatever becomes of the question.
                .onErrorResume(
                        RequestException.class,
                        failed -> Mono.just(notDone(failed, request.inDoubt(), request.inDoubt())));
    }

    private static boolean isTaken(PendingWrite write, RequestException error) {
        return write.kind() == WriteKind.CREATE && error.serverMessage().startsWith(EXISTS);
    }

    /** What was in the way of a create is gone since. Once: a server that goes on saying so, and shows nothing, is believed. */
    private Mono<WriteOutcome> createOnceMore(WriteRequest request) {
        PendingWrite write = request.write();
        return request(server.topics().create(write.key().entity()), WriteMessages.create(write, server.now()), write)
                .map(ok -> stored(write.key(), ok))
                .doOnNext(done -> bumpRoot(write))
                .onErrorResume(
                        RequestException.class,
                        error -> Mono.just(notDone(error, request.inDoubt(), error.kind() != Kind.REFUSED)));
    }

    /** Somebody deleted the record, and the delete stands; unless the server never had it, and it is created. What names a version creates nothing. */
    Mono<WriteOutcome> updateOfNothing(WriteRequest request, RequestException error) {
        RecordKey key = request.write().key();
        ObjectNode whole = request.localCopy().get();
        if (!request.acknowledged().getAsBoolean()
                && whole != null
                && !request.write().isCompared()) {
            return channel.sendOnWorker(
                            server.topics().create(key.entity()), WriteMessages.create(whole, server.now()), null)
                    .map(ok -> stored(key, ok));
        }
        return gone(request.write(), Origin.REMOTE)
                .thenReturn(new WriteOutcome.Rejected(Reason.DELETED_MEANWHILE, error));
    }

    /** Asks the server what became of a write that was never answered. */
    private Mono<WriteOutcome> settle(WriteRequest request) {
        PendingWrite write = request.write();
        RecordKey key = write.key();
        return answers.read(write)
                .flatMap(there -> switch (write.kind()) {
                    case CREATE -> Mono.<WriteOutcome>just(new WriteOutcome.Done(there));
                    case UPDATE -> settleUpdate(request, there);
                    case DELETE -> isUntouched(write, there) ? transmitAt(request, there) : Mono.just(overtaken(write));
                })
                .switchIfEmpty(Mono.defer(() -> switch (write.kind()) {
                    // Its event told that it was done, so that somebody deleted the record since.
                    case CREATE ->
                        request.acknowledged().getAsBoolean()
                                ? Mono.just(new WriteOutcome.Done(null))
                                : transmit(request);
                    case UPDATE -> updateOfNothing(request, notFound(key));
                    case DELETE -> Mono.just(deleted(key, ServerAnswers.NOW));
                }));
    }

    /** The version alone does not tell: an old server counts from one again when a record is created again. */
    static boolean isUntouched(PendingWrite write, ObjectNode there) {
        byte[] before = write.before();
        return there.path("_version").asLong(0) == write.version()
                && (before == null || Merge.isSame(Json.readObject(before), there));
    }

    private Mono<WriteOutcome> settleUpdate(WriteRequest request, ObjectNode there) {
        byte[] json = request.write().before();
        ObjectNode before = json == null ? Json.object() : Json.readObject(json);
        boolean unchanged = false;
        for (var field : WriteMessages.fields(request.write()).properties()) {
            JsonNode now = there.path(field.getKey());
            if (!Merge.sameValue(now, field.getValue())) {
                if (!Merge.sameValue(now, before.path(field.getKey()))) {
                    return Mono.just(overtaken(request.write()));
                }
                unchanged = true;
            }
        }
        return unchanged ? transmitAt(request, there) : Mono.just(new WriteOutcome.Done(there));
    }

    private static WriteOutcome overtaken(PendingWrite write) {
        return new WriteOutcome.Rejected(
                Reason.OVERTAKEN,
                new RequestException(
                        Kind.OVERTAKEN,
                        0,
                        "The %s of %s '%s' was never answered, and %s"
                                .formatted(
                                        write.kind().name().toLowerCase(Locale.ROOT),
                                        write.key().entity(),
                                        write.key().id(),
                                        write.before() == null
                                                ? "there is one on the server that was not known here. It stays; delete it again if it should go."
                                                : "somebody else has written the same since. What they wrote stands; write again if yours should.")));
    }

    static RequestException notFound(RecordKey key) {
        return new RequestException(
                Kind.REFUSED, 404, "not found: the %s '%s' was deleted meanwhile.".formatted(key.entity(), key.id()));
    }

    /**
     * What becomes of a write that failed.
     *
     * @param error why
     * @param inDoubt whether it was in doubt before
     * @param sent whether it may have been sent since
     */
    private static WriteOutcome notDone(RequestException error, boolean inDoubt, boolean sent) {
        return switch (error.kind()) {
            case REFUSED ->
                error.isTransient()
                        // It tells what became of this attempt, and nothing of an earlier one that was not answered.
                        ? new WriteOutcome.Later(error, inDoubt, error.code() >= 500 ? Answer.TROUBLE : Answer.NOT_NOW)
                        : new WriteOutcome.Rejected(Reason.REFUSED, inDoubt ? andNothingMore(error) : error);
            case TIMEOUT, CONNECTION_LOST -> new WriteOutcome.Later(error, sent, Answer.NONE);
            case NOT_CONNECTED, OVERFLOW -> new WriteOutcome.Later(error, inDoubt, Answer.NONE);
            case UNEXPECTED_REPLY -> new WriteOutcome.Later(error, sent, Answer.TROUBLE);
            case TOO_LARGE, OVERTAKEN -> new WriteOutcome.Rejected(Reason.REFUSED, error);
        };
    }

    private static RequestException andNothingMore(RequestException refusal) {
        return new RequestException(
                refusal.kind(),
                refusal.code(),
                "%s. The write had been sent before without an answer, and the server does not tell what became of that."
                        .formatted(refusal.getMessage()));
    }
}
