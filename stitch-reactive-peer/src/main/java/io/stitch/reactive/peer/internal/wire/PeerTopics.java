package io.stitch.reactive.peer.internal.wire;

import io.stitch.reactive.internal.wire.Topics;

/**
 * The topics that only peers use.
 *
 * @param topics those that both modes use
 */
public record PeerTopics(Topics topics) {
    static final String GONE = "_gone";

    /**
     * The filter of everything in a scope, for peers.
     *
     * @param scopeId the scope
     * @return the filter
     */
    public String scopeFilter(String scopeId) {
        return topics.prefix() + '/' + topics.root() + '/' + scopeId + "/#";
    }

    /**
     * The scope that a topic belongs to.
     *
     * @param topic a topic below the prefix
     * @return its scope; empty for that of a goodbye
     */
    public String scopeOf(String topic) {
        String scopes = topics.prefix() + '/' + topics.root() + '/';
        int end = topic.indexOf('/', scopes.length());
        return topic.startsWith(scopes) && end > 0 ? topic.substring(scopes.length(), end) : "";
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
     * {@return the filter of the going of every peer}
     */
    public String goneFilter() {
        return topics.prefix() + '/' + GONE + "/+";
    }
}
