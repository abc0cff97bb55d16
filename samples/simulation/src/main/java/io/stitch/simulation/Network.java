package io.stitch.simulation;

import io.stitch.reactive.spi.ConnectRequest;
import io.stitch.reactive.spi.ConnectionEnd;
import io.stitch.reactive.spi.Credentials;
import io.stitch.reactive.spi.InboundMessage;
import io.stitch.reactive.spi.MqttConnector;
import io.stitch.reactive.spi.Ticket;
import io.stitch.reactive.spi.TransportException;
import io.stitch.server.Broker;
import io.stitch.server.Caller;
import io.stitch.server.Gate;
import io.stitch.server.Message;
import io.stitch.server.ServerHost;
import io.stitch.server.StitchServerOptions;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A broker in memory and in virtual time, with a network around it that loses, repeats, delays, reorders and divides. With a server
 * behind it, whose host it is, or without.
 */
public final class Network implements ServerHost {
    private static final int BAD_LOGIN = 0x86;
    private static final int NOT_AUTHORIZED = 0x87;

    private final Time time;
    private final Lane lane;
    private final Weather weather;
    private final Tap tap;
    private final Map<String, Link> links = new LinkedHashMap<>();
    private final Map<String, Integer> islands = new LinkedHashMap<>();
    private final Set<String> unreachable = new LinkedHashSet<>();
    private final Map<String, String> tickets = new LinkedHashMap<>();
    private final Map<String, Deque<Integer>> refusals = new LinkedHashMap<>();
    private @Nullable Listening listening;

    /**
     * Makes a broker that nobody listens to yet.
     *
     * @param run where it belongs
     * @param weather the weather
     * @param tap sees everything
     */
    public Network(Run run, Weather weather, Tap tap) {
        this.time = run.time();
        this.lane = time.lane("broker");
        this.weather = weather;
        this.tap = tap;
    }

    /** Is a broker and nothing else, for peers. */
    public void withoutServer() {
        Gate gate = Gate.ofPlainBroker();
        listening = new Listening(new Broker.Listener() {
            @Override
            public Gate gate() {
                return gate;
            }

            @Override
            public Broker.Verdict published(Caller caller, Message message) {
                return Broker.Verdict.DELIVERED;
            }

            @Override
            public boolean namesPublishers() {
                return false;
            }
        });
    }

    /**
     * Names the bearer of a ticket.
     *
     * @param ticket the ticket
     * @param user who it is
     */
    public void ticket(String ticket, String user) {
        tickets.put(ticket, user);
    }

    /**
     * Connects a process.
     *
     * @param process the thread on which it hears from the network
     * @return its connector
     */
    public MqttConnector connector(Lane process) {
        return request -> Mono.create(sink -> process.schedule(
                () -> {
                    try {
                        sink.success(accept(request, process));
                    } catch (TransportException e) {
                        sink.error(e);
                    }
                },
                2 * weather.delayMillis(),
                TimeUnit.MILLISECONDS));
    }

    private Link accept(ConnectRequest request, Lane process) {
        Listening open = listening;
        if (open == null || unreachable.contains(request.clientId())) {
            throw refused(TransportException.Kind.CONNECT_FAILED, -1, "There is no way to the broker.");
        }
        Deque<Integer> codes = refusals.get(request.clientId());
        Integer code = codes == null ? null : codes.poll();
        if (code != null) {
            throw refused(TransportException.Kind.CONNECT_REFUSED, code, "The broker refuses on purpose.");
        }
        Caller caller =
                new Caller(request.clientId(), enter(request, open.listener().gate()));
        Link link = new Link(request, caller, this, process, open.listener().gate());
        Link before = links.put(request.clientId(), link);
        if (before != null) {
            before.end(ConnectionEnd.By.BROKER, 0x8E);
        }
        return link;
    }

    private @Nullable String enter(ConnectRequest request, Gate gate) {
        String will = request.lastWill() == null ? "" : request.lastWill().topic();
        Optional<Gate.Closed> closed;
        String user;
        if (request.login() instanceof Ticket ticket) {
            user = tickets.get(ticket.value());
            closed = user == null
                    ? Optional.of(new Gate.Closed(NOT_AUTHORIZED, "nobody has this ticket"))
                    : gate.refuses(request.clientId(), will);
        } else {
            Credentials credentials = request.login() instanceof Credentials given ? given : null;
            user = credentials == null ? null : credentials.username();
            closed = gate.refuses(
                    request.clientId(), user, credentials == null ? new byte[0] : credentials.passwordBytes(), will);
        }
        closed.ifPresent(why -> {
            throw refused(TransportException.Kind.CONNECT_REFUSED, why.reasonCode(), why.reason());
        });
        return user;
    }

    private static TransportException refused(TransportException.Kind kind, int code, String message) {
        return new TransportException(kind, code, message, null);
    }

    /**
     * Refuses a client the next time that it connects.
     *
     * @param client the client
     * @param code the reason code
     */
    public void refuseNext(String client, int code) {
        refusals.computeIfAbsent(client, name -> new ArrayDeque<>()).add(code);
    }

    /**
     * Refuses a client as long as its login is not another one.
     *
     * @param client the client
     */
    public void refuseLogin(String client) {
        refuseNext(client, BAD_LOGIN);
    }

    /**
     * Puts a client on an island of its own or with others.
     *
     * @param client the client
     * @param island which one
     */
    public void island(String client, int island) {
        islands.put(client, island);
    }

    /**
     * Ends a client's connection, and lets it have no other.
     *
     * @param client the client
     */
    public void cut(String client) {
        unreachable.add(client);
        breakConnection(client);
    }

    /**
     * Ends a client's connection.
     *
     * @param client the client
     */
    public void breakConnection(String client) {
        Link link = links.get(client);
        if (link != null) {
            link.end(ConnectionEnd.By.NETWORK, -1);
        }
    }

    /**
     * Lets a client's connection stand still.
     *
     * @param client the client
     * @param millis how long
     */
    public void stall(String client, long millis) {
        Link link = links.get(client);
        if (link != null) {
            link.stall(time.nanos() + TimeUnit.MILLISECONDS.toNanos(millis));
        }
    }

    /**
     * Lets a client connect again.
     *
     * @param client the client
     */
    public void reconnect(String client) {
        unreachable.remove(client);
    }

    /**
     * Says something in the server's name.
     *
     * @param message the message
     */
    public void say(Message message) {
        route(message, null);
    }

    /** Everything works from now on. */
    public void heal() {
        weather.calm();
        islands.clear();
        unreachable.clear();
        refusals.clear();
        links.values().forEach(link -> link.stall(0));
    }

    /**
     * Tells what a client has subscribed to.
     *
     * @param client the client
     * @return the filters, none if it is not connected
     */
    public Set<String> filters(String client) {
        Link link = links.get(client);
        return link == null ? Set.of() : link.filters();
    }

    // ---- what links need ----

    Time time() {
        return time;
    }

    Lane lane() {
        return lane;
    }

    Weather weather() {
        return weather;
    }

    Tap tap() {
        return tap;
    }

    void release(Link link) {
        links.remove(link.client(), link);
    }

    Broker.Verdict publishedBy(Caller caller, Message message) {
        Listening open = listening;
        return open == null
                ? Broker.Verdict.TAKEN
                : tap.published(caller, message, () -> open.listener().published(caller, message));
    }

    /** Hands a client's message to those who subscribe to it. */
    int deliver(Caller caller, Message message) {
        Listening open = listening;
        boolean marked = open != null && open.listener().namesPublishers();
        return route(marked ? message.markedBy(caller) : message, caller);
    }

    private int route(Message message, @Nullable Caller from) {
        InboundMessage inbound = Link.inbound(message);
        int receivers = 0;
        for (Link link : List.copyOf(links.values())) {
            boolean reaches = from == null || island(from.clientId()) == island(link.client());
            if (reaches && link.wants(message.topic(), from)) {
                receivers++;
                link.deliver(inbound);
            }
        }
        return receivers;
    }

    private int island(String client) {
        return islands.getOrDefault(client, 0);
    }

    // ---- what a server needs ----

    @Override
    public Broker startBroker(StitchServerOptions options, int port, Broker.Listener listener) {
        Listening started = new Listening(listener);
        listening = started;
        return started;
    }

    @Override
    public long millis() {
        return time.millis();
    }

    @Override
    public void later(long millis, Runnable action) {
        lane.schedule(action, millis, TimeUnit.MILLISECONDS);
    }

    /** The broker as a server sees it. */
    private final class Listening implements Broker {
        private final Listener listener;

        Listening(Listener listener) {
            this.listener = listener;
        }

        Listener listener() {
            return listener;
        }

        @Override
        public int port() {
            return 0;
        }

        @Override
        public CompletableFuture<Void> publish(Message message) {
            route(message, null);
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletableFuture<Void> disconnectAll() {
            List.copyOf(links.values()).forEach(link -> link.end(ConnectionEnd.By.NETWORK, -1));
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public void close() {
            if (this.equals(listening)) {
                listening = null;
            }
            disconnectAll().join();
        }
    }
}
