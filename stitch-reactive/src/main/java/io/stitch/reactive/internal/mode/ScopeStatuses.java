package io.stitch.reactive.internal.mode;

import io.stitch.reactive.ScopeRefusal;
import io.stitch.reactive.ScopeStatus;
import io.stitch.reactive.ScopeStatus.State;
import io.stitch.reactive.internal.Subscribers;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/** What is known of each open scope: whether it was compared, when, and why not. It decides nothing. On the worker. */
public final class ScopeStatuses {
    private static final ScopeStatus OPENING = new ScopeStatus(State.OPENING, null, null);

    private final SyncContext context;
    private final Map<String, Known> open = new HashMap<>();

    private static final class Known {
        private final Sinks.Many<ScopeStatus> statuses = Sinks.many().replay().latest();
        private ScopeStatus last = OPENING;
    }

    /**
     * Makes one that knows no scope.
     *
     * @param context the store
     */
    public ScopeStatuses(SyncContext context) {
        this.context = context;
    }

    /**
     * A scope is opened that was not.
     *
     * @param scopeId the scope
     */
    public void opening(String scopeId) {
        Known known = new Known();
        open.put(scopeId, known);
        known.statuses.tryEmitNext(OPENING);
    }

    /**
     * A scope that could not be shown can be now, and what is kept of it is being read.
     *
     * @param scopeId the scope
     */
    public void openingAgain(String scopeId) {
        become(scopeId, State.OPENING, comparedAt(scopeId), null);
    }

    /**
     * A scope is being compared, on a new connection or because it is asked for anew.
     *
     * @param scopeId the scope
     */
    public void comparing(String scopeId) {
        become(scopeId, State.COMPARING, comparedAt(scopeId), null);
    }

    /**
     * A scope was compared.
     *
     * @param scopeId the scope
     * @param alone whether nobody was there
     */
    public void compared(String scopeId, boolean alone) {
        become(scopeId, alone ? State.ALONE : State.COMPARED, Instant.ofEpochMilli(context.now()), null);
    }

    /**
     * There is no connection. What was refused stays so.
     *
     * @param scopeId the scope
     */
    public void offline(String scopeId) {
        Known known = open.get(scopeId);
        if (known != null && known.last.state() != State.REFUSED) {
            become(scopeId, State.OFFLINE, comparedAt(scopeId), null);
        }
    }

    /**
     * A scope may not be seen.
     *
     * @param refusal which one, and why
     */
    public void refused(ScopeRefusal refusal) {
        become(refusal.scopeId(), State.REFUSED, comparedAt(refusal.scopeId()), refusal);
    }

    /**
     * What a scope held is forgotten, so that what was compared says nothing any more.
     *
     * @param scopeId the scope
     */
    public void forgotten(String scopeId) {
        Known known = open.get(scopeId);
        if (known != null) {
            ScopeStatus last = known.last;
            boolean compared = last.state() == State.COMPARED || last.state() == State.ALONE;
            become(scopeId, compared ? State.COMPARING : last.state(), null, last.refusal());
        }
    }

    /**
     * A scope is open no more.
     *
     * @param scopeId the scope
     */
    public void closed(String scopeId) {
        Known known = open.remove(scopeId);
        if (known != null) {
            known.statuses.tryEmitComplete();
        }
    }

    /**
     * Tells of an open scope. Hot, with the newest replayed; a slow subscriber gets the newest, not each.
     *
     * @param scopeId the scope
     * @return its statuses; completes when the scope is closed, and at once if it is not open
     */
    public Flux<ScopeStatus> of(String scopeId) {
        Known known = open.get(scopeId);
        return known == null ? Flux.empty() : known.statuses.asFlux().onBackpressureLatest();
    }

    private @Nullable Instant comparedAt(String scopeId) {
        Known known = open.get(scopeId);
        return known == null ? null : known.last.comparedAt();
    }

    private void become(String scopeId, State state, @Nullable Instant comparedAt, @Nullable ScopeRefusal refusal) {
        Known known = open.get(scopeId);
        ScopeStatus next = new ScopeStatus(state, comparedAt, refusal);
        if (known != null && !known.last.equals(next)) {
            known.last = next;
            Subscribers.tell(() -> known.statuses.tryEmitNext(next));
        }
    }
}
