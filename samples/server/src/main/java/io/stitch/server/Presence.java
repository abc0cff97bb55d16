package io.stitch.server;

import tools.jackson.databind.node.ObjectNode;

import java.util.Map;
import java.util.Optional;

/** What a server says of who is connected, in the words of MQDB. Immutable. */
final class Presence {
    /** The level below the sync prefix; what is below it is the server's to publish. */
    static final String LEVEL = "_presence";

    private final StitchServerOptions options;
    private final ServerHost host;

    Presence(StitchServerOptions options, ServerHost host) {
        this.options = options;
        this.host = host;
    }

    Optional<Message> connected(Caller caller) {
        return message(caller, "connect", false);
    }

    Optional<Message> gone(Caller caller, boolean unexpected) {
        return message(caller, "disconnect", unexpected);
    }

    private Optional<Message> message(Caller caller, String event, boolean unexpected) {
        if (!options.presence()) {
            return Optional.empty();
        }
        ObjectNode payload = Json.object()
                .put("client_id", caller.clientId())
                .put("user_id", caller.user())
                .put("event", event)
                .put("unexpected", unexpected)
                .put("ts", host.millis());
        String topic = options.prefix() + "/" + LEVEL + "/" + caller.clientId();
        return Optional.of(new Message(topic, Json.write(payload), Map.of(), null, null));
    }
}
