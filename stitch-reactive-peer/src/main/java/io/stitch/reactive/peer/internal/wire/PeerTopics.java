package io.stitch.reactive.peer.internal.wire;

import io.stitch.reactive.internal.wire.Operation;
import io.stitch.reactive.internal.wire.Topics;
import io.stitch.reactive.internal.wire.WireSchema;

/**
 * The topics that only peers use.
 *
 * @param topics those that both modes use
 */
public record PeerTopics(Topics topics) {
    static final String GONE = "_gone";
    static final String WHO = "_who";
    /** Where a root's name is in the topics of scopes, in those of top-level entities. No entity's name begins with an underscore. */
    static final String TOP = "_top";

    /**
     * The filter of everything in a scope, for peers.
     *
     * @param scopeId the scope, or the key of a top-level entity's records
     * @return the filter
     */
    public String scopeFilter(String scopeId) {
        return base(scopeId) + "/#";
    }

    /**
     * The topic of the hellos of a scope.
     *
     * @param scopeId the scope, or the key of a top-level entity's records
     * @return the topic
     */
    public String hello(String scopeId) {
        return base(scopeId) + "/hello";
    }

    /**
     * The topic of an event.
     *
     * @param scopeId the scope, or the key of a top-level entity's records
     * @param entity the record's entity
     * @param operation what happened
     * @return the topic
     */
    public String event(String scopeId, String entity, Operation operation) {
        return WireSchema.isTopLevel(scopeId)
                ? base(scopeId) + '/' + entity + "/events/" + operation.topicSuffix()
                : topics.event(scopeId, entity, operation);
    }

    private String base(String scopeId) {
        return topics.prefix()
                + '/'
                + (WireSchema.isTopLevel(scopeId)
                        ? TOP + '/' + WireSchema.topLevelEntity(scopeId)
                        : topics.root() + '/' + scopeId);
    }

    /**
     * The scope that a topic belongs to.
     *
     * @param topic a topic below the prefix
     * @return its scope, or the key of a top-level entity's records; empty for that of a goodbye
     */
    public String scopeOf(String topic) {
        String top = below(TOP, topic);
        return top.isEmpty() ? below(topics.root(), topic) : WireSchema.topLevelKey(top);
    }

    private String below(String level, String topic) {
        String above = topics.prefix() + '/' + level + '/';
        int end = topic.indexOf('/', above.length());
        return topic.startsWith(above) && end > 0 ? topic.substring(above.length(), end) : "";
    }

    /**
     * {@return the filter of the hellos of every scope, for peers}
     */
    public String hellosFilter() {
        return topics.prefix() + '/' + topics.root() + "/+/hello";
    }

    /**
     * The topic on which a peer's going is told. No entity's name begins with an underscore, so it is nobody's scope.
     *
     * @param clientId the peer
     * @return the topic
     */
    public String gone(String clientId) {
        return topics.prefix() + '/' + GONE + '/' + clientId;
    }

    /**
     * The topic on which a peer asks which scopes there are.
     *
     * @param clientId the peer
     * @return the topic
     */
    public String who(String clientId) {
        return topics.prefix() + '/' + WHO + '/' + clientId;
    }

    /**
     * {@return the filter of what every peer asks}
     */
    public String whoFilter() {
        return topics.prefix() + '/' + WHO + "/+";
    }

    /**
     * {@return the filter of the going of every peer}
     */
    public String goneFilter() {
        return topics.prefix() + '/' + GONE + "/+";
    }
}
