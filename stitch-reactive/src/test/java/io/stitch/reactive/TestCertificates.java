package io.stitch.reactive;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/** An authority and what it issues, made with the JDK's keytool in a test's folder. */
public final class TestCertificates {
    /** The password of every key store. */
    public static final String PASSWORD = "changeit";

    private final Path folder;

    private TestCertificates(Path folder) {
        this.folder = folder;
    }

    /** Makes an authority that lives as long as the test's folder: {@code ca.p12}, {@code ca.pem} and {@code trust.p12}. */
    public static TestCertificates in(Path folder) {
        TestCertificates certificates = new TestCertificates(folder);
        certificates.keytool(
                "-genkeypair", "-alias", "ca", "-dname", "CN=Test authority", "-ext", "bc:c", "-keystore", "ca.p12");
        certificates.pem("ca", "ca");
        certificates.keytool("-importcert", "-noprompt", "-alias", "ca", "-keystore", "trust.p12", "-file", "ca.pem");
        return certificates;
    }

    /**
     * Issues a certificate: {@code name.p12} with key and chain, and in PEM {@code name.pem} and {@code name.key}.
     *
     * @param extension what it is for, as keytool writes it: {@code san=ip:127.0.0.1}
     */
    public TestCertificates issue(String name, String extension) {
        String store = name + ".p12";
        keytool("-genkeypair", "-alias", name, "-dname", "CN=" + name, "-keystore", store);
        keytool("-certreq", "-alias", name, "-keystore", store, "-file", name + ".csr");
        keytool(
                "-gencert",
                "-alias",
                "ca",
                "-keystore",
                "ca.p12",
                "-infile",
                name + ".csr",
                "-outfile",
                name + ".crt",
                "-rfc",
                "-ext",
                extension);
        keytool("-importcert", "-noprompt", "-alias", "ca", "-keystore", store, "-file", "ca.pem");
        keytool("-importcert", "-noprompt", "-alias", name, "-keystore", store, "-file", name + ".crt");
        pem(name, name);
        return this;
    }

    public Path file(String name) {
        return folder.resolve(name);
    }

    /** A key store as it was made. */
    public KeyStore store(String name) {
        try (var in = Files.newInputStream(file(name + ".p12"))) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(in, PASSWORD.toCharArray());
            return store;
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private void pem(String name, String alias) {
        try {
            KeyStore store = store(name);
            StringBuilder chain = new StringBuilder();
            for (Certificate certificate : store.getCertificateChain(alias)) {
                chain.append(armoured("CERTIFICATE", certificate.getEncoded()));
            }
            Files.writeString(file(name + ".pem"), chain);
            Files.writeString(
                    file(name + ".key"),
                    armoured(
                            "PRIVATE KEY",
                            store.getKey(alias, PASSWORD.toCharArray()).getEncoded()));
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String armoured(String what, byte[] content) {
        byte[] newline = System.lineSeparator().getBytes(StandardCharsets.US_ASCII);
        return "-----BEGIN %s-----%n%s%n-----END %s-----%n"
                .formatted(what, Base64.getMimeEncoder(64, newline).encodeToString(content), what);
    }

    private void keytool(String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-storepass",
                PASSWORD,
                "-storetype",
                "PKCS12"));
        command.addAll(1, Arrays.asList(arguments));
        if (command.contains("-genkeypair")) {
            command.addAll(List.of("-keyalg", "EC", "-groupname", "secp256r1"));
        }
        if (command.contains("-genkeypair") || command.contains("-gencert")) {
            command.addAll(List.of("-validity", "30"));
        }
        try {
            Process process = new ProcessBuilder(command)
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new IllegalStateException("keytool failed: " + output);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
