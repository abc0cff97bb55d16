package io.stitch.server;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * A running reference server: an MQTT 5 broker on the loopback address that answers requests and hellos. Thread-safe; the methods
 * block until done. Close it to stop the broker and to release the database.
 */
public final class StitchServer implements AutoCloseable {
    /** As they were given, but for a port that was free: the broker takes the same one when it starts again. */
    private final StitchServerOptions options;

    private final ServerHost host;
    private final Journal journal;
    private final Faults faults = new Faults();
    private final Worker worker;
    private final EventCounts counts = new EventCounts();
    private final RecordTable table;
    private final RecordService service;
    private final Events events;
    private final Requests requests;
    private final Outbox outbox;
    private final Router router;
    private final int port;

    private volatile @Nullable Broker broker;
    private boolean closed;

    /**
     * What a client published.
     *
     * @param clientId the client
     * @param message the message
     */
    public record Published(String clientId, Message message) {}

    private StitchServer(StitchServerOptions options, ServerHost host, Journal journal, Worker.Factory workers) {
        this.host = host;
        this.journal = journal;
        this.table = new RecordTable(options.root(), options.scopeField(), journal);
        table.pruneTombstones(host.millis() - options.tombstoneRetention().toMillis());
        this.service = new RecordService(options, host, table);
        this.worker = workers.start(new Ledger(), options.maxWaiting());
        this.outbox = new Outbox(worker, faults, host, this::send);
        Shares shares = new Shares(table);
        Access access = new Access(options, table, shares);
        ScopeDigests digests = new ScopeDigests(options, table, access);
        table.watch(digests::changed);
        this.events = new Events(options, table, access, counts);
        this.requests = new Requests(options, host, table, service, access, shares, events, outbox, faults);
        Comparison comparison = new Comparison(table, service, access, digests, events);
        Hello hello = new Hello(options, host, access, digests, counts, comparison, worker, outbox);
        this.router = new Router(options, worker, requests, hello, new Presence(options, host));
        worker.call(() -> new Expiry(host, table, worker, requests::expire));
        try {
            Broker started = host.startBroker(options, options.port(), router);
            this.port = started.port();
            this.options = options.boundTo(started.webSocketPort());
            this.broker = started;
        } catch (RuntimeException e) {
            worker.close();
            throw e;
        }
    }

    /**
     * Starts a server; it accepts connections on return.
     *
     * @param options how it behaves
     * @return the running server
     * @throws IllegalStateException if the port is taken or the database is in use
     */
    public static StitchServer start(StitchServerOptions options) {
        Journal journal = H2Journal.open(options.data());
        try {
            return new StitchServer(options, ServerHost.machine(), journal, Worker::onItsThread);
        } catch (RuntimeException e) {
            journal.close();
            throw e;
        }
    }

    /**
     * Starts a server without a network and without a thread of its own: whoever brings it a message has it executed, and nothing
     * happens by itself. It keeps its records in memory only. For tests that are in charge of the time.
     *
     * @param options how it behaves
     * @param host its broker and its time
     * @return the running server; its methods do not block, and must not be called by what it calls
     * @throws IllegalArgumentException if the options name a file to keep the records in
     */
    public static StitchServer start(StitchServerOptions options, ServerHost host) {
        if (options.data() != null) {
            throw new IllegalArgumentException("data must not be set: this server keeps its records in memory only");
        }
        return new StitchServer(options, host, Journal.none(), Worker::onTheCallersThread);
    }

    /** What the worker commits: the records, and what is known of them. */
    private final class Ledger implements Worker.Ledger {
        @Override
        public boolean isChanged() {
            return table.isChanged();
        }

        @Override
        public void commit() {
            faults.checkCommit();
            table.commit();
            counts.commit();
        }

        @Override
        public void rollBack() {
            table.rollBack();
            counts.rollBack();
        }
    }

    private CompletableFuture<Void> send(Message message) {
        Broker running = broker;
        return running == null
                ? CompletableFuture.failedFuture(new IllegalStateException("the broker is stopped"))
                : running.publish(message);
    }

    /**
     * The port it listens on.
     *
     * @return the port
     */
    public int port() {
        return port;
    }

    /**
     * Where clients connect.
     *
     * @return a URL such as {@code mqtt://127.0.0.1:1883}
     */
    public String url() {
        return "mqtt://127.0.0.1:" + port;
    }

    /**
     * Where clients connect by WebSocket.
     *
     * @return a URL such as {@code ws://127.0.0.1:8080/mqtt}
     * @throws IllegalStateException if it does not listen for WebSockets
     */
    public String webSocketUrl() {
        return "ws://127.0.0.1:"
                + options.webSocketPort()
                        .orElseThrow(() -> new IllegalStateException(
                                "the server does not listen for WebSockets: set webSocketPort in its options"))
                + HiveMqBroker.WEB_SOCKET_PATH;
    }

    /**
     * Stores records without checks, events and root bumps. A record without a {@code _version} gets 1.
     *
     * @param entity their entity
     * @param records the records
     */
    public void seed(String entity, Collection<ObjectNode> records) {
        worker.call(() -> {
            records.forEach(record -> service.seed(entity, record));
            return records.size();
        });
    }

    /**
     * Creates or updates a record as a client's request would, with events.
     *
     * @param entity its entity
     * @param json the record, as JSON
     * @return the stored record
     */
    public ObjectNode put(String entity, String json) {
        return worker.call(() -> {
            ObjectNode data = Json.read(json.getBytes(StandardCharsets.UTF_8));
            Key key = RecordService.keyOf(entity, data);
            List<Change> changes = table.get(key) == null ? service.create(key, data) : service.update(key, data);
            return requests.publish(new Caller(Events.SERVER, null), changes);
        });
    }

    /**
     * Deletes a record as a client's request would, with events.
     *
     * @param entity its entity
     * @param id its id
     * @throws IllegalArgumentException if there is no such record, or another one forbids it
     */
    public void delete(String entity, String id) {
        worker.call(() -> requests.publish(new Caller(Events.SERVER, null), service.delete(new Key(entity, id))));
    }

    /**
     * Reads a record.
     *
     * @param entity its entity
     * @param id its id
     * @return a copy, or empty
     */
    public Optional<ObjectNode> record(String entity, String id) {
        return worker.call(
                () -> Optional.ofNullable(table.get(new Key(entity, id))).map(ObjectNode::deepCopy));
    }

    /**
     * Reads all records of an entity, in the order of their ids.
     *
     * @param entity the entity
     * @return copies
     */
    public List<ObjectNode> records(String entity) {
        return worker.call(() ->
                table.all(entity).values().stream().map(ObjectNode::deepCopy).toList());
    }

    /**
     * Publishes anything at all, as the server.
     *
     * @param topic the topic
     * @param payload the payload
     * @param userProperties the user properties
     */
    public void publishRaw(String topic, String payload, Map<String, String> userProperties) {
        byte[] bytes = payload.getBytes(StandardCharsets.UTF_8);
        send(new Message(topic, bytes, userProperties, null, null)).join();
    }

    /**
     * Executes requests from now on without answering them, or answers again.
     *
     * @param drop whether replies are lost
     */
    public void dropReplies(boolean drop) {
        faults.dropReplies(drop);
    }

    /**
     * Executes the next requests without answering them.
     *
     * @param count how many replies are lost
     */
    public void dropReplies(int count) {
        faults.dropReplies(count);
    }

    /**
     * Loses the last words on hellos from now on, or sends them again. Replays and refusals of hellos without a round are still sent.
     *
     * @param drop whether they are lost
     */
    public void dropAnswers(boolean drop) {
        faults.dropAnswers(drop);
    }

    /**
     * Holds each reply back.
     *
     * @param millis for how long, in milliseconds; 0 for not at all
     */
    public void delayReplies(long millis) {
        faults.delayReplies(millis);
    }

    /**
     * Loses the events of writes from now on, or sends them again. Replays are still sent.
     *
     * @param drop whether events are lost
     */
    public void dropEvents(boolean drop) {
        faults.dropEvents(drop);
    }

    /**
     * Answers the next requests with an error, without executing them.
     *
     * @param count how many requests; 0 ends it
     * @param code the error's code, such as 503
     * @param message the error's message
     */
    public void failRequests(int count, int code, String message) {
        faults.failRequests(count, code, message);
    }

    /**
     * Makes the database fail from now on, or work again: requests are answered with 503 meanwhile, and leave no trace.
     *
     * @param fail whether commits fail
     */
    public void failCommits(boolean fail) {
        faults.failCommits(fail);
    }

    /** Cuts every client's connection. */
    public void disconnectAll() {
        Broker running = broker;
        if (running != null) {
            running.disconnectAll().join();
        }
    }

    /**
     * Stops the broker and keeps the records: clients are cut and cannot connect, and what the server says is lost. Nothing
     * happens if it is stopped. The port is free meanwhile, so that another program may take it.
     */
    public synchronized void stopBroker() {
        Broker running = broker;
        broker = null;
        if (running != null) {
            running.close();
        }
    }

    /**
     * Starts the broker again, on the same port and with the same records. An old server whose events had stopped sends them
     * again. Nothing happens if it runs.
     *
     * @throws IllegalStateException if the port was taken meanwhile, or the server is closed
     */
    public synchronized void startBroker() {
        if (closed) {
            throw new IllegalStateException("the server is closed");
        }
        if (broker == null) {
            worker.call(() -> {
                events.resume();
                return true;
            });
            broker = host.startBroker(options, port, router);
        }
    }

    /** Stops the broker and starts it again, as after a crash of it: every connection is lost, no record is. */
    public void restart() {
        stopBroker();
        startBroker();
    }

    /**
     * How many hellos have arrived.
     *
     * @return the count
     */
    public long helloCount() {
        return router.helloCount();
    }

    /**
     * How many requests have arrived.
     *
     * @return the count
     */
    public long requestCount() {
        return router.requestCount();
    }

    /**
     * How many replies and events were published.
     *
     * @return the count
     */
    public long publishedCount() {
        return outbox.published();
    }

    /**
     * What clients published, the last 10 000 messages and 64 MiB at most.
     *
     * @return the messages, oldest first
     */
    public List<Published> clientPublishes() {
        return router.published();
    }

    /**
     * The requests of clients that were executed and changed a record, each as often as it was executed; the last 10 000 and
     * 64 MiB at most. What was refused, or answered from memory, is not among them.
     *
     * @return the requests, in the order of their execution
     */
    public List<Published> executedWrites() {
        return requests.executed().toList();
    }

    /** Stops the broker and releases the database. Does nothing the second time. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            stopBroker();
        } finally {
            worker.close();
            journal.close();
        }
    }
}
