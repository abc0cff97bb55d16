package io.stitch.simulation.server;

import io.stitch.server.Feature;
import io.stitch.server.Message;
import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;
import io.stitch.simulation.Disk;
import io.stitch.simulation.DiskFaults;
import io.stitch.simulation.Network;
import io.stitch.simulation.Run;
import io.stitch.simulation.Simulation;
import io.stitch.simulation.Weather;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/** A server, the network around it, devices, and everybody else who writes. */
final class World implements Simulation.Stage {
    static final JsonMapper MAPPER = JsonMapper.builder().build();
    static final List<String> USERS = List.of("ada", "ben");
    private static final long LONGEST_SKEW = 20 * 3_600_000L;

    private final Run run;
    private final Conditions conditions;
    private final List<String> scopes;
    private final Network network;
    private final Weather weather;
    private final Ledger ledger;
    private final Executions executions;
    private final Others others;
    private final List<Device> devices = new ArrayList<>();
    private StitchServer server;
    private Map<String, List<ObjectNode>> copy = Map.of();
    private int generation = 1;
    private boolean commitFailing;
    private boolean restored;
    private long saidNotFoundAt = -1;

    World(Run run, Conditions conditions) {
        this.run = run;
        this.conditions = conditions;
        this.scopes = Entities.scopes(conditions.scopes());
        this.weather = new Weather(new Random(run.random().nextLong()));
        this.ledger = new Ledger(this);
        this.executions = new Executions(this);
        this.others = new Others(this);
        this.network = new Network(run, weather, executions);
        this.server = startServer();
        others.gather(conditions.crowd());
        if (conditions.scopes() > Entities.SCOPES.size()) {
            scopes.forEach(others::begin);
        }
        USERS.forEach(user -> network.ticket(ticket(user), user));
        for (int i = 0; i < conditions.stores(); i++) {
            addDevice(i);
        }
        weather.loss = conditions.loss();
        weather.replyLoss = conditions.replyLoss();
        weather.repetition = conditions.repetition();
        weather.longestDelayMillis = conditions.longestDelay();
        weather.reorders = conditions.reorders();
        devices.forEach(device -> device.process().start());
    }

    private void addDevice(int number) {
        Disk disk = null;
        if (number < conditions.disks()) {
            DiskFaults faults = new DiskFaults(new Random(run.random().nextLong()));
            faults.longestDelayMillis = conditions.slowDisk();
            disk = new Disk(faults, "server");
        }
        long skew = conditions.skewed() ? (long) ((run.random().nextDouble() - 0.5) * LONGEST_SKEW) : 0;
        devices.add(new Device(this, "device" + (number + 1), USERS.get(number % USERS.size()), disk, skew));
    }

    /** Mostly a server compares, though it may not say so; a few cannot. */
    boolean cannotCompare() {
        return conditions.withheldFeatures().containsAll(List.of("expected-version", "digest"));
    }

    private StitchServer startServer() {
        StitchServerOptions.Builder options =
                StitchServerOptions.builder().scopeField(Entities.SCOPE_FIELD).legacy(conditions.legacy());
        if (cannotCompare()) {
            options.without(Feature.EXPECTED_VERSION);
        }
        return StitchServer.start(
                (conditions.constraints() ? options.schemas(Entities.serverRules()) : options).build(), network);
    }

    static String password(String user) {
        return "secret-of-" + user;
    }

    static String ticket(String user) {
        return "ticket-of-" + user;
    }

    Run run() {
        return run;
    }

    Conditions conditions() {
        return conditions;
    }

    List<String> scopes() {
        return scopes;
    }

    Network network() {
        return network;
    }

    Weather weather() {
        return weather;
    }

    Ledger ledger() {
        return ledger;
    }

    Executions executions() {
        return executions;
    }

    Others others() {
        return others;
    }

    List<Device> devices() {
        return devices;
    }

    @Nullable
    Device device(String client) {
        return devices.stream()
                .filter(device -> device.name().equals(client))
                .findFirst()
                .orElse(null);
    }

    StitchServer server() {
        return server;
    }

    Optional<ObjectNode> serverRecord(String entity, String id) {
        server.failCommits(false);
        try {
            return server.record(entity, id);
        } finally {
            server.failCommits(commitFailing);
        }
    }

    /** Which life of the server this is: what it did in another one, it may do again. */
    int generation() {
        return generation;
    }

    /**
     * Whether it has gone back to older records. A restart is that, too: of what was deleted nothing is kept, so that a record may begin
     * again at a version that there was before.
     */
    boolean wasRestored() {
        return restored;
    }

    boolean isCommitFailing() {
        return commitFailing;
    }

    void failCommits(boolean fail) {
        commitFailing = fail;
        server.failCommits(fail);
    }

    /** Refuses the next requests, whatever they ask for. */
    void refuse(int count, int code, String message) {
        server.failRequests(count, code, message);
        if (code == 404) {
            saidNotFoundAt = Long.MAX_VALUE;
        } else if (saidNotFoundAt == Long.MAX_VALUE) {
            saidNotFoundAt = run.time().elapsed();
        }
    }

    /** Refuses a scope, as if a client had asked for it. */
    void refuseScope(String client, String scope, int code) {
        ObjectNode refusal = MAPPER.createObjectNode()
                .put("scopeId", scope)
                .put("code", code)
                .put("message", "refused on purpose");
        network.say(new Message(
                "$DB/clients/" + client + "/scope-open-error",
                MAPPER.writeValueAsBytes(refusal),
                Map.of("x-mqtt-sender", "mqdb-internal-0"),
                null,
                null));
    }

    /** Whether it may have been said since a moment that there is no record, though there was. */
    boolean saidNotFoundSince(long at) {
        return saidNotFoundAt >= at;
    }

    /** A server that cannot write does not begin. */
    void startBroker() {
        if (!commitFailing) {
            server.startBroker();
        }
    }

    /** Makes a copy of what the server has, to go back to. */
    void backUp() {
        if (commitFailing) {
            return; // Nobody can read what cannot be written.
        }
        Map<String, List<ObjectNode>> records = new LinkedHashMap<>();
        Entities.ALL.forEach(type -> records.put(type.name(), server.records(type.name())));
        copy = records;
    }

    /** Goes back to the copy: what was done since is undone, and who was connected must connect again. */
    void restore() {
        restored = true;
        failCommits(false);
        server.close();
        generation++;
        others.everything();
        server = startServer();
        copy.forEach(server::seed);
    }

    /** The server forgets what it had not written down: which requests it answered, say. */
    void restartServer() {
        backUp();
        restore();
    }

    @Override
    public Map<String, Integer> figures() {
        return ledger.figures();
    }

    @Override
    public void end() {
        server.close();
        devices.forEach(device -> device.process().drop());
    }
}
