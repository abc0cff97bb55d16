package io.stitch.reactive.internal.connection;

import io.stitch.reactive.TlsOptions;
import io.stitch.reactive.spi.ForeignText;
import org.jspecify.annotations.Nullable;

import javax.net.ssl.HostnameVerifier;
import javax.net.ssl.SSLSession;

/**
 * A host name verifier of the application's that may fail: the MQTT client would wait until its timeout, and never say why. One for each
 * attempt to connect.
 */
final class GuardedVerifier implements HostnameVerifier {
    private final HostnameVerifier verifier;
    private volatile @Nullable Throwable failure;

    /** The verifier failed, so nobody knows whether the certificate is the broker's. */
    static final class VerifierException extends RuntimeException {
        private static final long serialVersionUID = 1;

        VerifierException(Throwable cause) {
            super(
                    "the host name verifier of the TLS options failed with %s, so the broker's certificate is not accepted. Mend the verifier: it has to return true or false."
                            .formatted(ForeignText.quoted(cause.toString())),
                    cause);
        }
    }

    private GuardedVerifier(HostnameVerifier verifier) {
        this.verifier = verifier;
    }

    /** {@return the verifier of the options, or {@code null} if they have none} */
    static @Nullable GuardedVerifier of(@Nullable TlsOptions tls) {
        HostnameVerifier verifier = tls == null ? null : tls.verifier();
        return verifier == null ? null : new GuardedVerifier(verifier);
    }

    @Override
    public boolean verify(String host, SSLSession session) {
        try {
            return verifier.verify(host, session);
        } catch (Throwable failed) { // Whatever it is: the client would swallow it, and the attempt has to end.
            failure = failed;
            return false;
        }
    }

    /** {@return why an attempt ended with an error: the verifier's failure, if it failed} */
    Throwable explained(Throwable error) {
        Throwable failed = failure;
        return failed == null ? error : new VerifierException(failed);
    }
}
