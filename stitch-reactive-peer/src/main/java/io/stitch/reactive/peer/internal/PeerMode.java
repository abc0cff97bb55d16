package io.stitch.reactive.peer.internal;

import io.stitch.reactive.internal.mode.Mode;
import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.internal.mode.SyncSession;
import io.stitch.reactive.peer.AnnouncedRoot;
import io.stitch.reactive.peer.PeerSync;
import io.stitch.reactive.peer.PresentPeer;
import io.stitch.reactive.peer.internal.wire.Hlc;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

/** Peer mode, to be opened by one store, and what that store's session tells beyond what both modes have. */
public final class PeerMode implements PeerSync, Mode {
    private final PeerSettings settings;
    /** Whether this peer does digests, answers and greets; one that does not speaks as peers did before there were such. */
    private final boolean answers;

    private final AtomicReference<PeerSession> session = new AtomicReference<>();

    /**
     * Makes a mode for one store.
     *
     * @param settings what the application chose
     */
    public PeerMode(PeerSettings settings) {
        this(settings, true);
    }

    private PeerMode(PeerSettings settings, boolean answers) {
        this.settings = settings;
        this.answers = answers;
    }

    /**
     * Makes a mode that speaks as peers did before there were digests and answers: for whoever tests what becomes of both together.
     *
     * @return such a mode, with the same settings
     */
    public PeerMode withoutAnswers() {
        return new PeerMode(settings, false);
    }

    @Override
    public String name() {
        return "peer";
    }

    @Override
    public String topicPrefix() {
        return settings.topicPrefix();
    }

    @Override
    public String responsePrefix() {
        return settings
                .topicPrefix(); // Nobody answers between peers; a prefix of their own would be one more to allow.
    }

    @Override
    public Duration tombstoneRetention() {
        return settings.tombstoneRetention();
    }

    @Override
    public Duration peerMemory() {
        return settings.peerMemory();
    }

    @Override
    public boolean scopedKeys() {
        return true;
    }

    @Override
    public String versionField() {
        return Hlc.FIELD;
    }

    @Override
    public boolean expires() {
        return false;
    }

    @Override
    public SyncSession open(SyncContext context) {
        if (session.get() == null) {
            PeerSession opened = new PeerSession(settings, answers, context);
            if (session.compareAndSet(null, opened)) {
                return opened;
            }
        }
        throw new IllegalStateException(
                "This PeerSync belongs to another store already. Make one for each store with PeerSync.create().");
    }

    private PeerSession session() {
        PeerSession current = session.get();
        if (current == null) {
            throw new IllegalStateException(
                    "This PeerSync belongs to no store yet. Pass it to StitchStore.builder().syncMode(…) and build the store first.");
        }
        return current;
    }

    @Override
    public Flux<List<PresentPeer>> presence(String scopeId) {
        return Flux.defer(() -> session().presence(scopeId));
    }

    @Override
    public Flux<List<String>> announcedScopes() {
        return Flux.defer(() -> session().announcedScopes());
    }

    @Override
    public Flux<List<AnnouncedRoot>> announcedRoots() {
        return Flux.defer(() -> session().announcedRoots());
    }

    @Override
    public Mono<Integer> restamp() {
        return Mono.defer(() -> session().restamp());
    }
}
