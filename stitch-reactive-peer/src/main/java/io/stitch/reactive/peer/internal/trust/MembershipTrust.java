package io.stitch.reactive.peer.internal.trust;

import io.stitch.reactive.peer.Trust;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Sinks;
import tools.jackson.databind.JsonNode;

import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
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
    private volatile Map<String, Span> grants = new ConcurrentHashMap<>();

    /** From when to when what somebody wrote counts, both included. */
    private record Span(long from, long until) {
        static Span of(JsonNode grant) {
            return new Span(bound(grant, "from", 0), bound(grant, "until", Long.MAX_VALUE));
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
    public void holdAll(Stream<Grant> held) {
        Map<String, Span> next = new ConcurrentHashMap<>();
        held.filter(grant -> isRole(grant.id())).forEach(grant -> next.put(grant.id(), Span.of(grant.record())));
        if (!next.equals(grants)) {
            grants = next;
            changed();
        }
    }

    /**
     * Takes that a record is otherwise now that may be a grant.
     *
     * @param id the record's id
     * @param record the record, which counts, or {@code null} if there is none
     */
    public void hold(String id, @Nullable JsonNode record) {
        if (isRole(id)) {
            Span now = record == null ? null : Span.of(record);
            Span before = now == null ? grants.remove(id) : grants.put(id, now);
            if (!Objects.equals(before, now)) {
                changed();
            }
        }
    }

    private static boolean isRole(String id) {
        return id.startsWith(ADMIN) || id.startsWith(MEMBER);
    }

    private void changed() {
        synchronized (changes) {
            changes.tryEmitNext(true);
        }
    }

    @Override
    public boolean isTrusted(Write write) {
        if (write.author().equals(owner)) {
            return true;
        }
        if (scope.equals(write.scopeId()) && write.entity().isEmpty()) {
            // Whoever is a member no more is told so, by those who compare the grants with theirs.
            return grants.containsKey(ADMIN + write.author()) || grants.containsKey(MEMBER + write.author());
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
