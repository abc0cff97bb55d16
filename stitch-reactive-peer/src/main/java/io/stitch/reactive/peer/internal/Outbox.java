package io.stitch.reactive.peer.internal;

import io.stitch.reactive.UserProperty;
import io.stitch.reactive.internal.mode.RequestException;
import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.internal.wire.Topics;
import io.stitch.reactive.peer.internal.trust.ScopeCipher;
import io.stitch.reactive.peer.internal.wire.PeerTopics;
import io.stitch.reactive.spi.ConnectionInfo;
import io.stitch.reactive.spi.MqttConnection;
import io.stitch.reactive.spi.OutboundMessage;
import io.stitch.reactive.spi.PublishResult;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** Publishes on the present connection, encrypted and signed where that is wanted. On the worker. */
final class Outbox {
    /** Leaves room for the packet's topic and properties. */
    private static final long ROOM_FOR_HEADERS = 2_048;

    private final SyncContext context;
    private final PeerTopics topics;
    private final ScopeCipher cipher;
    private final Signatures signatures;
    private @Nullable MqttConnection connection;
    private final Set<Runnable> waiting = new LinkedHashSet<>();
    private final Acknowledgements acknowledgements;
    private int replaying;
    private boolean acknowledging;
    private volatile boolean heard;

    Outbox(SyncContext context, ScopeCipher cipher, Signatures signatures, Duration timeout) {
        this.context = context;
        this.topics = new PeerTopics(context.topics());
        this.cipher = cipher;
        this.signatures = signatures;
        this.acknowledgements = new Acknowledgements(context.serial(), timeout, this::acknowledged);
    }

    void connected(MqttConnection current) {
        connection = current;
        heard = false;
    }

    void disconnected() {
        waiting.clear();
        connection = null;
    }

    @Nullable
    MqttConnection connection() {
        return connection;
    }

    boolean heard() {
        return heard;
    }

    void hear() {
        heard = true;
    }

    /**
     * Takes a place for a replay, of those that all scopes share.
     *
     * @param most how many there are
     * @param again runs when there is one, if there is none now
     * @return whether there was one; {@link #free} gives it back
     */
    boolean take(int most, Runnable again) {
        if (replaying < window(most)) {
            replaying++;
            return true;
        }
        waiting.add(again);
        return false;
    }

    void free() {
        replaying--;
        if (!acknowledging) {
            offerPlaces();
        }
    }

    /** To each that waits, once; one that has not said everything yet waits again, behind the others. */
    private void offerPlaces() {
        for (int i = waiting.size(); i > 0 && !waiting.isEmpty(); i--) {
            Iterator<Runnable> next = waiting.iterator();
            Runnable again = next.next();
            next.remove();
            again.run();
        }
    }

    /** Places are offered when all acknowledgements that are there were heard: what is said next goes out together. */
    private void acknowledged(Runnable all) {
        acknowledging = true;
        try {
            all.run();
        } finally {
            acknowledging = false;
        }
        offerPlaces();
    }

    /** How many publishes the broker takes at once, at most so many. */
    int window(int most) {
        MqttConnection current = connection;
        ConnectionInfo info = current == null ? null : current.info();
        return info == null ? most : Math.max(1, Math.min(most, info.receiveMaximum()));
    }

    /** Whether the broker takes what is said in a scope, as it is sent. */
    boolean fits(String scope, byte[] payload) {
        MqttConnection current = connection;
        return current == null || size(scope, payload) <= current.info().maximumPacketSize() - ROOM_FOR_HEADERS;
    }

    /** How many bytes are sent of what is said in a scope: encrypted it is longer. */
    long size(String scope, byte[] payload) {
        return cipher.sentLength(scope, payload.length);
    }

    /**
     * Publishes when subscribed, on the connection that there is when this is called: a goodbye is said when the session has let go of it.
     *
     * @param scope the scope that it is said in, or {@code null} if in none, so that it is not encrypted
     * @param topic the topic
     * @param payload the payload
     * @return completes on the worker when the broker has it
     */
    Mono<Void> publish(@Nullable String scope, String topic, byte[] payload) {
        MqttConnection current = connection;
        return Mono.create(sink -> sink.onCancel(publish(sending(current, scope, topic, payload), failure -> {
            if (failure == null) {
                sink.success();
            } else {
                sink.error(failure);
            }
        })));
    }

    /**
     * Publishes at once.
     *
     * @param scope the scope that it is said in
     * @param topic the topic
     * @param payload the payload
     * @param done told on the worker that the broker has it, or why it has not
     * @return lets go of it, untold
     */
    Disposable publish(String scope, String topic, byte[] payload, Consumer<@Nullable Throwable> done) {
        return publish(sending(connection, scope, topic, payload), done);
    }

    /**
     * Publishes at once.
     *
     * @param scope the scope that it is said in
     * @param topic the topic
     * @param payload the payload
     * @param unheard runs on any thread if the broker says that nobody subscribes to that
     * @param done told on the worker that the broker has it, or why it has not
     * @return lets go of it, untold
     */
    Disposable publish(
            String scope, String topic, byte[] payload, Runnable unheard, Consumer<@Nullable Throwable> done) {
        Mono<PublishResult> telling = sending(connection, scope, topic, payload).doOnNext(result -> {
            if (result.noSubscribers()) {
                unheard.run();
            }
        });
        return publish(telling, done);
    }

    /** Encrypts and signs as late as that: keys come and go. */
    private Mono<PublishResult> sending(
            @Nullable MqttConnection on, @Nullable String scope, String topic, byte[] payload) {
        if (on == null) {
            return Mono.error(notConnected());
        }
        try {
            byte[] sent = scope == null ? payload : cipher.seal(scope, topic, payload);
            return on.publish(message(topic, sent, scope == null || topic.equals(topics.hello(scope))));
        } catch (ScopeCipher.KeyMissing e) {
            return Mono.error(e);
        }
    }

    private Disposable publish(Mono<PublishResult> publishing, Consumer<@Nullable Throwable> done) {
        return acknowledgements.await(publishing, failure -> {
            heard |= failure == null;
            done.accept(failure);
        });
    }

    /** A write is signed by its author, in its payload; what is said is signed as a message. */
    private OutboundMessage message(String topic, byte[] payload, boolean said) {
        List<UserProperty> properties = new ArrayList<>(3);
        properties.add(new UserProperty(Topics.ORIGIN_PROPERTY, context.clientId()));
        if (said) {
            signatures.sign(topic, payload, properties);
        }
        return new OutboundMessage(topic, payload, null, null, List.copyOf(properties));
    }

    static RequestException notConnected() {
        return new RequestException(
                RequestException.Kind.NOT_CONNECTED,
                0,
                "The store is not connected, so nothing was sent. Watch connection() and try again.");
    }
}
