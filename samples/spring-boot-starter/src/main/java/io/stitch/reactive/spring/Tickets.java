package io.stitch.reactive.spring;

import io.stitch.reactive.HttpTicketProvider;
import io.stitch.reactive.ProxyOptions;
import io.stitch.reactive.TlsOptions;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.ssl.SslBundles;
import reactor.core.publisher.Mono;

import java.util.function.Supplier;

/** Makes the ticket provider of the properties. */
final class Tickets {
    private static final String PREFIX = "stitch.tickets";

    private Tickets() {}

    static HttpTicketProvider provider(StitchProperties.Tickets tickets, ObjectProvider<SslBundles> bundles) {
        HttpTicketProvider provider = identified(at(String.valueOf(tickets.url())), tickets);
        String field = tickets.userIdField();
        if (field != null) {
            provider = provider.userIdField(field);
        }
        ProxyOptions proxy = Proxies.options(PREFIX + ".proxy", tickets.proxy());
        if (proxy != null) {
            provider = provider.proxy(proxy);
        }
        TlsOptions tls = Tls.options(PREFIX + ".tls", tickets.tls(), bundles);
        return tls == null ? provider : withTls(provider, tls);
    }

    /** The address may carry a password, so it is not shown. */
    private static HttpTicketProvider at(String url) {
        try {
            return HttpTicketProvider.at(url);
        } catch (IllegalArgumentException e) {
            throw new StitchSettingException(
                    "The property stitch.tickets.url cannot work: " + e.getMessage(),
                    "Set it to the address of the ticket server, such as https://app.example.org.",
                    e);
        }
    }

    private static HttpTicketProvider identified(HttpTicketProvider provider, StitchProperties.Tickets tickets) {
        String bearer = tickets.bearer();
        String name = tickets.cookie().name();
        String value = tickets.cookie().value();
        if (bearer != null && (name != null || value != null)) {
            throw new StitchSettingException(
                    "The properties stitch.tickets.bearer and stitch.tickets.cookie exclude each other.",
                    "Leave one of them out: the ticket server knows the application by a token or by a cookie.");
        }
        if (bearer != null) {
            return taken("stitch.tickets.bearer", "the token", () -> provider.bearer(bearer));
        }
        return cookie(provider, name, value);
    }

    private static HttpTicketProvider cookie(
            HttpTicketProvider provider, @Nullable String name, @Nullable String value) {
        if (name == null && value == null) {
            return provider;
        }
        if (name == null || value == null) {
            throw new StitchSettingException(
                    "Of stitch.tickets.cookie.name and stitch.tickets.cookie.value only one is set.",
                    "Set both, or neither.");
        }
        // First the name alone, so that the one of the two that cannot work is named.
        taken(
                "stitch.tickets.cookie.name",
                "the name of the session cookie",
                () -> provider.cookie(name, Mono.empty()));
        return taken(
                "stitch.tickets.cookie.value", "the value of the session cookie", () -> provider.cookie(name, value));
    }

    /** Takes a setting over whose value is not shown. */
    private static HttpTicketProvider taken(String property, String what, Supplier<HttpTicketProvider> setter) {
        try {
            return setter.get();
        } catch (IllegalArgumentException e) {
            throw new StitchSettingException(
                    "The property %s cannot work: %s".formatted(property, e.getMessage()),
                    "Set it to %s, as a program sends it.".formatted(what),
                    e);
        }
    }

    private static HttpTicketProvider withTls(HttpTicketProvider provider, TlsOptions tls) {
        try {
            return provider.tls(tls);
        } catch (IllegalArgumentException e) {
            throw new StitchSettingException(
                    "The properties below stitch.tickets.tls cannot work: " + e.getMessage(),
                    "Leave them out, or set stitch.tickets.url to an address that begins with https.",
                    e);
        }
    }
}
