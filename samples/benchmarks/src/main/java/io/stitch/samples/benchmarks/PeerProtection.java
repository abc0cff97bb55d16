package io.stitch.samples.benchmarks;

import io.stitch.reactive.peer.PeerSync;
import io.stitch.reactive.peer.ScopeKey;
import io.stitch.reactive.peer.ScopeKeys;
import io.stitch.reactive.peer.Trust;

import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.util.List;

/** Against whom peers protect themselves, and what that may cost. */
enum PeerProtection {
    /** Against nobody. */
    PLAIN("", 1.4) {
        @Override
        PeerSync mode() {
            return PeerSync.create();
        }
    },
    /** Against the broker. */
    ENCRYPTED("/encrypted", 1.7) {
        @Override
        PeerSync mode() {
            ScopeKeys.Choice key = new ScopeKeys.Encrypted(ScopeKey.of("benchmark", new byte[ScopeKey.SECRET_BYTES]));
            return PeerSync.builder().encrypted(scope -> key).build();
        }
    },
    /** Against each other. */
    SIGNED("/signed", 2.5) {
        @Override
        PeerSync mode() {
            return PeerSync.builder()
                    .signed(KEYS, Trust.of(List.of(KEYS.getPublic())))
                    .build();
        }
    };

    private static final KeyPair KEYS = keys();

    private final String suffix;
    private final double timesOfBareClients;

    PeerProtection(String suffix, double timesOfBareClients) {
        this.suffix = suffix;
        this.timesOfBareClients = timesOfBareClients;
    }

    private static KeyPair keys() {
        try {
            return KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has Ed25519.", e);
        }
    }

    /** {@return a mode for one store} */
    abstract PeerSync mode();

    /** {@return what names of rows end with} */
    String suffix() {
        return suffix;
    }

    /** {@return what opening a scope may take, in times of what bare clients take} */
    Limit scopeOpen() {
        return Limit.atMost(timesOfBareClients);
    }
}
