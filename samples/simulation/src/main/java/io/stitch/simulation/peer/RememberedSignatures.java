package io.stitch.simulation.peer;

import org.jspecify.annotations.Nullable;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.Key;
import java.security.KeyPair;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.PublicKey;
import java.security.Security;
import java.security.Signature;
import java.security.SignatureException;
import java.security.SignatureSpi;
import java.util.Base64;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Ed25519 as the JDK has it, that remembers what it has found. In a simulation one message is checked by all peers on one processor, where each would
 * have its own: what takes most of a run's time otherwise. What was signed here is known to be genuine, everything else is checked, once.
 */
final class RememberedSignatures extends Provider {
    private static final long serialVersionUID = 1;
    private static final int MOST = 200_000;
    private static final String ALGORITHM = "Ed25519";
    private static final Map<PrivateKey, PublicKey> PAIRS = new ConcurrentHashMap<>();
    private static final Map<String, Boolean> CHECKED = remembering();
    private static final Map<String, byte[]> SIGNED = remembering();

    private RememberedSignatures() {
        super("remembered", "1", "Ed25519 that remembers");
        put("Signature." + ALGORITHM, Spi.class.getName());
    }

    private static <T> Map<String, T> remembering() {
        return Collections.synchronizedMap(new LinkedHashMap<>() {
            private static final long serialVersionUID = 1;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, T> eldest) {
                return size() > MOST;
            }
        });
    }

    /** From now on this is what is asked. */
    static void install() {
        Security.insertProviderAt(new RememberedSignatures(), 1); // Once: the second one of a name is not taken.
    }

    /** Who signs with the one is known by the other. */
    static void know(KeyPair pair) {
        PAIRS.put(pair.getPrivate(), pair.getPublic());
    }

    /** What is asked: one for each signature that is made or checked. */
    public static final class Spi extends SignatureSpi {
        private final ByteArrayOutputStream message = new ByteArrayOutputStream();
        private @Nullable PublicKey checks;
        private @Nullable PrivateKey signs;

        /** Made by the JDK. */
        public Spi() {}

        @Override
        protected void engineInitVerify(PublicKey key) throws InvalidKeyException {
            checks = key;
            message.reset();
        }

        @Override
        protected void engineInitSign(PrivateKey key) throws InvalidKeyException {
            signs = key;
            message.reset();
        }

        @Override
        protected void engineUpdate(byte b) {
            message.write(b);
        }

        @Override
        protected void engineUpdate(byte[] bytes, int off, int len) {
            message.write(bytes, off, len);
        }

        @Override
        protected void engineUpdate(ByteBuffer input) {
            byte[] bytes = new byte[input.remaining()];
            input.get(bytes);
            message.writeBytes(bytes);
        }

        @Override
        protected byte[] engineSign() throws SignatureException {
            PrivateKey key = signs;
            if (key == null) {
                throw new SignatureException("There is no key.");
            }
            byte[] known = SIGNED.get(name(key, message.toByteArray(), new byte[0]));
            if (known != null) {
                return known.clone();
            }
            try {
                Signature real = Signature.getInstance(ALGORITHM, "SunEC");
                real.initSign(key);
                real.update(message.toByteArray());
                byte[] signature = real.sign();
                PublicKey pair = PAIRS.get(key);
                if (pair != null) {
                    CHECKED.put(name(pair, message.toByteArray(), signature), true);
                    SIGNED.put(name(key, message.toByteArray(), new byte[0]), signature.clone());
                }
                return signature;
            } catch (GeneralSecurityException e) {
                throw new SignatureException(e);
            }
        }

        @Override
        protected boolean engineVerify(byte[] signature) throws SignatureException {
            PublicKey key = checks;
            if (key == null) {
                throw new SignatureException("There is no key.");
            }
            String name = name(key, message.toByteArray(), signature);
            Boolean known = CHECKED.get(name);
            if (known == null) {
                known = isGenuine(key, signature);
                CHECKED.put(name, known);
            }
            return known;
        }

        private boolean isGenuine(PublicKey key, byte[] signature) {
            try {
                Signature real = Signature.getInstance(ALGORITHM, "SunEC");
                real.initVerify(key);
                real.update(message.toByteArray());
                return real.verify(signature);
            } catch (GeneralSecurityException e) { // No point of the curve, or of another length.
                return false;
            }
        }

        private static String name(Key key, byte[] message, byte[] signature) {
            try {
                MessageDigest digest = MessageDigest.getInstance("SHA-256");
                digest.update(key.getEncoded());
                digest.update(message);
                return Base64.getEncoder().encodeToString(digest.digest(signature));
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("Every Java has SHA-256.", e);
            }
        }

        /** Of an interface of before there were parameters. */
        @Deprecated
        @Override
        protected void engineSetParameter(String param, Object value) {
            throw new UnsupportedOperationException(param);
        }

        /** Of an interface of before there were parameters. */
        @Deprecated
        @Override
        protected Object engineGetParameter(String param) {
            throw new UnsupportedOperationException(param);
        }
    }
}
