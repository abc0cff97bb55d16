package io.stitch.reactive;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class TlsOptionsTest {
    @TempDir
    Path folder;

    @Test
    void aFileThatIsMissingOrHoldsNoCertificateIsNamed() throws IOException {
        Path missing = folder.resolve("missing.pem");
        Path text = Files.writeString(folder.resolve("text.pem"), "hello");
        Path empty = Files.writeString(folder.resolve("empty.pem"), "");
        for (Path wrong : new Path[] {missing, text, empty}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> TlsOptions.system().trust(wrong))
                    .withMessageContaining(wrong.toString());
        }
    }

    @Test
    void aKeyThatIsDamagedOrInAnotherFormatIsNamedAndNotShown() throws IOException {
        TestCertificates.in(folder);
        Path certificate = folder.resolve("ca.pem");
        Path damaged = Files.writeString(
                folder.resolve("damaged.key"), "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n");
        Path old = Files.writeString(
                folder.resolve("old.key"),
                "-----BEGIN RSA PRIVATE KEY-----\nc2VjcmV0\n-----END RSA PRIVATE KEY-----\n");

        assertThatIllegalArgumentException()
                .isThrownBy(() -> TlsOptions.system().clientCertificate(certificate, damaged))
                .withMessageContaining("damaged.key")
                .satisfies(error ->
                        assertThat(error).hasStackTraceContaining("damaged").hasNoCause());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TlsOptions.system().clientCertificate(certificate, old))
                .withMessageContaining("openssl pkcs8 -topk8 -nocrypt");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TlsOptions.system().clientCertificate(certificate, certificate))
                .withMessageContaining("no private key");
    }

    @Test
    void aKeyOfAnotherCertificateIsRefused() {
        TestCertificates certificates = TestCertificates.in(folder).issue("ada", "eku=clientAuth");
        TlsOptions.system().clientCertificate(certificates.file("ada.pem"), certificates.file("ada.key"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TlsOptions.system()
                        .clientCertificate(certificates.file("ada.pem"), certificates.file("ca.key")))
                .withMessageContaining("ca.key is not that of the first certificate in")
                .withMessageContaining("ada.pem");
    }

    @ParameterizedTest
    @ValueSource(strings = {"RSA", "EC", "Ed25519", "Ed448"})
    void pairsOfKeysAreKnownWhateverTheirAlgorithm(String algorithm) throws NoSuchAlgorithmException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
        KeyPair one = generator.generateKeyPair();
        KeyPair two = generator.generateKeyPair();
        KeyPair another = KeyPairGenerator.getInstance(algorithm.equals("RSA") ? "EC" : "RSA")
                .generateKeyPair();
        assertThat(KeyPairs.belongTogether(one.getPrivate(), one.getPublic())).isTrue();
        assertThat(KeyPairs.belongTogether(one.getPrivate(), two.getPublic())).isFalse();
        assertThat(KeyPairs.belongTogether(one.getPrivate(), another.getPublic()))
                .isFalse();
    }

    @Test
    void theTextFormTellsWhatIsSetAndNoMore() {
        TestCertificates certificates = TestCertificates.in(folder);

        assertThat(TlsOptions.system())
                .hasToString("TlsOptions[trust=system, clientCertificate=false, hostnameVerifier=default]");
        assertThat(TlsOptions.system()
                        .trust(certificates.file("ca.pem"))
                        .clientCertificate(certificates.file("ca.pem"), certificates.file("ca.key"))
                        .hostnameVerifier((host, session) -> true))
                .hasToString("TlsOptions[trust=custom, clientCertificate=true, hostnameVerifier=custom]");
    }
}
