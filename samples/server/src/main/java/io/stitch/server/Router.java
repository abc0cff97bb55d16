package io.stitch.server;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Decides what a published message is, and hands requests and hellos to the worker. Thread-safe; never blocks. */
final class Router implements Broker.Listener {
    private final StitchServerOptions options;
    private final Gate gate;
    private final Worker worker;
    private final Requests requests;
    private final Hello hello;
    private final Presence presence;
    private final PublishLog log = new PublishLog();
    private final AtomicInteger inFlight = new AtomicInteger();
    private final AtomicLong requestCount = new AtomicLong();
    private final AtomicLong helloCount = new AtomicLong();

    Router(StitchServerOptions options, Worker worker, Requests requests, Hello hello, Presence presence) {
        this.options = options;
        this.gate = new Gate(options);
        this.worker = worker;
        this.requests = requests;
        this.hello = hello;
        this.presence = presence;
    }

    @Override
    public Gate gate() {
        return gate;
    }

    @Override
    public Optional<Message> connected(Caller caller) {
        return presence.connected(caller);
    }

    @Override
    public Optional<Message> gone(Caller caller, boolean unexpected) {
        return presence.gone(caller, unexpected);
    }

    @Override
    public Broker.Verdict published(Caller caller, Message message) {
        log.add(new StitchServer.Published(caller.clientId(), message));
        String topic = message.topic();
        if (topic.startsWith("$") && !options.dollarTopics()) {
            return Broker.Verdict.DELIVERED; // The broker ends the connection for it.
        }
        Broker.Verdict forServersOnly = options.legacy() ? Broker.Verdict.DELIVERED : Broker.Verdict.REFUSED;
        if (topic.startsWith(options.responsePrefix() + "/")) {
            return forServersOnly;
        }
        if (!topic.startsWith(options.prefix() + "/")) {
            return Broker.Verdict.DELIVERED;
        }
        List<String> levels =
                List.of(topic.substring(options.prefix().length() + 1).split("/", -1));
        if (levels.get(0).equals(Presence.LEVEL)) {
            return Broker.Verdict.REFUSED;
        }
        if (levels.contains("events")) {
            return forServersOnly;
        }
        // Real servers do not answer names that they do not accept.
        return Names.validEntity(levels.get(0)) ? route(caller, levels, message) : Broker.Verdict.TAKEN;
    }

    private Broker.Verdict route(Caller caller, List<String> levels, Message message) {
        String last = levels.get(levels.size() - 1);
        boolean scoped = levels.size() == 3 && levels.get(0).equals(options.root());
        if (scoped && last.equals("hello")) {
            helloCount.incrementAndGet();
            return options.legacy() ? Broker.Verdict.TAKEN : hello(caller, levels.get(1), message);
        }
        if (levels.size() != 2 && !(levels.size() == 3 && Requests.OF_A_RECORD.contains(last))) {
            return Broker.Verdict.TAKEN;
        }
        requestCount.incrementAndGet();
        if (!options.replyRights() && message.responseTopic() != null) {
            return Broker.Verdict.TAKEN; // As real servers do: whoever asked hears nothing.
        }
        if (!options.legacy() && !mayReplyTo(message.responseTopic(), caller)) {
            return Broker.Verdict.REFUSED;
        }
        return request(caller, levels, message);
    }

    /** A reply carries the server's name, so it goes to nobody but the one who asked. */
    private boolean mayReplyTo(@Nullable String topic, Caller caller) {
        return topic == null || topic.startsWith(options.responsePrefix() + "/" + caller.clientId() + "/");
    }

    private Broker.Verdict hello(Caller caller, String scopeId, Message message) {
        return taken(new Worker.Task() {
            @Override
            public void run() {
                hello.answer(caller, scopeId, message);
            }

            @Override
            public boolean compares() {
                return true;
            }

            @Override
            public void lost() {
                hello.unavailable(caller, scopeId, message);
            }
        });
    }

    private Broker.Verdict request(Caller caller, List<String> levels, Message message) {
        int most = options.legacy() ? options.legacyInFlight() : Integer.MAX_VALUE;
        if (inFlight.getAndIncrement() >= most) {
            inFlight.decrementAndGet();
            return Broker.Verdict.TAKEN;
        }
        Broker.Verdict verdict = taken(new Worker.Task() {
            @Override
            public void run() {
                worker.afterCommit(inFlight::decrementAndGet);
                requests.execute(caller, levels, message);
            }

            @Override
            public void lost() {
                inFlight.decrementAndGet();
                requests.unavailable(caller, levels, message);
            }
        });
        if (verdict == Broker.Verdict.BUSY) {
            inFlight.decrementAndGet();
        }
        return verdict;
    }

    private Broker.Verdict taken(Worker.Task task) {
        if (worker.offer(task)) {
            return Broker.Verdict.TAKEN;
        }
        // An old server loses what is too much for it without a word.
        return options.legacy() ? Broker.Verdict.TAKEN : Broker.Verdict.BUSY;
    }

    long requestCount() {
        return requestCount.get();
    }

    long helloCount() {
        return helloCount.get();
    }

    List<StitchServer.Published> published() {
        return log.toList();
    }
}
