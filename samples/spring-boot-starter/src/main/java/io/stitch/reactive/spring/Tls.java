package io.stitch.reactive.spring;

import io.stitch.reactive.TlsOptions;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.ssl.NoSuchSslBundleException;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;

import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.Stream;

/** Makes TLS options of a bundle or of files. */
final class Tls {
    private Tls() {}

    /**
     * Makes the options.
     *
     * @param prefix how the names of the properties begin
     * @param tls the properties
     * @param bundles where bundles are
     * @return the options; {@code null} if nothing is set
     */
    static @Nullable TlsOptions options(String prefix, StitchProperties.Tls tls, ObjectProvider<SslBundles> bundles) {
        boolean files = Stream.of(tls.trust(), tls.certificate(), tls.key()).anyMatch(Objects::nonNull);
        String bundle = tls.bundle();
        if (bundle == null) {
            return files ? ofFiles(prefix, tls) : null;
        }
        if (files) {
            throw new StitchSettingException(
                    "The property %s.bundle excludes %s.trust, certificate and key.".formatted(prefix, prefix),
                    "Leave the files out, which the bundle has, or the bundle.");
        }
        return ofBundle(prefix, bundle, bundles.getIfAvailable());
    }

    private static TlsOptions ofFiles(String prefix, StitchProperties.Tls tls) {
        Path certificate = tls.certificate();
        Path key = tls.key();
        if ((certificate == null) != (key == null)) {
            throw new StitchSettingException(
                    "Of %s.certificate and %s.key only one is set.".formatted(prefix, prefix), "Set both, or neither.");
        }
        try {
            TlsOptions options = TlsOptions.system();
            Path trust = tls.trust();
            if (trust != null) {
                options = options.trust(trust);
            }
            return certificate == null || key == null ? options : options.clientCertificate(certificate, key);
        } catch (IllegalArgumentException e) {
            throw new StitchSettingException(
                    "The files below %s cannot be used: %s".formatted(prefix, e.getMessage()),
                    "Set each to a PEM file: trust and certificate to certificates, key to a private key in PKCS 8.",
                    e);
        }
    }

    private static TlsOptions ofBundle(String prefix, String name, @Nullable SslBundles bundles) {
        try {
            if (bundles == null) {
                throw new NoSuchSslBundleException(name, "There are no SSL bundles");
            }
            SslBundle bundle = bundles.getBundle(name);
            TlsOptions options = TlsOptions.system();
            if (bundle.getStores().getTrustStore() != null) {
                options = options.trust(bundle.getManagers().getTrustManagerFactory());
            }
            return bundle.getStores().getKeyStore() == null
                    ? options
                    : options.clientCertificate(bundle.getManagers().getKeyManagerFactory());
        } catch (NoSuchSslBundleException e) {
            throw new StitchSettingException(
                    "The property %s.bundle names the SSL bundle '%s', and there is none of that name."
                            .formatted(prefix, name),
                    "Define it with the properties below spring.ssl.bundle.pem.%s, or correct the name."
                            .formatted(name),
                    e);
        } catch (IllegalStateException | IllegalArgumentException e) {
            throw new StitchSettingException(
                    "The SSL bundle '%s' of %s.bundle cannot be used: %s".formatted(name, prefix, e.getMessage()),
                    "Correct the properties of the bundle, below spring.ssl.bundle.",
                    e);
        }
    }
}
