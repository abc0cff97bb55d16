package io.stitch.server;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Who may connect to a server's broker and subscribe there, and what each client is told on connecting. Immutable. */
public final class Gate {
    private final StitchServerOptions options;

    /**
     * Why a client may not connect.
     *
     * @param reasonCode the CONNACK's reason code
     * @param reason what is wrong, for a reader
     */
    public record Closed(int reasonCode, String reason) {}

    Gate(StitchServerOptions options) {
        this.options = options;
    }

    /**
     * The gate of a broker that is nothing but a broker: everybody may do everything, and nothing is announced.
     *
     * @return the gate
     */
    public static Gate ofPlainBroker() {
        // As an old server: the new one says on each connection what it can do, and this one can do nothing.
        return new Gate(StitchServerOptions.builder().legacy(true).build());
    }

    /**
     * Checks a client that wants to connect.
     *
     * @param clientId its client id
     * @param user the user name that it gave, empty or null if none
     * @param password the password that it gave; empty if none
     * @param willTopic the topic of its last will; empty if it has none
     * @return why it may not, or empty if it may
     */
    public Optional<Closed> refuses(String clientId, @Nullable String user, byte[] password, String willTopic) {
        return refuses(clientId, authentic(user == null || user.isEmpty() ? null : user, password), willTopic);
    }

    /**
     * Checks a client that wants to connect, and whose login is good already.
     *
     * @param clientId its client id
     * @param willTopic the topic of its last will; empty if it has none
     * @return why it may not, or empty if it may
     */
    public Optional<Closed> refuses(String clientId, String willTopic) {
        return refuses(clientId, true, willTopic);
    }

    /**
     * Whether a client may show a ticket instead of a user name: by MQTT 5 enhanced authentication, with the method {@code JWT}. It is
     * then checked with {@link #userOfTicket}, and with {@link #refuses(String, String)}.
     *
     * @return false if the broker refuses the method with 0x8C
     */
    public boolean takesTickets() {
        return options.tickets() != null;
    }

    /**
     * Whose a ticket is. A ticket may be good for one login only, so ask once for each.
     *
     * @param ticket the ticket
     * @return the user; empty if the broker refuses the ticket with 0x87
     */
    public Optional<String> userOfTicket(String ticket) {
        Function<String, Optional<String>> tickets = options.tickets();
        return tickets == null ? Optional.empty() : tickets.apply(ticket).filter(Names::validUser);
    }

    /**
     * Whether a client id that is in use is its user's alone, so that a connection of somebody else with it is refused with 0x85. An old
     * server lets anybody take anybody's; and where there are no users, everybody is whoever they say.
     *
     * @return whether it is
     */
    public boolean bindsClientIds() {
        return !options.legacy() && (!options.users().isEmpty() || takesTickets());
    }

    private Optional<Closed> refuses(String clientId, boolean authentic, String willTopic) {
        if (!options.legacy() && !Names.validClientId(clientId)) {
            return Optional.of(new Closed(0x85, "this client id is reserved or invalid"));
        }
        if (!authentic) {
            return Optional.of(new Closed(0x86, "Authentication failed"));
        }
        // A will is published past the listener of publishes, so that what clients may not publish is refused here.
        if (!options.legacy() && Names.below(willTopic, options.prefix(), options.responsePrefix())) {
            return Optional.of(new Closed(0x87, "this will's topic is reserved for requests"));
        }
        return Optional.empty();
    }

    private boolean authentic(@Nullable String user, byte[] password) {
        if (options.users().isEmpty()) {
            return user == null || Names.validUser(user);
        }
        String expected = user == null ? null : options.users().get(user);
        return expected != null && MessageDigest.isEqual(expected.getBytes(StandardCharsets.UTF_8), password);
    }

    /**
     * Checks a subscription.
     *
     * @param clientId who subscribes
     * @param topicFilter to what
     * @return false if the broker refuses it with 0x87
     */
    public boolean maySubscribe(String clientId, String topicFilter) {
        return options.legacy() || !Names.overhears(topicFilter, options.responsePrefix(), clientId);
    }

    /**
     * Checks a subscription of a client whose user is known.
     *
     * @param caller who subscribes
     * @param topicFilter to what
     * @return false if the broker refuses it with 0x87
     */
    public boolean maySubscribe(Caller caller, String topicFilter) {
        String user = caller.user() == null ? "" : caller.user();
        return maySubscribe(caller.clientId(), topicFilter)
                && !(options.scopedEvents()
                        && Names.overhears(topicFilter, options.prefix() + "/" + Events.USERS, user));
    }

    /**
     * The user properties of each CONNACK.
     *
     * @return names and values; an old server has none
     */
    public Map<String, String> announcement() {
        Map<String, String> properties = new LinkedHashMap<>();
        if (!options.legacy()) {
            properties.put("stitch-protocol-version", "2");
            String features = Stream.of(Feature.values())
                    .filter(options::has)
                    .map(Feature::word)
                    .collect(Collectors.joining(","));
            if (!features.isEmpty()) {
                properties.put("stitch-features", features);
            }
        }
        return properties;
    }
}
