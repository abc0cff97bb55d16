package io.stitch.reactive.spring;

import io.stitch.reactive.peer.MergeRecords;
import io.stitch.reactive.peer.PeerSync;

/** Makes peer mode of the properties. Apart from server mode, because its module may be missing. */
final class PeerSettings {
    private static final String PREFIX = "stitch.peer.";

    private PeerSettings() {}

    static PeerSync peer(StitchProperties.Peer peer) {
        PeerSync.Builder mode = PeerSync.builder()
                .announceLeaving(peer.announceLeaving())
                .mergeRecords(MergeRecords.valueOf(peer.mergeRecords().name()));
        String nameField = peer.announceRoots();
        if (nameField != null) {
            Setting.apply(PREFIX + "announce-roots", nameField, mode::announceRoots);
        }
        Setting.apply(PREFIX + "topic-prefix", peer.topicPrefix(), mode::topicPrefix);
        Setting.apply(PREFIX + "publish-timeout", peer.publishTimeout(), mode::publishTimeout);
        Setting.apply(PREFIX + "publishes-in-flight", peer.publishesInFlight(), mode::publishesInFlight);
        Setting.apply(PREFIX + "compare-interval", peer.compareInterval(), mode::compareInterval);
        Setting.apply(PREFIX + "hello-spacing", peer.helloSpacing(), mode::helloSpacing);
        Setting.apply(PREFIX + "quiet-period", peer.quietPeriod(), mode::quietPeriod);
        Setting.apply(PREFIX + "presence-timeout", peer.presenceTimeout(), mode::presenceTimeout);
        Setting.apply(PREFIX + "max-drift", peer.maxDrift(), mode::maxDrift);
        Setting.apply(PREFIX + "tombstone-retention", peer.tombstoneRetention(), mode::tombstoneRetention);
        Setting.apply(PREFIX + "peer-memory", peer.peerMemory(), mode::peerMemory);
        Setting.apply(PREFIX + "max-tombstones", peer.maxTombstones(), mode::maxTombstones);
        Setting.applyBytes(PREFIX + "max-message-size", peer.maxMessageSize(), mode::maxMessageBytes);
        return mode.build();
    }
}
