package io.stitch.reactive.internal.people;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.Names;
import io.stitch.reactive.internal.mode.RequestException;
import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.wire.Reply;
import io.stitch.reactive.internal.wire.Requests;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;

/**
 * The roots that others share with the user, which a server lists apart from their own (protocol section 4.10). Whatever becomes of that list,
 * the user has their own.
 */
public final class SharedRoots {
    private static final Logger LOG = LoggerFactory.getLogger(SharedRoots.class);
    private static final Set<String> FIELDS = Set.of("id", "_version");

    private final SyncContext context;
    private final BiFunction<String, byte[], Mono<Reply.Ok>> requests;
    /** Those that were listed last. */
    private volatile Set<String> listed = Set.of();

    /** Whether the server answered last; on the worker, as are the next ones. */
    private boolean known;

    /** Whether the server of this connection does not know the request. */
    private boolean unknown;

    private boolean probing;

    private boolean reported;

    /**
     * Makes one.
     *
     * @param context the store
     * @param requests sends a payload on a topic; cold
     */
    public SharedRoots(SyncContext context, BiFunction<String, byte[], Mono<Reply.Ok>> requests) {
        this.context = context;
        this.requests = requests;
    }

    /**
     * {@return whether a root was listed last} Any thread.
     *
     * @param rootId the root
     */
    public boolean has(String rootId) {
        return listed.contains(rootId);
    }

    /**
     * {@return whether the server has answered before, so that whoever lists roots may wait for it} Nobody's own roots wait for an answer that
     * may never come. On the worker.
     */
    public boolean isKnown() {
        return known;
    }

    /**
     * Finds out whether the server knows the request, unless that is known. On the worker.
     *
     * @param found what to do if it does, and others share something with the user
     */
    public void probe(Runnable found) {
        if (known || unknown || probing) {
            return;
        }
        probing = true;
        list().doFinally(end -> probing = false)
                .subscribe(
                        roots -> {
                            if (!roots.isEmpty()) {
                                found.run();
                            }
                        },
                        error -> LOG.debug("asked again when the roots are listed next", error));
    }

    /** Another server may know what the last one did not, and one that tells of shares does. On the worker. */
    public void askAgain() {
        unknown = false;
    }

    /** They were another user's. */
    public void forget() {
        listed = Set.of();
    }

    /**
     * {@return what others share with the user} Cold; answers on the worker. Nothing, where roots have no owners, nobody is logged in, or the
     * server does not know the request; an error only if the connection is not there to the end.
     */
    public Mono<List<StoredRecord>> list() {
        return Mono.defer(() -> {
                    boolean asked =
                            context.ownerField() != null && context.user().get().isPresent() && !unknown;
                    return asked ? ask() : Mono.just(List.<StoredRecord>of());
                })
                .subscribeOn(context.serial());
    }

    private Mono<List<StoredRecord>> ask() {
        String topic = context.topics().shared(context.schema().root());
        return requests.apply(topic, Requests.nothing())
                .map(ok -> taken(ok, topic))
                .onErrorResume(SharedRoots::isAnswer, error -> {
                    notListed((RequestException) error, topic);
                    return Mono.just(List.of());
                });
    }

    private List<StoredRecord> taken(Reply.Ok ok, String topic) {
        if (!ok.isList()) {
            throw new RequestException(
                    RequestException.Kind.UNEXPECTED_REPLY, 0, "The answer to %s is not an array.".formatted(topic));
        }
        String entity = context.schema().root();
        Set<String> ids = new HashSet<>();
        List<StoredRecord> roots = new ArrayList<>();
        for (Reply.Item item : ok.items(FIELDS)) {
            JsonNode stated = item.fields().path("id");
            String id = stated.isString() ? stated.stringValue() : "";
            String problem = Names.idProblem(id);
            if (problem != null) {
                context.diagnostics().report(DiagnosticCode.INVALID_ID, topic, problem);
            } else if (!context.isOwnRoot(Json.readObject(item.json())) && ids.add(id)) {
                long version = item.fields().path("_version").asLong(-1);
                roots.add(new StoredRecord(new RecordKey(entity, id), SyncContext.ROOTS_KEY, version, item.json()));
            }
        }
        listed = Set.copyOf(ids);
        known = true;
        return roots;
    }

    private static boolean isAnswer(Throwable error) {
        return error instanceof RequestException request
                && switch (request.kind()) {
                    case REFUSED, TIMEOUT, UNEXPECTED_REPLY -> true;
                    default -> false;
                };
    }

    /** What was listed before stays: it is read one by one where the list of roots is kept, and what is not shared any more leaves then. */
    private void notListed(RequestException error, String topic) {
        boolean mayHelpLater = error.code() == 429 || error.code() >= 500;
        unknown = !mayHelpLater;
        known = false;
        if (!reported) {
            reported = true;
            context.diagnostics()
                    .report(
                            DiagnosticCode.NO_SHARED_ROOTS,
                            topic,
                            "only the user's own roots are listed: " + error.getMessage());
        }
    }
}
