package io.stitch.reactive;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads certificates and private keys in PEM. No message contains a key. */
final class Pem {
    private static final Pattern KEY = Pattern.compile("-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----([^-]*)-----END");
    private static final List<String> ALGORITHMS = List.of("RSA", "EC", "Ed25519", "Ed448");

    private Pem() {}

    static List<X509Certificate> certificates(byte[] pem, String name) {
        List<X509Certificate> certificates;
        try {
            certificates =
                    CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(pem)).stream()
                            .map(X509Certificate.class::cast)
                            .toList();
        } catch (CertificateException e) {
            throw new IllegalArgumentException("%s does not hold X.509 certificates in PEM.".formatted(name), e);
        }
        if (certificates.isEmpty()) {
            throw new IllegalArgumentException("%s holds no certificate.".formatted(name));
        }
        return certificates;
    }

    static PrivateKey privateKey(byte[] pem, String name) {
        Matcher key = KEY.matcher(new String(pem, StandardCharsets.ISO_8859_1));
        if (!key.find()) {
            throw new IllegalArgumentException("%s holds no private key in PEM.".formatted(name));
        }
        if (!key.group(1).equals("PRIVATE KEY")) {
            throw new IllegalArgumentException(
                    "%s holds an '%s', which is not read. Convert it with 'openssl pkcs8 -topk8 -nocrypt', or use a key store."
                            .formatted(name, key.group(1)));
        }
        try {
            return decode(new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(key.group(2))), name);
        } catch (IllegalArgumentException | GeneralSecurityException e) {
            throw new IllegalArgumentException(
                    "The private key in %s is damaged or of an unknown kind.".formatted(name));
        }
    }

    private static PrivateKey decode(PKCS8EncodedKeySpec spec, String name) throws GeneralSecurityException {
        InvalidKeySpecException last = new InvalidKeySpecException(name);
        for (String algorithm : ALGORITHMS) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(spec);
            } catch (InvalidKeySpecException e) {
                last = e;
            }
        }
        throw last;
    }
}
