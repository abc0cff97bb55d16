package io.stitch.server;

import com.hivemq.extension.sdk.api.async.Async;
import com.hivemq.extension.sdk.api.async.TimeoutFallback;
import com.hivemq.extension.sdk.api.auth.EnhancedAuthenticator;
import com.hivemq.extension.sdk.api.auth.parameter.EnhancedAuthConnectInput;
import com.hivemq.extension.sdk.api.auth.parameter.EnhancedAuthInput;
import com.hivemq.extension.sdk.api.auth.parameter.EnhancedAuthOutput;
import com.hivemq.extension.sdk.api.client.parameter.ConnectionAttributeStore;
import com.hivemq.extension.sdk.api.packets.connect.ConnectPacket;
import com.hivemq.extension.sdk.api.packets.general.DisconnectedReasonCode;
import com.hivemq.extension.sdk.api.packets.publish.PublishPacket;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Lets clients in by their user name, or by a ticket that they show by MQTT 5 enhanced authentication. Thread-safe. */
final class BrokerLogins implements EnhancedAuthenticator {
    private static final String METHOD = "JWT";
    private static final String USER = "stitch.user";
    private static final String TICKET = "stitch.ticket";

    private static final String TOOK_ID = "stitch.took-id";
    private static final String IN_USE = "another user is connected with this client id";
    private static final int WAIT_FOR_END_MILLIS = 1_000;
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);

    private final Gate gate;
    private final ClientIds clientIds = new ClientIds();

    BrokerLogins(Gate gate) {
        this.gate = gate;
    }

    /** The user of a connection that was let in. */
    static @Nullable String user(ConnectionAttributeStore connection) {
        return connection.getAsString(USER).orElse(null);
    }

    /**
     * Whom a client says to be that has not been let in yet. A ticket is looked up once, because one that is good for a single login is
     * unknown afterwards: what it said is kept with the connection.
     */
    @Nullable
    String claimed(ConnectPacket connect, ConnectionAttributeStore connection) {
        Optional<String> method = connect.getAuthenticationMethod();
        if (method.isEmpty()) {
            return connect.getUserName().filter(name -> !name.isEmpty()).orElse(null);
        }
        if (!known(method.get())) {
            return null;
        }
        Optional<String> before = connection.getAsString(TICKET);
        String user = before.orElseGet(() -> connect.getAuthenticationData()
                .flatMap(ticket -> gate.userOfTicket(text(ticket)))
                .orElse(""));
        if (before.isEmpty()) {
            connection.putAsString(TICKET, user);
        }
        return user.isEmpty() ? null : user;
    }

    private boolean known(String method) {
        return gate.takesTickets() && method.equals(METHOD);
    }

    @Override
    public void onConnect(EnhancedAuthConnectInput input, EnhancedAuthOutput output) {
        ConnectPacket connect = input.getConnectPacket();
        ConnectionAttributeStore connection = input.getConnectionInformation().getConnectionAttributeStore();
        String clientId = input.getClientInformation().getClientId();
        String will = connect.getWillPublish().map(PublishPacket::getTopic).orElse("");
        Optional<String> method = connect.getAuthenticationMethod();
        if (method.isPresent() && !known(method.get())) {
            output.failAuthentication(
                    DisconnectedReasonCode.BAD_AUTHENTICATION_METHOD, "this server does not know the method");
            return;
        }
        String user = claimed(connect, connection);
        if (method.isPresent() && user == null) {
            output.failAuthentication(DisconnectedReasonCode.NOT_AUTHORIZED, "this ticket is not known");
            return;
        }
        byte[] password = connect.getPassword().map(BrokerLogins::bytes).orElse(new byte[0]);
        Optional<Gate.Closed> closed =
                method.isPresent() ? gate.refuses(clientId, will) : gate.refuses(clientId, user, password, will);
        if (closed.isPresent()) {
            output.failAuthentication(
                    code(closed.get().reasonCode()), closed.get().reason());
            return;
        }
        if (isTaken(clientId, user, connection)) {
            letIn(user, connection, output);
            return;
        }
        // The broker may hear later of the end of a connection than of the next one, which is another user's after a
        // change of the login.
        Async<EnhancedAuthOutput> waiting = output.async(
                LONGEST_WAIT, TimeoutFallback.FAILURE, DisconnectedReasonCode.CLIENT_IDENTIFIER_NOT_VALID, IN_USE);
        var unused = clientIds
                .free(clientId)
                .completeOnTimeout(null, WAIT_FOR_END_MILLIS, TimeUnit.MILLISECONDS)
                .thenRun(() -> {
                    if (isTaken(clientId, user, connection)) {
                        letIn(user, connection, output);
                    } else {
                        output.failAuthentication(DisconnectedReasonCode.CLIENT_IDENTIFIER_NOT_VALID, IN_USE);
                    }
                    waiting.resume();
                });
    }

    /** Takes the client id for the connection; false if another user has it. */
    private boolean isTaken(String clientId, @Nullable String user, ConnectionAttributeStore connection) {
        if (!gate.bindsClientIds()) {
            return true;
        }
        boolean taken = clientIds.take(clientId, user);
        if (taken) {
            connection.putAsString(TOOK_ID, clientId);
        }
        return taken;
    }

    private static void letIn(@Nullable String user, ConnectionAttributeStore connection, EnhancedAuthOutput output) {
        if (user != null) {
            connection.putAsString(USER, user);
        }
        output.authenticateSuccessfully();
    }

    /** A connection has ended, whether it had been let in or not. */
    void ended(ConnectionAttributeStore connection) {
        Optional<String> clientId = connection.getAsString(TOOK_ID);
        connection.remove(TOOK_ID);
        clientId.ifPresent(clientIds::release);
    }

    /** Nothing is asked for in the middle of a login, so that this is a client that shows a ticket again. */
    @Override
    public void onAuth(EnhancedAuthInput input, EnhancedAuthOutput output) {
        onReAuth(input, output);
    }

    /** A connection goes on under the user that it began with. */
    @Override
    public void onReAuth(EnhancedAuthInput input, EnhancedAuthOutput output) {
        String user = user(input.getConnectionInformation().getConnectionAttributeStore());
        Optional<String> named =
                input.getAuthPacket().getAuthenticationData().flatMap(ticket -> gate.userOfTicket(text(ticket)));
        if (named.isPresent() && named.get().equals(user)) {
            output.authenticateSuccessfully();
        } else {
            output.failAuthentication(
                    DisconnectedReasonCode.NOT_AUTHORIZED, "this ticket is not known, or another user's");
        }
    }

    private static DisconnectedReasonCode code(int number) {
        return switch (number) {
            case 0x85 -> DisconnectedReasonCode.CLIENT_IDENTIFIER_NOT_VALID;
            case 0x86 -> DisconnectedReasonCode.BAD_USER_NAME_OR_PASSWORD;
            default -> DisconnectedReasonCode.NOT_AUTHORIZED;
        };
    }

    private static String text(ByteBuffer buffer) {
        return new String(bytes(buffer), StandardCharsets.UTF_8);
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }
}
