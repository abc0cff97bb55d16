package io.stitch.reactive.peer.internal.trust;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.internal.Diagnostics;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.wire.RejectedMessage;
import io.stitch.reactive.peer.Trust;
import io.stitch.reactive.peer.internal.wire.Hlc;
import io.stitch.reactive.peer.internal.wire.PeerDecoder;
import io.stitch.reactive.peer.internal.wire.PeerPayloads;
import io.stitch.reactive.spi.RecordKey;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

import java.security.KeyPair;

/** Signs what is written here, and says of what others wrote whether it is theirs and whether it counts. Any thread. */
public final class Authors implements PeerDecoder.Proofs {
    /** Nobody signs, and everything counts. */
    public static final Authors OFF = new Authors(null, write -> true, "");

    private final @Nullable KeyPair own;
    private final Trust trust;
    private final String fingerprint;

    private Authors(@Nullable KeyPair own, Trust trust, String fingerprint) {
        this.own = own;
        this.trust = trust;
        this.fingerprint = fingerprint;
    }

    /**
     * Signs, and asks for trust.
     *
     * @param own this store's keys
     * @param trust says whose writes count
     * @return such
     * @throws IllegalArgumentException if the keys are not for Ed25519, or are no pair
     */
    public static Authors of(KeyPair own, Trust trust) {
        String fingerprint = WriteSignature.fingerprint(own.getPublic());
        // Now, and not on a reactive thread: the first use loads the provider. And a pair that is none is found here.
        WriteSignature.Subject probe = new WriteSignature.Subject("probe", "probe", "probe", true);
        byte[] stamp = PeerPayloads.stamped(new byte[] {'{', '}'}, new Hlc(1, 0, '~' + fingerprint));
        String problem = WriteSignature.of(own, probe, stamp).problem(probe, new Hlc(1, 0, '~' + fingerprint), stamp);
        if (problem != null) {
            throw new IllegalArgumentException("The private key does not belong to the public key of the key pair.");
        }
        return new Authors(own, trust, fingerprint);
    }

    /** {@return whether writes are signed} */
    public boolean isOn() {
        return own != null;
    }

    /** {@return who is trusted} */
    public Trust trust() {
        return trust;
    }

    /** {@return what node ids of this store end with} */
    public String suffix() {
        return own == null ? "" : '~' + fingerprint;
    }

    /**
     * Signs what is written here.
     *
     * @param subject what is written
     * @param unstamped the record without stamp and signature, of a delete an empty object
     * @param stamp the stamp
     * @return the record with both; with its stamp alone, where nobody signs
     */
    public byte[] sign(WriteSignature.Subject subject, byte[] unstamped, Hlc stamp) {
        KeyPair pair = own;
        byte[] stamped = PeerPayloads.stamped(unstamped, stamp);
        return pair == null
                ? stamped
                : PeerPayloads.signed(
                        unstamped, WriteSignature.of(pair, subject, stamped).json(), stamp);
    }

    /**
     * Tells whether a write counts here.
     *
     * @param diagnostics hears of a function that fails
     * @param key its record
     * @param stamp its stamp
     * @return whether it does
     */
    public boolean counts(Diagnostics diagnostics, RecordKey key, Hlc stamp) {
        return own == null
                || asks(
                        diagnostics,
                        new Trust.Write(
                                key.home(),
                                key.entity(),
                                key.id(),
                                WriteSignature.author(stamp),
                                stamp.ts(),
                                stamp.counter()));
    }

    /** {@return whether somebody may take part in comparisons, and say goodbye} */
    public boolean isHeard(Diagnostics diagnostics, String scope, String author, long now) {
        return own == null
                || author.equals(fingerprint)
                || asks(diagnostics, new Trust.Write(scope, "", "", author, now, 0));
    }

    private boolean asks(Diagnostics diagnostics, Trust.Write write) {
        try {
            return !write.author().isEmpty() && trust.isTrusted(write);
        } catch (RuntimeException e) {
            diagnostics.report(
                    DiagnosticCode.INTERNAL_ERROR,
                    write.scopeId(),
                    "Trust.isTrusted failed with " + e.getClass().getName());
            return false;
        }
    }

    @Override
    public @Nullable String require(
            String scope, String entity, String id, Hlc stamp, byte @Nullable [] record, byte[] event) {
        if (own == null) {
            return null;
        }
        JsonNode said = record == null
                ? Json.read(event).path(PeerPayloads.SIGNATURE)
                : Json.readObject(record).path(PeerPayloads.SIGNATURE);
        WriteSignature signature = WriteSignature.read(said);
        if (signature == null) {
            throw new RejectedMessage(
                    DiagnosticCode.FORGED, said.isMissingNode() ? "it is not signed" : "its signature is none");
        }
        String problem = signature.problem(
                new WriteSignature.Subject(scope, entity, id, record == null),
                stamp,
                record == null ? PeerPayloads.stamped(new byte[] {'{', '}'}, stamp) : record);
        if (problem != null) {
            throw new RejectedMessage(DiagnosticCode.FORGED, problem);
        }
        return record == null ? signature.json() : null;
    }
}
