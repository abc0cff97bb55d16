package io.stitch.reactive.peer;

import com.google.errorprone.annotations.CheckReturnValue;
import io.stitch.reactive.EntityType;
import io.stitch.reactive.Names;
import io.stitch.reactive.internal.wire.WireSchema;
import io.stitch.reactive.peer.internal.PeerMode;
import io.stitch.reactive.peer.internal.PeerSettings;
import io.stitch.reactive.peer.internal.Signatures;
import io.stitch.reactive.peer.internal.trust.Authors;
import io.stitch.reactive.spi.SettingRules;
import io.stitch.reactive.spi.SyncMode;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import java.security.KeyPair;
import java.security.PublicKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;

/**
 * Peer mode: stores share scopes over any MQTT 5 broker, and no server owns the truth. Each store holds its scopes whole; of two writes
 * of one field the later one wins, by a clock that all stores keep together.
 *
 * <p>An instance belongs to one store, from {@code StitchStoreBuilder.build()} on: make one for each. It is also where that store
 * tells what only peers have: {@link #presence}, {@link #announcedScopes}, {@link #restamp}. Safe on any thread.
 */
public interface PeerSync extends SyncMode {
    /** The sync topic prefix unless another one is set. */
    String DEFAULT_PREFIX = "stitch/peer";

    /**
     * {@return peer mode with the protocol's defaults, for one store}
     */
    static PeerSync create() {
        return builder().build();
    }

    /**
     * {@return a builder that begins with the protocol's defaults}
     */
    static Builder builder() {
        return new Builder();
    }

    /**
     * Who is there in an open scope: the other peers that said hello or published in it lately. A peer leaves the list when it or the
     * broker says that it is gone, or when it was not heard for the presence timeout. A hint, not a promise: a peer that has nothing to
     * say is silent for up to the compare interval.
     *
     * <p>Hot, with the newest list replayed; emits when somebody comes or goes. A slow subscriber gets the newest list. Ends with
     * the store. An {@link IllegalStateException} if this instance belongs to no store yet.
     *
     * @param scopeId the scope; the list is empty as long as it is not open
     * @return the lists, in the order of the client ids
     */
    @CheckReturnValue
    Flux<List<PresentPeer>> presence(String scopeId);

    /**
     * Which scopes there are: those that peers have said hello for lately, whether they are open here or not. From the first subscription
     * on, the store hears every hello below its prefix. Then, and on each connection, it asks the peers that are there to say theirs, so that
     * the list is there within a second. At most 10 000; a scope leaves the list when no hello came for it for the presence timeout.
     *
     * <p>Hot, with the newest list replayed; emits when a scope comes or goes. A slow subscriber gets the newest list. Ends with
     * the store. An {@link IllegalStateException} if this instance belongs to no store yet.
     *
     * @return the lists of scope ids, sorted
     */
    @CheckReturnValue
    Flux<List<String>> announcedScopes();

    /**
     * {@link #announcedScopes()} with the names of their roots, as far as peers say them: those that were told to by
     * {@link Builder#announceRoots}. What is said anybody may have made up, who may publish a hello.
     *
     * <p>Hot, with the newest list replayed; emits when a scope comes, goes, or is called otherwise. A slow subscriber gets the newest list. Ends with
     * the store. An {@link IllegalStateException} if this instance belongs to no store yet.
     *
     * @return the lists, in the order of the ids
     */
    @CheckReturnValue
    Flux<List<AnnouncedRoot>> announcedRoots();

    /**
     * Mends a store whose wall clock was once wrong and is right now. Every record and every delete in an open scope, or of a top-level
     * entity, whose stamp is further ahead than the allowed drift is stamped with the present time, kept, and sent like a write; the store's clock goes back to the
     * present. Closed scopes are mended in the same way when they are opened next, also after a restart.
     *
     * <p>Peers have not taken the wrong stamps, so they take the new ones; what they wrote themselves meanwhile is older and loses. A peer
     * whose clock was wrong as well has to mend its own copies. Cold.
     *
     * @return how many records and deletes were stamped again, when they are sent, or durably queued if offline
     */
    @CheckReturnValue
    Mono<Integer> restamp();

    /**
     * Names the scope that a top-level entity has among peers, with all its records: in {@link #presence}, {@link ScopeKeys}, {@link Trust},
     * refusals and reports. Nobody opens it; it is open as long as the store is.
     *
     * @param type a top-level entity of the schema
     * @return an id that no other scope can have
     */
    static String topLevelScope(EntityType<?> type) {
        return WireSchema.topLevelKey(type.name());
    }

    /**
     * Reads an Ed25519 public key.
     *
     * @param text Base64 of the key in X.509 form, as {@link #publicKeyText} writes it and hellos carry it
     * @return the key
     * @throws IllegalArgumentException if it is none
     */
    static PublicKey publicKey(String text) {
        return Signatures.key(text);
    }

    /**
     * Writes an Ed25519 public key, to be handed to other peers.
     *
     * @param key the key
     * @return Base64 of the key in X.509 form
     * @throws IllegalArgumentException if it is of another kind
     */
    static String publicKeyText(PublicKey key) {
        return Signatures.text(key);
    }

    /** Builds a {@link PeerSync}. Values are checked when they are set. */
    final class Builder {
        private String topicPrefix = DEFAULT_PREFIX;
        private Signatures signatures = Signatures.OFF;
        private Authors authors = Authors.OFF;
        private @Nullable ScopeKeys keys;
        private boolean announceLeaving = true;
        private String announcedField = "";
        private Duration helloSpacing = Duration.ofSeconds(6);
        private Duration quietPeriod = Duration.ofSeconds(10);
        private Duration compareInterval = Duration.ofMinutes(5);
        private Duration presenceTimeout = Duration.ofMinutes(12);
        private Duration publishTimeout = Duration.ofSeconds(10);
        private Duration maxDrift = Duration.ofHours(24);
        private Duration tombstoneRetention = Duration.ofDays(30);
        private Duration peerMemory = Duration.ofDays(180);
        private int publishesInFlight = 256;
        private int maxMessageBytes = 16 * 1024 * 1024;
        private int maxTombstones = 100_000;
        private MergeRecords mergeRecords = MergeRecords.FIELD_BY_FIELD;

        private Builder() {}

        /**
         * Sets the sync topic prefix, {@value #DEFAULT_PREFIX} by default.
         *
         * @param prefix the prefix, without a slash at its ends
         * @return this builder
         */
        public Builder topicPrefix(String prefix) {
            this.topicPrefix = Names.requirePrefix("The topic prefix", prefix);
            return this;
        }

        /**
         * Signs every write with Ed25519, and takes those alone that are signed by authors who are trusted, whoever passes them on. A list of
         * keys is the simple form of {@link #signed(KeyPair, Trust)}.
         *
         * @param own this peer's key pair, which is trusted too
         * @param trusted the other peers' public keys
         * @return this builder
         * @throws IllegalArgumentException if a key is not for Ed25519, or the pair is none
         */
        public Builder signed(KeyPair own, Collection<PublicKey> trusted) {
            List<PublicKey> all = new ArrayList<>(trusted);
            all.add(own.getPublic());
            return signed(own, Trust.of(all));
        }

        /**
         * Signs every write with Ed25519, and takes those alone that are signed by authors who are trusted with them. Off by default. The
         * signature is in the record, or the event of a delete, stays with it on disk and in what others pass on, and shows who wrote it and
         * that nobody changed it; stamps name the key, so nobody can write under another's. What is not signed, or changed since, is dropped
         * as {@code FORGED}; what an author wrote who is not trusted is not taken ({@code UNTRUSTED}), and is taken when a comparison brings
         * it and the author is trusted by then. When trust ends, what no longer counts is hidden and gives way to any write that counts.
         *
         * <p>All peers that share a scope must sign, and agree on whom they trust. This store's own writes fail with a {@code
         * NotTrustedException} while its key is not trusted. Comparisons and goodbyes are signed as messages, and heard from those who are
         * trusted at present.
         *
         * @param own this peer's key pair
         * @param trust says whose writes count
         * @return this builder
         * @throws IllegalArgumentException if the keys are not for Ed25519, or are no pair
         */
        public Builder signed(KeyPair own, Trust trust) {
            this.signatures = Signatures.of(own);
            this.authors = Authors.of(own, trust);
            return this;
        }

        /**
         * Encrypts what is said in scopes, events and comparisons alike, with AES-256-GCM and the keys that the application supplies, which every
         * peer of a scope needs. Off by default. What cannot be decrypted, or is not encrypted in a scope that is, is dropped and counted, and
         * reported once for each key. A scope whose key is missing is a {@code ScopeRefusal} with code 423 and a {@code KEY_MISSING}: it shows
         * nothing, fails writes with a {@code KeyMissingException}, publishes nothing, and opens by itself when the key comes; a store without
         * a persistence forgets what it had of a scope whose key goes.
         *
         * <p>The broker still sees the topics, and with them scope ids and names of entities, sizes, times and client ids; goodbyes and last
         * wills, which belong to no scope, are not encrypted. What is kept on disk is not either: give the persistence a passphrase.
         *
         * @param keys the keys
         * @return this builder
         */
        public Builder encrypted(ScopeKeys keys) {
            this.keys = keys;
            return this;
        }

        /**
         * Sets whether other peers are told when this one goes, in an orderly way or by the broker after a broken connection, which they are
         * by default. It is told on {@code {prefix}/_gone/{clientId}}; turn it off where the broker does not let this client publish there. A
         * last will in the {@code RemoteOptions} takes the place of the broker's part.
         *
         * @param announce whether to tell
         * @return this builder
         */
        public Builder announceLeaving(boolean announce) {
            this.announceLeaving = announce;
            return this;
        }

        /**
         * Says in each hello what the scope's root is called, so that others can list it without opening it: {@link PeerSync#announcedRoots()}. Nothing
         * is said by default: whoever may hear hellos, of whatever scope, reads it.
         *
         * @param nameField the root's field with its name, a text, of which at most 256 characters are said
         * @return this builder
         * @throws IllegalArgumentException if it is empty, or begins with {@code _}
         */
        public Builder announceRoots(String nameField) {
            if (nameField.isEmpty() || nameField.startsWith("_")) {
                throw new IllegalArgumentException(
                        "The field with a root's name is one of the application's, not '%s'.".formatted(nameField));
            }
            this.announcedField = nameField;
            return this;
        }

        /**
         * Sets the shortest time between two hellos for one scope, 6 s by default. A peer answers three in a row, and one in 5 s after
         * that.
         *
         * @param spacing the time, above zero
         * @return this builder
         */
        public Builder helloSpacing(Duration spacing) {
            this.helloSpacing = SettingRules.requirePositive("hello spacing", spacing);
            return this;
        }

        /**
         * Sets how long a scope that a replay changed must be quiet before it is compared again, 10 s by default. It
         * doubles, up to five minutes, with each comparison that changed nothing, and two in a row end it.
         *
         * @param quiet the time, above zero
         * @return this builder
         */
        public Builder quietPeriod(Duration quiet) {
            this.quietPeriod = SettingRules.requirePositive("quiet period", quiet);
            return this;
        }

        /**
         * Sets how often an open scope is compared without a reason, 5 minutes by default, with up to 10 % jitter.
         *
         * @param interval the time; zero turns it off, and what was lost may stay lost until the next connect
         * @return this builder
         */
        public Builder compareInterval(Duration interval) {
            this.compareInterval = SettingRules.requireNotNegative("compare interval", interval);
            return this;
        }

        /**
         * Sets after what silence a peer or a scope is no longer listed as present, 12 minutes by default.
         *
         * @param timeout the time, best more than two compare intervals; zero for never
         * @return this builder
         */
        public Builder presenceTimeout(Duration timeout) {
            this.presenceTimeout = SettingRules.requireNotNegative("presence timeout", timeout);
            return this;
        }

        /**
         * Sets how long the broker may take to acknowledge a publish, 10 s by default. What takes longer is published again.
         *
         * @param timeout the time, above zero
         * @return this builder
         */
        public Builder publishTimeout(Duration timeout) {
            this.publishTimeout = SettingRules.requirePositive("publish timeout", timeout);
            return this;
        }

        /**
         * Sets how far ahead of the wall clock a stamp may be, 24 hours by default. What is further ahead is not taken from others, and not
         * written here.
         *
         * @param drift the time, above zero
         * @return this builder
         */
        public Builder maxDrift(Duration drift) {
            this.maxDrift = SettingRules.requirePositive("drift", drift);
            return this;
        }

        /**
         * Sets how long a delete is remembered at least, 30 days by default. It is remembered longer while a peer that is known may not have
         * heard of it.
         *
         * @param retention the time, above zero
         * @return this builder
         */
        public Builder tombstoneRetention(Duration retention) {
            this.tombstoneRetention = SettingRules.requirePositive("tombstone retention", retention);
            return this;
        }

        /**
         * Sets for how long a peer that is not heard any more counts as one that may not have heard of a delete, 180 days by default.
         *
         * @param memory the time, above zero
         * @return this builder
         */
        public Builder peerMemory(Duration memory) {
            this.peerMemory = SettingRules.requirePositive("peer memory", memory);
            return this;
        }

        /**
         * Sets how many publishes may be unacknowledged at once, of writes and, beside them, of replays; 256 by default, and never more than
         * the broker takes.
         *
         * @param publishes how many, 1 or more
         * @return this builder
         */
        public Builder publishesInFlight(int publishes) {
            this.publishesInFlight = SettingRules.requireAtLeast("publishes in flight", 1, publishes);
            return this;
        }

        /**
         * Sets the largest message that is read and the largest manifest that is sent, 16 MiB by default: 100 000 to 150 000 records of one scope.
         * A store with a larger one says no hello for that scope and so never asks for what it lacks. Set it alike at all peers.
         *
         * @param bytes the bound, 1 024 or more
         * @return this builder
         */
        public Builder maxMessageBytes(int bytes) {
            this.maxMessageBytes = SettingRules.requireAtLeast("bytes of a message", 1_024, bytes);
            return this;
        }

        /**
         * Sets how many deletes of one scope are remembered, 100 000 by default. The one remembered longest is forgotten for one more, which
         * is reported: a peer that missed it may bring the record back.
         *
         * @param tombstones how many, 1 or more
         * @return this builder
         */
        public Builder maxTombstones(int tombstones) {
            this.maxTombstones = SettingRules.requireAtLeast("tombstones of a scope", 1, tombstones);
            return this;
        }

        /**
         * Sets what becomes of two states of one record that were written apart from each other, {@link MergeRecords#FIELD_BY_FIELD} by default. Set it
         * alike at all peers: where one merges whole records, a write of its own takes the place of the whole record everywhere.
         *
         * @param merge how records are merged
         * @return this builder
         */
        public Builder mergeRecords(MergeRecords merge) {
            this.mergeRecords = Objects.requireNonNull(merge, "merge");
            return this;
        }

        /**
         * {@return peer mode with these settings, for one store}
         */
        public PeerSync build() {
            return new PeerMode(new PeerSettings(
                    topicPrefix,
                    signatures,
                    authors,
                    keys,
                    announceLeaving,
                    announcedField,
                    helloSpacing,
                    quietPeriod,
                    compareInterval,
                    presenceTimeout,
                    publishTimeout,
                    maxDrift,
                    tombstoneRetention,
                    peerMemory,
                    publishesInFlight,
                    maxMessageBytes,
                    maxTombstones,
                    mergeRecords));
        }
    }
}
