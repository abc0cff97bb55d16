package io.stitch.reactive.spring;

import io.stitch.reactive.ProxyOptions;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.SchemaException;
import io.stitch.reactive.TlsOptions;
import io.stitch.reactive.spi.ConnectRequest;
import io.stitch.reactive.spi.ReceiveLimits;
import io.stitch.reactive.spi.TicketProvider;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.ssl.SslBundles;
import reactor.core.publisher.Mono;

import java.time.Duration;
import java.util.Map;

/** Makes remote options of the properties. */
final class Remote {
    private Remote() {}

    static RemoteOptions options(
            StitchProperties properties, @Nullable TicketProvider tickets, ObjectProvider<SslBundles> bundles) {
        RemoteOptions remote = alsoAt(at(String.valueOf(properties.url())), properties)
                .connectTimeout(properties.connectTimeout())
                .keepAlive(properties.keepAlive());
        remote = withHeaders(loggedIn(remote, properties, tickets), properties.webSocketHeaders());
        ProxyOptions proxy = Proxies.options("stitch.proxy", properties.proxy());
        if (proxy != null) {
            remote = remote.proxy(proxy);
        }
        TlsOptions tls = Tls.options("stitch.tls", properties.tls(), bundles);
        RemoteOptions options = tls == null ? remote : remote.tls(tls);
        try {
            options.requests("checked"); // Now, while it is known that it is the properties that do not fit together.
        } catch (SchemaException e) {
            throw new StitchSettingException(
                    "The properties of the connection do not fit together: " + e.getMessage(),
                    "Correct stitch.url, stitch.more-urls, stitch.connect-timeout, stitch.keep-alive, stitch.web-socket-headers or the"
                            + " properties below stitch.tls.",
                    e);
        }
        return options;
    }

    /** The address may carry a password, so it is not shown. */
    private static RemoteOptions at(String url) {
        try {
            return RemoteOptions.to(url);
        } catch (SchemaException e) {
            throw new StitchSettingException(
                    "The property stitch.url cannot work: " + e.getMessage(),
                    "Set it to the broker's address, such as mqtts://broker.example.org; a user and a password are"
                            + " stitch.login.username and stitch.login.password.",
                    e);
        }
    }

    private static RemoteOptions alsoAt(RemoteOptions remote, StitchProperties properties) {
        try {
            return remote.or(properties.moreUrls().toArray(String[]::new));
        } catch (SchemaException e) {
            throw new StitchSettingException(
                    "The property stitch.more-urls cannot work: " + e.getMessage(),
                    "Set it to addresses as stitch.url has one; a user and a password are stitch.login.username and"
                            + " stitch.login.password.",
                    e);
        }
    }

    /** What a broker would be asked with, now, while it is known that it is the properties that cannot be sent. Values are not shown. */
    private static RemoteOptions withHeaders(RemoteOptions remote, Map<String, String> headers) {
        if (headers.isEmpty()) {
            return remote;
        }
        try {
            requestWith(headers);
        } catch (IllegalArgumentException e) {
            throw new StitchSettingException(
                    "The properties below stitch.web-socket-headers cannot work: " + e.getMessage(),
                    "Write a header's name after it, in brackets if it has other characters than letters, digits and hyphens, and its value.",
                    e);
        }
        return remote.webSocketHeaders(Mono.just(Map.copyOf(headers)));
    }

    private static void requestWith(Map<String, String> headers) {
        new ConnectRequest(
                ConnectRequest.address("ws://checked"),
                "checked",
                null,
                Duration.ofSeconds(1),
                Duration.ZERO,
                null,
                null,
                ReceiveLimits.DEFAULT,
                null,
                headers);
    }

    private static RemoteOptions loggedIn(
            RemoteOptions remote, StitchProperties properties, @Nullable TicketProvider tickets) {
        String username = properties.login().username();
        String password = properties.login().password();
        if (tickets == null && properties.tickets().saysHow()) {
            throw new StitchSettingException(
                    "There are properties below stitch.tickets, and no stitch.tickets.url.",
                    "Set it to the address of the ticket server, or leave the others out.");
        }
        if (username == null && password == null) {
            return tickets == null ? remote : remote.tickets(tickets);
        }
        if (username == null || password == null) {
            throw new StitchSettingException(
                    "Of stitch.login.username and stitch.login.password only one is set.", "Set both, or neither.");
        }
        if (tickets != null) {
            throw new StitchSettingException(
                    "There is a login, by stitch.login.username, and a source of tickets, by stitch.tickets.url or a"
                            + " TicketProvider bean, and they exclude each other.",
                    "Leave one of them out.");
        }
        try {
            return remote.login(username, password);
        } catch (SchemaException e) {
            throw new StitchSettingException(
                    "The properties below stitch.login cannot work: " + e.getMessage(),
                    "Correct stitch.login.username or stitch.login.password.",
                    e);
        }
    }
}
