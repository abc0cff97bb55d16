package io.stitch.reactive.peer.internal;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * On which connection each peer was heard last, so that a goodbye ends that one or a later one, once, and never one that was begun
 * after it: a last will of an earlier connection may come late, and whoever has heard a goodbye can send it again. A peer is told from
 * its earlier connections by its own clock. At most {@link #BOUND}; the one unheard longest goes first. On the worker.
 */
final class Connections {
    static final int BOUND = 10_000;

    /** When the earliest connection was begun that may not have ended, in milliseconds since 1970. The one unheard longest first. */
    private final Map<String, Long> earliest = new LinkedHashMap<>();

    /** A peer said something on the connection that it began at a time. */
    void heard(String peer, long connectedAt) {
        Long before = earliest.remove(peer);
        earliest.put(peer, before == null ? connectedAt : Math.max(before, connectedAt));
        if (earliest.size() > BOUND) {
            Iterator<String> oldest = earliest.keySet().iterator();
            oldest.next();
            oldest.remove();
        }
    }

    /** {@return whether this is the end of a connection on which the peer may still be there} */
    boolean ended(String peer, long connectedAt) {
        if (connectedAt < earliest.getOrDefault(peer, 0L)) {
            return false;
        }
        heard(peer, connectedAt + 1);
        return true;
    }

    /** {@return whether a connection is known to have ended, so that whatever was said on it is old} Below 0 it is not known which one it is. */
    boolean isOver(String peer, long connectedAt) {
        return connectedAt >= 0 && connectedAt < earliest.getOrDefault(peer, 0L);
    }

    void clear() {
        earliest.clear();
    }
}
