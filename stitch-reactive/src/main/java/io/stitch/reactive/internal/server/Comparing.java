package io.stitch.reactive.internal.server;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.ScopeRefusal;
import io.stitch.reactive.ServerCapabilities;
import io.stitch.reactive.ServerSync;
import io.stitch.reactive.internal.mode.AnsweredRhythm;
import io.stitch.reactive.internal.mode.CascadeWatch;
import io.stitch.reactive.internal.mode.EventGaps;
import io.stitch.reactive.internal.mode.HelloBucket;
import io.stitch.reactive.internal.mode.HelloRhythm;
import io.stitch.reactive.internal.mode.RequestException;
import io.stitch.reactive.internal.mode.Rhythm;
import io.stitch.reactive.internal.mode.ScopeDigest;
import io.stitch.reactive.internal.wire.EventCount;
import io.stitch.reactive.internal.wire.Hello;
import io.stitch.reactive.internal.wire.HelloAnswer;
import io.stitch.reactive.internal.wire.ManifestEntry;
import io.stitch.reactive.spi.RecordKey;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import java.time.Duration;
import java.util.List;

/**
 * How one feed is compared with the server, over one connection after another: by hellos that are answered, by hellos that are not, or by
 * listing it, whichever the server of the moment can do; and who notices that this is due. On the worker.
 */
final class Comparing implements HelloRhythm.Steps, AnsweredRhythm.Steps {
    /** Where events are counted, hardly anything is found by comparing without a reason. */
    private static final int RARELY = 6;

    private final Feed feed;
    private final ServerContext server;
    private final FeedListing listing;
    private final Owner owner;
    private final EchoWatch echoes;
    private final EventGaps gaps;
    private final CascadeWatch cascade;
    private Rhythm rhythm;
    private @Nullable ScopeDigest digest;

    /** Whose feed it is. */
    interface Owner {
        /** {@return subscribes to the feed's events; completes on the worker} Cold. */
        Mono<Void> subscribe();

        /** The server does not let this client see the feed. */
        void shutOut(Throwable why);
    }

    Comparing(Feed feed, ServerContext server, FeedListing listing, Owner owner) {
        this.feed = feed;
        this.server = server;
        this.listing = listing;
        this.owner = owner;
        this.echoes = new EchoWatch(server.store(), server.options().echoTimeout(), this::compare);
        this.gaps = new EventGaps(server.store(), this::compare);
        this.cascade = new CascadeWatch(server.store(), this::compare);
        this.rhythm = guessing();
    }

    void connected() {
        boolean answers = feed.scopeId() != null && server.capabilities().has(ServerCapabilities.ANSWERS);
        rhythm = answers ? answered() : guessing();
        rhythm.connected();
    }

    /** {@return which counting of events the server is in, as far as was heard on this connection, or {@code null}} */
    @Nullable
    String epoch() {
        return gaps.epoch();
    }

    void disconnected() {
        rhythm.disconnected();
        echoes.stop();
        gaps.stop();
        cascade.stop();
    }

    void close() {
        if (digest != null) {
            digest.close();
        }
    }

    /** The rhythm of this connection. */
    Rhythm rhythm() {
        return rhythm;
    }

    void compare() {
        rhythm.compare();
    }

    /** For a server that says nothing to a hello. */
    private Rhythm guessing() {
        ServerSync options = server.options();
        return new HelloRhythm(
                server.store(),
                feed.key(),
                new HelloRhythm.Settings(options.helloSpacing(), options.quietPeriod(), compareInterval()),
                server.hellos(),
                this);
    }

    private Rhythm answered() {
        boolean digests = server.capabilities().has(ServerCapabilities.DIGEST);
        ScopeDigest known = digest;
        if (known == null) {
            known = new ScopeDigest(feed.store(), feed.key(), record -> Long.toString(ManifestEntry.versionOf(record)));
            digest = known;
        }
        int burst = digests ? HelloBucket.BURST : 1;
        return new AnsweredRhythm(
                server.store(),
                feed.key(),
                new AnsweredRhythm.Settings(burst, server.options().helloSpacing(), compareInterval(), digests),
                server.hellos(),
                known,
                gaps,
                this);
    }

    private Duration compareInterval() {
        return server.options().compareInterval().multipliedBy(countsEvents() ? RARELY : 1);
    }

    private boolean countsEvents() {
        return feed.scopeId() != null && server.capabilities().has(ServerCapabilities.EVENT_COUNT);
    }

    // ---- what is heard ----

    /** An event came, whatever it changes. */
    void arrived(boolean replay, @Nullable EventCount count) {
        if (replay && rhythm instanceof AnsweredRhythm answered) {
            answered.replayed();
        } else if (!replay && count != null && countsEvents()) {
            gaps.heard(count);
        }
    }

    /** A record was deleted. */
    void deleted() {
        cascade.deleted();
    }

    /** A record is there no more. */
    void removed(RecordKey key) {
        if (key.id().equals(feed.scopeId())
                && key.entity().equals(server.schema().root())) {
            cascade.rootDeleted();
        }
    }

    /** An own write was answered, whose event will come. */
    void awaitEcho(RecordKey key) {
        if (!listing.isUnderWay() && !countsEvents()) {
            echoes.await(key);
        }
    }

    void heard(RecordKey key) {
        echoes.heard(key);
    }

    /** What is answered to a hello of this feed. */
    void answered(HelloAnswer answer) {
        if (rhythm instanceof AnsweredRhythm answered) {
            answered.answered(answer);
        }
    }

    /** Answers a refused hello: some refusals are final, the others are tried again later. */
    void helloRefused(int code, String message) {
        rhythm.refused(refused(code, message));
    }

    // ---- what the rhythms do ----

    @Override
    public Mono<Void> subscribe() {
        return owner.subscribe();
    }

    @Override
    public boolean comparesOtherwise() {
        if (!listing.isUnderWay()
                && feed.scopeId() != null
                && server.capabilities().replays()) {
            return false;
        }
        listing.begin();
        return true;
    }

    @Override
    public Mono<Void> guessingHello() {
        return Mono.defer(() -> {
            List<ManifestEntry> manifest = feed.store().serverRecords(feed.key()).stream()
                    .map(ManifestEntry::of)
                    .toList();
            byte[] hello = hello().whole(null, manifest);
            return server.link().fits(hello)
                    ? say(hello).doOnSuccess(said -> listing.comparedNow())
                    : listTooLarge(hello.length).onErrorResume(told -> Mono.never());
        });
    }

    @Override
    public Hello hello() {
        return new Hello(server.store().clientId(), server.capabilities().has(ServerCapabilities.DIRECT_REPLAY));
    }

    @Override
    public int largestHello() {
        return server.link().largest();
    }

    @Override
    public Mono<Void> say(byte[] hello) {
        return server.link().publishHello(feed.key(), hello);
    }

    @Override
    public void compareTooLarge(int bytes) {
        listTooLarge(bytes);
    }

    private Mono<Void> listTooLarge(int bytes) {
        server.diagnostics()
                .report(
                        DiagnosticCode.MANIFEST_TOO_LARGE,
                        feed.key(),
                        "the manifest has %d bytes; the scope is compared by listing it".formatted(bytes));
        return listing.begin();
    }

    @Override
    public void wasCompared() {
        server.statuses().compared(feed.key(), false);
    }

    @Override
    public boolean isFinal(Throwable error) {
        boolean isFinal = server.refuse(feed, error);
        if (isFinal && feed.scopeId() != null && !ServerContext.isUnauthenticated(error)) {
            owner.shutOut(error);
        }
        return isFinal;
    }

    @Override
    public boolean refused(int code, String message) {
        server.refused(new ScopeRefusal(feed.key(), code, message)); // First: it says why the records go.
        RequestException refused = RequestChannel.refusal(code, message, "the hello of scope " + feed.key());
        if (code == 403) {
            owner.shutOut(refused);
        }
        if (code == 401) {
            server.channel().invalidate(refused);
        }
        server.diagnostics()
                .report(
                        DiagnosticCode.COMPARE_FAILED,
                        feed.key(),
                        "the server answered the hello with %d: %s".formatted(code, message));
        return ServerContext.isFinal(code);
    }
}
