package io.stitch.samples.webflux;

import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import reactor.core.publisher.Flux;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HexFormat;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * How many streams one address holds open, so that one machine cannot take the places of all others. Behind a proxy all have the proxy's
 * address, unless the service is told to believe its headers: {@code server.forward-headers-strategy}. Safe on any thread.
 */
@Component
class AddressLimit {
    private static final int NETWORK_BYTES = 8;

    private final int limit;
    private final ConcurrentMap<String, Integer> open = new ConcurrentHashMap<>();

    AddressLimit(BoardProperties properties) {
        this.limit = properties.maxStreamsPerAddress();
    }

    /**
     * Counts a stream as long as somebody is subscribed. Cold.
     *
     * @return the stream; a {@link ProblemException} if the address has too many already
     */
    <T> Flux<T> within(@Nullable InetSocketAddress address, Flux<T> stream) {
        return Flux.using(() -> enter(key(address)), key -> stream, this::leave);
    }

    /** Whoever has one address of IPv6 has a network of them. */
    private static String key(@Nullable InetSocketAddress address) {
        InetAddress ip = address == null ? null : address.getAddress();
        if (ip == null) {
            return "unknown";
        }
        return ip instanceof Inet6Address
                ? HexFormat.of().formatHex(ip.getAddress(), 0, NETWORK_BYTES)
                : ip.getHostAddress();
    }

    private String enter(String key) {
        open.compute(key, (same, count) -> {
            int streams = count == null ? 0 : count;
            if (streams >= limit) {
                throw ProblemException.later(
                        HttpStatus.TOO_MANY_REQUESTS,
                        "TOO_MANY_STREAMS",
                        "Your address has %d streams open already. Close some, or set board.max-streams-per-address; behind a proxy, set server.forward-headers-strategy too."
                                .formatted(limit),
                        "Too many windows of your network show boards at the moment. Close some, and try again.");
            }
            return streams + 1;
        });
        return key;
    }

    private void leave(String key) {
        open.computeIfPresent(key, (same, count) -> count == 1 ? null : count - 1);
    }
}
