package io.stitch.reactive;

import org.jspecify.annotations.Nullable;

import javax.net.ssl.HostnameVerifier;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;

/**
 * Whom to trust and which certificate to show on a TLS connection. Immutable: each method returns changed options. Host
 * names are verified. Certificates and keys are read when a method is called, never later; keys are never shown.
 */
public final class TlsOptions {
    private final TrustManagerFactory trust;
    private final @Nullable KeyManagerFactory key;
    private final @Nullable HostnameVerifier verifier;
    private final boolean systemTrust;

    private TlsOptions(
            TrustManagerFactory trust,
            @Nullable KeyManagerFactory key,
            @Nullable HostnameVerifier verifier,
            boolean systemTrust) {
        this.trust = trust;
        this.key = key;
        this.verifier = verifier;
        this.systemTrust = systemTrust;
    }

    /** Loaded once, when it is first needed. */
    private static final class SystemDefault {
        static final TlsOptions OPTIONS = new TlsOptions(trustIn(null), null, null, true);
    }

    /**
     * {@return trust in the authorities that the Java runtime trusts, and no client certificate}
     */
    public static TlsOptions system() {
        return SystemDefault.OPTIONS;
    }

    /**
     * Trusts the certificates in a PEM file instead of the runtime's authorities. Reads the file now.
     *
     * @param pem the file: one or more certificates
     * @return changed options
     * @throws IllegalArgumentException if it cannot be read or holds no certificate
     */
    public TlsOptions trust(Path pem) {
        try {
            KeyStore store = emptyStore();
            int number = 0;
            for (X509Certificate certificate : Pem.certificates(read(pem), pem.toString())) {
                store.setCertificateEntry("trusted-" + number++, certificate);
            }
            return trust(store);
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalArgumentException("The certificates in %s cannot be used.".formatted(pem), e);
        }
    }

    /**
     * Trusts the certificates in a key store instead of the runtime's authorities.
     *
     * @param certificates the key store
     * @return changed options
     * @throws IllegalArgumentException if it cannot be used
     */
    public TlsOptions trust(KeyStore certificates) {
        return trust(trustIn(certificates));
    }

    /**
     * Leaves the decision whom to trust to trust managers of your own.
     *
     * @param factory their factory, initialised
     * @return changed options
     */
    public TlsOptions trust(TrustManagerFactory factory) {
        return new TlsOptions(factory, key, verifier, false);
    }

    /**
     * Shows a client certificate. Reads the files now.
     *
     * @param certificates a PEM file with the certificate, and after it those of its issuers if the broker needs them
     * @param privateKey a PEM file with the private key in PKCS #8, not encrypted
     * @return changed options
     * @throws IllegalArgumentException if a file cannot be read or holds something else, or the key is not the certificate's
     */
    public TlsOptions clientCertificate(Path certificates, Path privateKey) {
        List<X509Certificate> chain = Pem.certificates(read(certificates), certificates.toString());
        PrivateKey secret = Pem.privateKey(read(privateKey), privateKey.toString());
        if (!KeyPairs.belongTogether(secret, chain.get(0).getPublicKey())) {
            throw new IllegalArgumentException(
                    "The private key in %s is not that of the first certificate in %s. Put the client's own certificate before those of its issuers."
                            .formatted(privateKey, certificates));
        }
        try {
            KeyStore store = emptyStore();
            store.setKeyEntry("client", secret, new char[0], chain.toArray(X509Certificate[]::new));
            return clientCertificate(store, new char[0]);
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalArgumentException(
                    "The client certificate in %s cannot be used with the key in %s."
                            .formatted(certificates, privateKey),
                    e);
        }
    }

    /**
     * Shows a client certificate from a key store.
     *
     * @param keys the key store
     * @param password the password of its keys
     * @return changed options
     * @throws IllegalArgumentException if a key cannot be read with this password
     */
    public TlsOptions clientCertificate(KeyStore keys, char[] password) {
        try {
            KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            factory.init(keys, password);
            return clientCertificate(factory);
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException(
                    "The key store's keys cannot be read. Is the password the one of its keys?", e);
        }
    }

    /**
     * Leaves the choice of a client certificate to key managers of your own.
     *
     * @param factory their factory, initialised
     * @return changed options
     */
    public TlsOptions clientCertificate(KeyManagerFactory factory) {
        return new TlsOptions(trust, factory, verifier, systemTrust);
    }

    /**
     * Replaces the verification of the host name, for brokers whose certificate has another name than the one they are
     * reached by. It is the only check that the certificate belongs to this broker, so a verifier that accepts every
     * name leaves the connection open to anyone with a trusted certificate.
     *
     * @param hostnameVerifier decides whether the certificate fits the host
     * @return changed options
     */
    public TlsOptions hostnameVerifier(HostnameVerifier hostnameVerifier) {
        return new TlsOptions(trust, key, hostnameVerifier, systemTrust);
    }

    /**
     * {@return who is trusted}
     */
    public TrustManagerFactory trustManagers() {
        return trust;
    }

    /**
     * {@return the client certificate, or {@code null}}
     */
    public @Nullable KeyManagerFactory keyManagers() {
        return key;
    }

    /**
     * {@return what checks host names, or {@code null} for the default}
     */
    public @Nullable HostnameVerifier verifier() {
        return verifier;
    }

    private static TrustManagerFactory trustIn(@Nullable KeyStore certificates) {
        try {
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(certificates);
            return factory;
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("The trusted certificates cannot be used.", e);
        }
    }

    private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    private static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "%s cannot be read: does it exist, and may this process read it?".formatted(file), e);
        }
    }

    @Override
    public String toString() {
        return "TlsOptions[trust=%s, clientCertificate=%s, hostnameVerifier=%s]"
                .formatted(systemTrust ? "system" : "custom", key != null, verifier == null ? "default" : "custom");
    }
}
