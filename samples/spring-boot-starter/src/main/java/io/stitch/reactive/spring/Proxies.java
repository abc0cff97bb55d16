package io.stitch.reactive.spring;

import io.stitch.reactive.ProxyOptions;
import org.jspecify.annotations.Nullable;

/** Makes proxies of the properties. */
final class Proxies {
    private Proxies() {}

    /**
     * {@return the proxy below a prefix, or {@code null} for none}
     *
     * @throws StitchSettingException if there can be no such proxy; its login is not shown
     */
    static @Nullable ProxyOptions options(String prefix, StitchProperties.Proxy proxy) {
        String host = proxy.host();
        Integer port = proxy.port();
        if (host == null && (port != null || proxy.username() != null || proxy.password() != null)) {
            throw new StitchSettingException(
                    "There are properties below %s, and no %s.host.".formatted(prefix, prefix),
                    "Set it to the proxy's host, or leave the others out.");
        }
        if (host == null) {
            return null;
        }
        if (port == null) {
            throw new StitchSettingException(
                    "There is a %s.host, and no %s.port.".formatted(prefix, prefix), "Set the proxy's port.");
        }
        try {
            return loggedIn(ProxyOptions.of(proxy.type(), host, port), prefix, proxy);
        } catch (IllegalArgumentException e) {
            throw new StitchSettingException(
                    "The properties below %s cannot work: %s".formatted(prefix, e.getMessage()),
                    "Correct %s.host, %s.port, %s.username or %s.password.".formatted(prefix, prefix, prefix, prefix),
                    e);
        }
    }

    private static ProxyOptions loggedIn(ProxyOptions options, String prefix, StitchProperties.Proxy proxy) {
        String username = proxy.username();
        String password = proxy.password();
        if (username == null && password == null) {
            return options;
        }
        if (username == null || password == null) {
            throw new StitchSettingException(
                    "Of %s.username and %s.password only one is set.".formatted(prefix, prefix),
                    "Set both, or neither.");
        }
        return options.login(username, password);
    }
}
