package io.stitch.reactive.peer.internal.trust;

import io.stitch.reactive.peer.Trust;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Sinks;
import tools.jackson.databind.JsonNode;

import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Trust by the records of a scope, {@link Trust#membership}. Told on the worker of the grants that are held there, each time they change;
 * asked on any thread.
 */
public final class MembershipTrust implements Trust {
    private static final String ADMIN = "admin-";
    private static final String MEMBER = "member-";

    private final String scope;
    private final String entity;
    private final String owner;
    private final Sinks.Many<Boolean> changes = Sinks.many().multicast().directBestEffort();
    private volatile Map<String, Span> grants = Map.of();

    /** From when to when what somebody wrote counts, both included. */
    private record Span(long from, long until) {
        boolean covers(long time) {
            return from <= time && time <= until;
        }
    }

    /**
     * A grant that is held.
     *
     * @param id the record's id
     * @param record the record
     */
    public record Grant(String id, JsonNode record) {}

    /**
     * Makes one that knows of no grants.
     *
     * @param scope the scope with the grants
     * @param entity the entity of the grants
     * @param owner the fingerprint of the owner's key
     */
    public MembershipTrust(String scope, String entity, String owner) {
        this.scope = scope;
        this.entity = entity;
        this.owner = owner;
    }

    /** {@return whether a record of a scope may be a grant} */
    public boolean isGrant(String scopeId, String ofEntity) {
        return scope.equals(scopeId) && entity.equals(ofEntity);
    }

    /** {@return the scope with the grants} */
    public String scope() {
        return scope;
    }

    /** {@return the entity of the grants} */
    public String entity() {
        return entity;
    }

    /** Takes which grants are held now, all of which count. */
    public void hold(Stream<Grant> held) {
        Map<String, Span> next = new HashMap<>();
        held.forEach(grant -> {
            if (grant.id().startsWith(ADMIN) || grant.id().startsWith(MEMBER)) {
                next.put(
                        grant.id(),
                        new Span(bound(grant.record(), "from", 0), bound(grant.record(), "until", Long.MAX_VALUE)));
            }
        });
        if (!next.equals(grants)) {
            grants = Map.copyOf(next);
            synchronized (changes) {
                changes.tryEmitNext(true);
            }
        }
    }

    /** A bound that is there and cannot be read is one that nothing keeps to. */
    private static long bound(JsonNode grant, String field, long none) {
        JsonNode value = grant.path(field);
        if (value.isMissingNode() || value.isNull()) {
            return none;
        }
        boolean isTime = value.isIntegralNumber() && value.canConvertToLong();
        return isTime ? value.longValue() : none == 0 ? Long.MAX_VALUE : -1;
    }

    @Override
    public boolean isTrusted(Write write) {
        if (write.author().equals(owner)) {
            return true;
        }
        if (isGrant(write.scopeId(), write.entity())) {
            return write.id().startsWith(MEMBER) && counts(ADMIN, write);
        }
        return counts(ADMIN, write) || counts(MEMBER, write);
    }

    private boolean counts(String role, Write write) {
        Span span = grants.get(role + write.author());
        return span != null && span.covers(write.time());
    }

    @Override
    public Publisher<?> changes() {
        return changes.asFlux();
    }
}
