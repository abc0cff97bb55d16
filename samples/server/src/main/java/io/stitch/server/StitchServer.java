package io.stitch.server;

import tools.jackson.databind.node.ObjectNode;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A running reference server: an MQTT 5 broker on the loopback address that answers requests and hellos. Thread-safe; the methods
 * block until done. Close it to stop the broker and to release the database.
 */
public final class StitchServer implements AutoCloseable {
    private static final int LOGGED = 10_000;
    private final StitchServerOptions options;
    private final Journal journal;
    private final Worker worker;
    private final RecordTable table;
    private final RecordService service;
    private final Requests requests;
    private final Hello hello;
    private final Outbox outbox;
    private final Broker broker;
    private final AtomicInteger inFlight = new AtomicInteger();
    private final AtomicLong requestCount = new AtomicLong();
    private final AtomicLong helloCount = new AtomicLong();
    private final Deque<Published> log = new ArrayDeque<>();

    /**
     * What a client published.
     *
     * @param clientId the client
     * @param message the message
     */
    public record Published(String clientId, Message message) {}

    private StitchServer(StitchServerOptions options) {
        this.options = options;
        this.journal = Journal.open(options.data());
        this.table = new RecordTable(options.root(), options.scopeField(), journal);
        table.pruneTombstones(
                System.currentTimeMillis() - options.tombstoneRetention().toMillis());
        this.service = new RecordService(options, table);
        this.worker = new Worker(journal);
        this.outbox = new Outbox(worker, this::send);
        Access access = new Access(options, table);
        Events events = new Events(options, table);
        this.requests = new Requests(options, table, service, access, events, outbox);
        this.hello = new Hello(options, table, service, access, events, worker, outbox);
        this.broker = Broker.start(options, this::published);
    }

    /**
     * Starts a server; it accepts connections on return.
     *
     * @param options how it behaves
     * @return the running server
     */
    public static StitchServer start(StitchServerOptions options) {
        return new StitchServer(options);
    }

    private CompletableFuture<Void> send(Message message) {
        return broker.publish(message);
    }

    private Broker.Verdict published(Caller caller, Message message) {
        synchronized (log) {
            if (log.size() == LOGGED) {
                log.removeFirst();
            }
            log.addLast(new Published(caller.clientId(), message));
        }
        String topic = message.topic();
        if (topic.startsWith(options.responsePrefix() + "/")) {
            return options.legacy() ? Broker.Verdict.DELIVERED : Broker.Verdict.REFUSED;
        }
        if (!topic.startsWith(options.prefix() + "/")) {
            return Broker.Verdict.DELIVERED;
        }
        List<String> levels =
                List.of(topic.substring(options.prefix().length() + 1).split("/", -1));
        if (levels.contains("events")) {
            return options.legacy() ? Broker.Verdict.DELIVERED : Broker.Verdict.REFUSED;
        }
        if (RecordService.validEntity(levels.get(0))) {
            dispatch(caller, levels, message);
        }
        return Broker.Verdict.TAKEN;
    }

    private void dispatch(Caller caller, List<String> levels, Message message) {
        boolean scoped = levels.size() == 3 && levels.get(0).equals(options.root());
        if (scoped && levels.get(2).equals("hello")) {
            helloCount.incrementAndGet();
            if (!options.legacy()) {
                worker.execute(() -> hello.answer(caller, levels.get(1), message));
            }
            return;
        }
        boolean request = levels.size() == 2
                || (levels.size() == 3
                        && (levels.get(2).equals("update") || levels.get(2).equals("delete")));
        if (!request) {
            return;
        }
        requestCount.incrementAndGet();
        if (options.legacy() && inFlight.get() >= options.legacyInFlight()) {
            return;
        }
        inFlight.incrementAndGet();
        worker.execute(() -> {
            worker.afterCommit(inFlight::decrementAndGet);
            requests.execute(caller, levels, message);
        });
    }

    /**
     * The port it listens on.
     *
     * @return the port
     */
    public int port() {
        return broker.port();
    }

    /**
     * Where clients connect.
     *
     * @return a URL such as {@code mqtt://127.0.0.1:1883}
     */
    public String url() {
        return "mqtt://127.0.0.1:" + port();
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
        broker.publish(new Message(topic, bytes, userProperties, null, null)).join();
    }

    /**
     * Executes requests from now on without answering them, or answers again.
     *
     * @param drop whether replies are lost
     */
    public void dropReplies(boolean drop) {
        outbox.dropReplies(drop);
    }

    /**
     * Holds each reply back.
     *
     * @param millis for how long, in milliseconds; 0 for not at all
     */
    public void delayReplies(long millis) {
        outbox.delayReplies(millis);
    }

    /** Cuts every client's connection. */
    public void disconnectAll() {
        broker.disconnectAll().join();
    }

    /**
     * How many hellos have arrived.
     *
     * @return the count
     */
    public long helloCount() {
        return helloCount.get();
    }

    /**
     * How many requests have arrived.
     *
     * @return the count
     */
    public long requestCount() {
        return requestCount.get();
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
     * What clients published, the last 10 000 messages at most.
     *
     * @return the messages, oldest first
     */
    public List<Published> clientPublishes() {
        synchronized (log) {
            return List.copyOf(log);
        }
    }

    @Override
    public void close() {
        broker.close();
        worker.close();
        journal.close();
    }
}
