package io.stitch.reactive.spring;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;

/** A certificate and its key in PEM, made with the JDK's keytool. */
record Keys(Path certificate, Path key) {
    private static final String PASSWORD = "changeit";

    static Keys in(Path folder) throws IOException, GeneralSecurityException, InterruptedException {
        Path store = folder.resolve("client.p12");
        Process keytool = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "client",
                        "-keyalg",
                        "RSA",
                        "-dname",
                        "CN=client",
                        "-storetype",
                        "PKCS12",
                        "-storepass",
                        PASSWORD,
                        "-keystore",
                        store.toString()))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (keytool.waitFor() != 0) {
            throw new IOException("keytool failed");
        }
        KeyStore made = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
        return new Keys(
                write(
                        folder.resolve("client.pem"),
                        "CERTIFICATE",
                        made.getCertificate("client").getEncoded()),
                write(
                        folder.resolve("client.key"),
                        "PRIVATE KEY",
                        made.getKey("client", PASSWORD.toCharArray()).getEncoded()));
    }

    private static Path write(Path file, String what, byte[] der) throws IOException {
        String text = Base64.getMimeEncoder().encodeToString(der);
        return Files.writeString(file, "-----BEGIN %1$s-----%n%2$s%n-----END %1$s-----%n".formatted(what, text));
    }
}
