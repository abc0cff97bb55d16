package io.stitch.samples.desktop;

import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.TlsOptions;
import io.stitch.reactive.spi.Credentials;
import org.jspecify.annotations.Nullable;

import java.nio.file.Path;

/**
 * Where a broker is, and how to log in there.
 *
 * @param url its address
 * @param login the login, if it wants one; its text does not show the password
 * @param authorities a PEM file with the authorities to trust instead of the Java runtime's, for {@code mqtts} and {@code wss}
 */
record Remote(
        String url, @Nullable Credentials login, @Nullable Path authorities) {
    /** A broker that lets everybody in. */
    Remote(String url) {
        this(url, null, null);
    }

    RemoteOptions options() {
        RemoteOptions options = RemoteOptions.to(url);
        if (login != null) {
            options = options.login(login.username(), login.password());
        }
        return authorities == null ? options : options.tls(TlsOptions.system().trust(authorities));
    }

    /** {@return a name for files of what this login sees there} */
    String fileName() {
        String place = url.replaceAll("^\\w+://", "");
        return (login == null ? place : login.username() + '@' + place).replaceAll("[^A-Za-z0-9.@-]", "_");
    }
}
