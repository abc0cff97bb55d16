package io.stitch.reactive.test;

import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.StitchStore;
import io.stitch.reactive.StitchStoreBuilder;
import io.stitch.reactive.spi.ConnectRequest;
import io.stitch.reactive.spi.Credentials;
import io.stitch.reactive.spi.MqttConnection;
import io.stitch.reactive.spi.MqttConnector;
import io.stitch.reactive.spi.Ticket;
import io.stitch.reactive.spi.TransportException;
import io.stitch.server.Broker;
import io.stitch.server.Caller;
import io.stitch.server.Gate;
import io.stitch.server.Message;
import io.stitch.server.ServerHost;
import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;

import java.time.Duration;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/**
 * Replaces the network and the broker in a test: stores talk to the real reference server, or to each other, in memory, in real time
 * or in virtual time. Safe on any thread.
 *
 * <pre>{@code
 * InMemoryLink link = InMemoryLink.newServer(SCHEMA).delay(Duration.ofMillis(50));
 * StepVerifier.withVirtualTime(() -> link.store().replaceScope("apollo").records(TASK).map(List::size))
 * }</pre>
 *
 * <p>Under {@link reactor.test.StepVerifier#withVirtualTime} stores that are made inside its supplier run in virtual time, and so does
 * the link; a test that moves a scheduler of its own names it with {@link #on}. What a client is sent and does not take waits, at
 * most 100 000 messages; more are lost, as a broker loses them, and counted by {@link #lostMessages()}.
 */
public final class InMemoryLink implements MqttConnector, AutoCloseable {
    private static final Duration LONGEST_CLOSE = Duration.ofSeconds(10);
    private static final RemoteOptions REMOTE = RemoteOptions.to("mqtt://in-memory.invalid");
    private final StitchSchema schema;
    private final Weather weather = new Weather();
    private final Logins logins = new Logins();
    private final AtomicInteger attempts = new AtomicInteger();
    private final AtomicInteger builders = new AtomicInteger();
    private final Queue<Opened> stores = new ConcurrentLinkedQueue<>();
    private final @Nullable StitchServer server;
    private volatile @Nullable MemoryBroker broker;
    private volatile @Nullable Scheduler scheduler;

    private record Opened(StitchStore store, boolean inVirtualTime) {}

    private InMemoryLink(StitchSchema schema, @Nullable StitchServerOptions options) {
        this.schema = schema;
        if (options == null) {
            this.server = null;
            this.broker = new MemoryBroker(new Plain(), weather);
        } else {
            this.server = StitchServer.start(options, new Host());
        }
    }

    /**
     * A link to a server that replays what a client lacks.
     *
     * @param schema the entities
     * @return the link
     * @throws IllegalArgumentException if the children name their scope in different fields
     */
    public static InMemoryLink newServer(StitchSchema schema) {
        return server(schema, options -> options);
    }

    /**
     * A link to a server as they were before, whose scopes are listed page by page.
     *
     * @param schema the entities
     * @return the link
     * @throws IllegalArgumentException if the children name their scope in different fields
     */
    public static InMemoryLink oldServer(StitchSchema schema) {
        return server(schema, options -> options.legacy(true));
    }

    /**
     * A link to a server with options of its own: users, owners, constraints.
     *
     * @param schema the entities
     * @param change changes the options; root and scope field are those of the schema
     * @return the link
     * @throws IllegalArgumentException if the children name their scope in different fields, or the options cannot work
     */
    public static InMemoryLink server(StitchSchema schema, UnaryOperator<StitchServerOptions.Builder> change) {
        return new InMemoryLink(
                schema, change.apply(ServerSetup.optionsFor(schema)).build());
    }

    /**
     * A link to a broker and no server, for peers.
     *
     * @param schema the entities
     * @return the link
     */
    public static InMemoryLink broker(StitchSchema schema) {
        return new InMemoryLink(schema, null);
    }

    /**
     * Sets what time the link and the stores that it makes run on. By default {@link Schedulers#parallel()}, which is the virtual time
     * under {@link reactor.test.StepVerifier#withVirtualTime}.
     *
     * @param time the scheduler, a {@link VirtualTimeScheduler} in most cases
     * @return this link
     */
    public InMemoryLink on(Scheduler time) {
        this.scheduler = time;
        return this;
    }

    private Scheduler scheduler() {
        Scheduler named = scheduler;
        return named == null ? Schedulers.parallel() : named;
    }

    /**
     * Delays each message from now on, on its way to the broker and on its way to a client: an answer takes twice as long.
     *
     * @param each how long, zero by default
     * @return this link
     */
    public InMemoryLink delay(Duration each) {
        if (each.isNegative()) {
            throw new IllegalArgumentException("A delay must not be negative, and %s is.".formatted(each));
        }
        weather.delay(each);
        return this;
    }

    /**
     * Loses messages from now on, between the broker and the clients: events, replays and replies. What clients send always arrives,
     * for MQTT sends that again until it does.
     *
     * @param share the share of messages that is lost, from 0 to 1
     * @param seed decides which; the same seed and the same messages lose the same ones
     * @return this link
     */
    public InMemoryLink lose(double share, long seed) {
        if (!(share >= 0 && share <= 1)) {
            throw new IllegalArgumentException("A share is 0 to 1, not %s.".formatted(share));
        }
        weather.lose(share, seed);
        return this;
    }

    /**
     * Loses no message any more.
     *
     * @return this link
     */
    public InMemoryLink loseNothing() {
        weather.lose(0, 0);
        return this;
    }

    /**
     * Ends every connection without a word, and lets nobody connect.
     *
     * @return this link
     */
    public InMemoryLink cut() {
        weather.cut();
        withBroker(MemoryBroker::cutAll);
        return this;
    }

    /**
     * Ends one store's connection without a word, and does not let it connect.
     *
     * @param store the store
     * @return this link
     */
    public InMemoryLink cut(StitchStore store) {
        String client = store.clientId();
        weather.cut(client);
        withBroker(running -> running.cut(client));
        return this;
    }

    /**
     * Lets everybody connect again. Delays and losses stay.
     *
     * @return this link
     */
    public InMemoryLink restore() {
        weather.restore();
        return this;
    }

    /**
     * Lets one store connect again.
     *
     * @param store the store
     * @return this link
     */
    public InMemoryLink restore(StitchStore store) {
        weather.restore(store.clientId());
        return this;
    }

    /**
     * Lets in who logs in so, from now on, and besides them only whom this method and {@link #acceptTicket} named: what the server's
     * options say about users no longer counts.
     *
     * @param user the user
     * @param password the password
     * @return this link
     */
    public InMemoryLink acceptLogin(String user, String password) {
        logins.accept(new Credentials(user, password), user);
        return this;
    }

    /**
     * Lets in who shows a ticket, from now on and as often as it is shown, and besides them only whom this method and
     * {@link #acceptLogin} named. Any other ticket is refused with the reason code 0x87, upon which a store asks for a fresh one, once.
     *
     * @param ticket the ticket
     * @param user whom the server takes its bearer for
     * @return this link
     */
    public InMemoryLink acceptTicket(String ticket, String user) {
        logins.accept(new Ticket(ticket), user);
        return this;
    }

    /**
     * Lets in nobody from now on, whoever was named before: a login is refused with the reason code 0x86, a ticket with 0x87. Connections
     * that are there stay, until {@link #cut()}, for example.
     *
     * @return this link
     */
    public InMemoryLink refuseLogins() {
        logins.refuseAll();
        return this;
    }

    private void withBroker(java.util.function.Consumer<MemoryBroker> action) {
        MemoryBroker running = broker;
        if (running != null) {
            action.accept(running);
        }
    }

    /**
     * The server at the other end: it can be asked, filled, restarted, and told to fail. It has no thread of its own; in virtual time
     * its methods return at once, and what they caused arrives when the time moves.
     *
     * @return the server
     * @throws IllegalStateException if this link has a broker only
     */
    public StitchServer server() {
        if (server == null) {
            throw new IllegalStateException("There is no server on a link that was made with broker(schema).");
        }
        return server;
    }

    /**
     * Begins a store on this link: schema, remote, connector and random numbers are set, and the scheduler if {@link #on} named one.
     * Whoever builds it starts and closes it.
     *
     * @return a builder
     */
    public StitchStoreBuilder storeBuilder() {
        StitchStoreBuilder builder = StitchStore.builder()
                .schema(schema)
                .remote(REMOTE)
                .connector(this)
                .random(new Random(builders.incrementAndGet())::nextDouble);
        Scheduler named = scheduler;
        return named == null ? builder : builder.scheduler(named);
    }

    /**
     * A started store on this link; connecting goes on behind it. {@link #close()} closes it.
     *
     * @return the store
     */
    public StitchStore store() {
        return store(builder -> builder);
    }

    /**
     * A started store on this link with settings of its own; connecting goes on behind it. {@link #close()} closes it.
     *
     * @param change changes the settings: the sync mode, a persistence, {@link #remote()} with a login
     * @return the store
     */
    public StitchStore store(UnaryOperator<StitchStoreBuilder> change) {
        StitchStore store = change.apply(storeBuilder()).build();
        boolean virtual = VirtualTimeScheduler.isFactoryEnabled() || scheduler instanceof VirtualTimeScheduler;
        stores.add(new Opened(store, virtual));
        store.start().subscribe();
        return store;
    }

    /**
     * An address for stores on this link, to put a login or tickets to. Nothing is ever looked up.
     *
     * @return the options
     */
    public RemoteOptions remote() {
        return REMOTE;
    }

    /**
     * {@return how often clients have tried to connect}
     */
    public int connectAttempts() {
        return attempts.get();
    }

    /**
     * {@return how many messages were lost on their way to a client}
     */
    public long lostMessages() {
        return weather.lost();
    }

    @Override
    public Mono<MqttConnection> connect(ConnectRequest request) {
        return Mono.defer(() -> {
            attempts.incrementAndGet();
            Scheduler time = scheduler();
            Mono<MqttConnection> accepted = Mono.fromCallable(() -> accept(request, time));
            Duration roundTrip = weather.delay().multipliedBy(2);
            return (roundTrip.isZero() ? accepted : Mono.delay(roundTrip, time).then(accepted))
                    .timeout(
                            request.timeout(),
                            Mono.error(new TransportException(
                                    TransportException.Kind.CONNECT_TIMEOUT,
                                    -1,
                                    "The link is slower than the connect timeout of %s.".formatted(request.timeout()),
                                    null)),
                            time);
        });
    }

    private MqttConnection accept(ConnectRequest request, Scheduler time) {
        MemoryBroker running = broker;
        if (running == null || running.isClosed() || !weather.reaches(request.clientId())) {
            throw new TransportException(
                    TransportException.Kind.CONNECT_FAILED,
                    -1,
                    "The link is cut, or its broker does not run: restore() or startBroker().",
                    null);
        }
        String user = logins.enter(request, running.listener().gate()).orElse(null);
        MemoryConnection connection = new MemoryConnection(request, user, running, weather, time);
        running.accept(connection);
        return connection;
    }

    /**
     * Closes the stores that {@link #store()} made, then the server. Waits for stores in real time, at most 10 s; in virtual time, whose
     * test may have ended it, nothing is waited for.
     */
    @Override
    public void close() {
        for (Opened opened = stores.poll(); opened != null; opened = stores.poll()) {
            if (opened.inVirtualTime()) {
                opened.store().close().onErrorComplete().subscribe();
            } else {
                opened.store().close().block(LONGEST_CLOSE);
            }
        }
        withBroker(MemoryBroker::close);
        if (server != null) {
            server.close();
        }
    }

    private final class Host implements ServerHost {
        @Override
        public Broker startBroker(StitchServerOptions options, int port, Broker.Listener listener) {
            MemoryBroker started = new MemoryBroker(listener, weather);
            broker = started;
            return started;
        }

        @Override
        public long millis() {
            return scheduler().now(TimeUnit.MILLISECONDS);
        }

        @Override
        public void later(long millis, Runnable action) {
            scheduler().schedule(action, millis, TimeUnit.MILLISECONDS);
        }
    }

    private static final class Plain implements Broker.Listener {
        private final Gate gate = Gate.ofPlainBroker();

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
    }
}
