package io.stitch.reactive.spi;

import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Which headers a client may add to the request that opens a web socket (RFC 6455, 4.1). */
final class WebSocketHeaders {
    private static final int MOST = 64;
    private static final int LONGEST = 8_192;
    /** What the request itself says. */
    private static final Set<String> OWN =
            Set.of("host", "upgrade", "connection", "content-length", "transfer-encoding");

    private WebSocketHeaders() {}

    /** @throws IllegalArgumentException if one cannot be sent; values, which may be secret, are not shown */
    static void check(Map<String, String> headers) {
        if (headers.size() > MOST) {
            throw new IllegalArgumentException(
                    "webSocketHeaders: %d are too many, the bound is %d.".formatted(headers.size(), MOST));
        }
        headers.forEach((name, value) -> {
            if (!name.matches("[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}")) {
                throw new IllegalArgumentException(
                        "webSocketHeaders: %s cannot be the name of a header.".formatted(ForeignText.quoted(name)));
            }
            String lower = name.toLowerCase(Locale.ROOT);
            if (OWN.contains(lower) || lower.startsWith("sec-websocket-")) {
                throw new IllegalArgumentException(
                        "webSocketHeaders: '%s' is a header of the handshake itself. Leave it out.".formatted(name));
            }
            if (value.length() > LONGEST || value.chars().anyMatch(c -> (c < ' ' && c != '\t') || c > '~')) {
                throw new IllegalArgumentException(
                        "webSocketHeaders: the value of '%s' cannot be sent: it has more than %d characters, or some beyond printable ASCII."
                                .formatted(name, LONGEST));
            }
        });
    }
}
