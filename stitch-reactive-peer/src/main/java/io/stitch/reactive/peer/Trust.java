package io.stitch.reactive.peer;

import io.stitch.reactive.peer.internal.trust.MembershipTrust;
import io.stitch.reactive.peer.internal.trust.WriteSignature;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;

import java.security.PublicKey;
import java.util.Collection;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Says whose writes count where peers sign: a function of the application. {@link #of} is a list of keys, {@link #membership} a scope whose
 * records grant and withdraw.
 *
 * <p>All peers that answer alike show the same records, once they have exchanged them: a write that is not trusted is not taken, and one that
 * is trusted no more is hidden, not told to others, and gives way to any trusted write of its record, whatever their stamps. So an answer may
 * depend on the write alone and on what all peers come to know, never on when it is asked.
 */
@FunctionalInterface
public interface Trust {
    /**
     * Tells whether a write counts. Asked for each write that comes, is read from disk or is listed in a comparison, on the network's threads
     * and the store's worker, so it must answer at once, from memory, and be safe on any thread. If it throws, the write does not count.
     *
     * @param write the write; its signature was checked
     * @return whether it counts
     */
    boolean isTrusted(Write write);

    /**
     * Tells that {@link #isTrusted} may answer otherwise than before: then what is held is judged again, and open scopes are compared. Hot, on
     * any thread; what is emitted does not matter, and signals that come faster than the store takes them are taken as one. After an error,
     * which is reported, no more is heard.
     *
     * @return the signals; by default there are none
     */
    default Publisher<?> changes() {
        return Flux.never();
    }

    /**
     * A write, or something said in a comparison, and who signed it.
     *
     * @param scopeId its scope; empty for a goodbye, which belongs to none
     * @param entity its record's entity; empty for what is said in a comparison, and for a goodbye
     * @param id its record's id; empty likewise
     * @param author the fingerprint of its author's key, {@link #fingerprint}
     * @param time when it was written, by its author's clock, in milliseconds since 1970; of what is said, the present
     * @param counter tells apart what was written in one millisecond
     */
    record Write(String scopeId, String entity, String id, String author, long time, int counter) {}

    /**
     * The short name of a key: the first 16 characters, in base64url, of the SHA-256 of its 32 bytes. The {@code nodeId} of every stamp that
     * its owner writes ends with it.
     *
     * @param key an Ed25519 key
     * @return the name
     * @throws IllegalArgumentException if it is of another kind
     */
    static String fingerprint(PublicKey key) {
        return WriteSignature.fingerprint(key);
    }

    /**
     * Trusts some keys with everything, for as long as the store lives.
     *
     * @param keys the keys
     * @return trust in them and in nobody else
     * @throws IllegalArgumentException if one is not for Ed25519
     */
    static Trust of(Collection<PublicKey> keys) {
        Set<String> authors = keys.stream().map(Trust::fingerprint).collect(Collectors.toUnmodifiableSet());
        return write -> authors.contains(write.author());
    }

    /**
     * Trusts those whom the records of a scope name: an owner, admins whom the owner names, and members whom both name.
     *
     * <p>The scope has an entity whose records are grants. One with the id {@code admin-} and a {@link #fingerprint} makes that key an
     * admin's; only the owner may write it. One with the id {@code member-} and a fingerprint makes it a member's; the owner and admins may
     * write it. What all of them write counts in every scope of the store, but for grants that are not theirs to write. A grant counts for
     * everything that its key wrote, or, with the fields {@code from} and {@code until}, for what is not before the one and not after the
     * other: numbers, milliseconds since 1970 by the stamps of the writes. So trust is withdrawn by setting {@code until}; a grant that is
     * deleted is one that never was, and hides what was written under it.
     *
     * <p>In the scope of the grants comparisons are heard of whoever a grant names, whether it counts at present or not: whoever was away when
     * trust was withdrawn learns of it there.
     *
     * <p>The store knows the grants of the scope as long as it is open in it: open it first, and keep it open. Until it is known nobody but
     * the owner is trusted. For one store; make one for each.
     *
     * <p>Who was an admin once can still sign grants that seem older than the end of that: stamps are what their authors say. Delete or
     * overwrite such grants, which the owner and other admins can.
     *
     * @param scopeId the scope with the grants
     * @param entity the entity of the grants, a child of the root
     * @param owner the key that is trusted always and everywhere
     * @return the trust
     * @throws IllegalArgumentException if the key is not for Ed25519
     */
    static Trust membership(String scopeId, String entity, PublicKey owner) {
        return new MembershipTrust(scopeId, entity, fingerprint(owner));
    }
}
