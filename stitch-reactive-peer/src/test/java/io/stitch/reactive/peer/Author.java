package io.stitch.reactive.peer;

import io.stitch.reactive.internal.wire.Operation;
import io.stitch.reactive.peer.internal.trust.Authors;
import io.stitch.reactive.peer.internal.trust.WriteSignature;
import io.stitch.reactive.peer.internal.wire.Hlc;
import io.stitch.reactive.peer.internal.wire.PeerPayloads;
import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;

/** Somebody with a key who writes at times of their own, without a store. */
final class Author {
    final KeyPair keys;
    final String name;
    private final Authors authors;

    /** An event as anybody can publish it. */
    @SuppressWarnings("ArrayRecordComponent")
    record Event(
            String scope,
            String entity,
            String id,
            Hlc stamp,
            @Nullable String title,
            String topic,
            byte[] payload) {}

    Author(String name) {
        this.name = name;
        try {
            this.keys = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
        this.authors = Authors.of(keys, write -> true);
    }

    String fingerprint() {
        return Trust.fingerprint(keys.getPublic());
    }

    Hlc stamp(long ts) {
        return new Hlc(ts, 0, name + authors.suffix());
    }

    /** A task with a title. */
    Event task(String scope, String id, String title, long ts) {
        return write(scope, "task", id, "\"title\":\"" + title + '"', title, ts);
    }

    /** A task that is a grant. */
    Event grant(String scope, String id, @Nullable Long until, long ts) {
        return write(scope, "task", id, until == null ? "\"title\":null" : "\"until\":" + until, null, ts);
    }

    private Event write(String scope, String entity, String id, String fields, @Nullable String title, long ts) {
        byte[] record = "{\"id\":\"%s\",\"projectId\":\"%s\",%s}"
                .formatted(id, scope, fields)
                .getBytes(StandardCharsets.UTF_8);
        byte[] signed = authors.sign(new WriteSignature.Subject(scope, entity, id, false), record, stamp(ts));
        return new Event(
                scope,
                entity,
                id,
                stamp(ts),
                title,
                "stitch/peer/project/%s/%s/events/updated".formatted(scope, entity),
                PeerPayloads.event(Operation.UPDATE, entity, id, signed, stamp(ts), null, name, false));
    }

    Event delete(String scope, String id, long ts) {
        byte[] signed = authors.sign(
                new WriteSignature.Subject(scope, "task", id, true), "{}".getBytes(StandardCharsets.UTF_8), stamp(ts));
        return new Event(
                scope,
                "task",
                id,
                stamp(ts),
                null,
                "stitch/peer/project/%s/task/events/deleted".formatted(scope),
                PeerPayloads.event(
                        Operation.DELETE, "task", id, null, stamp(ts), PeerPayloads.signatureOf(signed), name, false));
    }
}
