package io.stitch.reactive;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

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
