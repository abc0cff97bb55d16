package io.stitch.reactive.peer.internal;

import io.stitch.reactive.peer.MergeRecords;
import io.stitch.reactive.peer.ScopeKeys;
import io.stitch.reactive.peer.internal.trust.Authors;
import org.jspecify.annotations.Nullable;

import java.time.Duration;

/**
 * What an application chose of peer mode; {@code PeerSync.Builder} says what each does.
 *
 * @param topicPrefix the sync topic prefix
 * @param signatures signs what is said and checks what is heard, or does neither
 * @param authors signs writes and says whose count, or does neither
 * @param keys the keys of the scopes that are encrypted, {@code null} if none is
 * @param announceLeaving whether others are told when this store goes
 * @param announcedField the root's field that is said in hellos; empty for none
 * @param helloSpacing the shortest time between two hellos for one scope
 * @param quietPeriod how long a changed scope must be quiet before it is compared again
 * @param compareInterval how often a scope is compared without a reason
 * @param presenceTimeout after what time a peer that is not heard is no longer there
 * @param publishTimeout how long a publish waits for the broker
 * @param maxDrift how far ahead a stamp may be
 * @param tombstoneRetention how long a delete is remembered at least
 * @param peerMemory how long a peer that is not heard counts as one that may not know of a delete
 * @param publishesInFlight how many publishes wait for the broker at once
 * @param maxMessageBytes the largest message that is read
 * @param maxTombstones how many deletes of a scope are remembered
 * @param mergeRecords what becomes of two states of one record
 */
public record PeerSettings(
        String topicPrefix,
        Signatures signatures,
        Authors authors,
        @Nullable ScopeKeys keys,
        boolean announceLeaving,
        String announcedField,
        Duration helloSpacing,
        Duration quietPeriod,
        Duration compareInterval,
        Duration presenceTimeout,
        Duration publishTimeout,
        Duration maxDrift,
        Duration tombstoneRetention,
        Duration peerMemory,
        int publishesInFlight,
        int maxMessageBytes,
        int maxTombstones,
        MergeRecords mergeRecords) {}
