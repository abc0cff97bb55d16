package io.stitch.simulation.server;

import io.stitch.reactive.WriteKind;
import io.stitch.reactive.spi.InboundMessage;
import io.stitch.server.Broker;
import io.stitch.server.Caller;
import io.stitch.server.Message;
import io.stitch.server.StitchServer;
import io.stitch.simulation.Run;
import io.stitch.simulation.Tap;
import io.stitch.simulation.server.Write.Execution;
import io.stitch.simulation.server.Write.Told;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** What the server executed, as its own log says, and whether that was right. It also lies, if it is told to. */
final class Executions implements Tap {
    private static final String PREFIX = "$DB/";
    /** How long a store relies on what a server remembers. */
    private static final long REMEMBERED_MILLIS = 540_000;

    private final World world;
    private final Run run;
    private final Set<String> answered = new HashSet<>();
    private final Map<String, List<Write>> byRequest = new HashMap<>();
    private final Map<String, Integer> newest = new HashMap<>();
    private final Deque<Lie> lies = new ArrayDeque<>();
    private final Set<String> withheld;
    private int count;

    /** An error that is answered though the request was executed. */
    record Lie(int code, String message) {}

    Executions(World world) {
        this.world = world;
        this.run = world.run();
        this.withheld = world.conditions().withheldFeatures();
    }

    int count() {
        return count;
    }

    boolean wasAnswered(String request) {
        return answered.contains(request);
    }

    void lie(int times, int code, String message) {
        for (int i = 0; i < times; i++) {
            lies.add(new Lie(code, message));
        }
    }

    void stopLying() {
        lies.clear();
    }

    @Override
    public String announces(String name, String value) {
        return name.equals("stitch-features")
                ? String.join(
                        ",",
                        Arrays.stream(value.split(",", -1))
                                .filter(feature -> !withheld.contains(feature))
                                .toList())
                : value;
    }

    @Override
    public Broker.Verdict published(Caller caller, Message message, Supplier<Broker.Verdict> proceed) {
        StitchServer server = world.server();
        int before = server.executedWrites().size();
        long versionBefore = versionBefore(message);
        JsonNode recordBefore = recordBefore(message);
        Broker.Verdict verdict = proceed.get();
        List<StitchServer.Published> after = server.executedWrites();
        for (StitchServer.Published each : after.subList(Math.min(before, after.size()), after.size())) {
            executed(caller, each.message(), versionBefore);
            count(World.MAPPER.readTree(each.message().payload()), recordBefore);
        }
        String topic = message.topic();
        boolean tagged = topic.endsWith("/create") || topic.endsWith("/update");
        boolean executed = after.size() > before;
        if (!executed && (tagged || topic.endsWith("/delete"))) {
            run.trace(() -> "not executed by the server for " + caller + ": " + topic);
        }
        if (!executed && tagged) {
            tagged(World.MAPPER.readTree(message.payload()))
                    .forEach(write -> write.refusedAs.add(String.valueOf(message.responseTopic())));
        }
        return verdict;
    }

    /** The version of the record that a request is about, or 0 if there is none. */
    private long versionBefore(Message message) {
        String[] levels = message.topic().split("/", -1);
        boolean changes = message.topic().endsWith("/update") || message.topic().endsWith("/delete");
        return message.topic().startsWith(PREFIX) && levels.length == 4 && changes
                ? world.serverRecord(levels[1], levels[2])
                        .map(record -> record.path("_version").asLong())
                        .orElse(0L)
                : 0;
    }

    private JsonNode recordBefore(Message message) {
        String[] levels = message.topic().split("/", -1);
        return message.topic().startsWith(PREFIX) && levels.length == 4 && levels[3].equals("update")
                ? world.serverRecord(levels[1], levels[2])
                        .<JsonNode>map(ObjectNode::deepCopy)
                        .orElseGet(World.MAPPER::createObjectNode)
                : World.MAPPER.createObjectNode();
    }

    /**
     * What adds to a number and to a list that others add to leaves there what they added. So the number is the sum of all that was executed, as long as the record
     * lives: nothing that is done is lost, and what is done once is counted once.
     */
    private void count(JsonNode payload, JsonNode before) {
        List<Write> adding =
                tagged(payload).stream().filter(write -> write.adds != 0).toList();
        if (adding.isEmpty() || !(payload.has(Tags.NUMBER) || payload.has(Tags.LIST)) || world.isCommitFailing()) {
            return;
        }
        boolean blind = !before.isEmpty() && !payload.has("_expected_version");
        world.ledger().count(blind ? "added after a look" : "added");
        if (blind && world.cannotCompare()) {
            return; // Somebody may have written since the look, and nobody can compare.
        }
        int sum = adding.stream().mapToInt(write -> write.adds).sum();
        Set<String> list = new HashSet<>();
        before.path(Tags.LIST).forEach(each -> list.add(each.asString()));
        adding.forEach(write -> list.add(write.value()));
        Set<String> sent = new HashSet<>();
        payload.path(Tags.LIST).forEach(each -> sent.add(each.asString()));
        if (payload.path(Tags.NUMBER).asInt() != before.path(Tags.NUMBER).asInt() + sum || !sent.equals(list)) {
            run.problem(
                    "counted wrongly",
                    "%s add %d to %s, and what is sent is %s".formatted(adding, sum, before, payload));
        }
    }

    /** What names a version is executed at that version, and never without naming it. */
    private void compare(Write write, JsonNode payload, long versionBefore) {
        if (write.isCompared()) {
            world.ledger().count("compared, executed");
        }
        long named = payload.path("_expected_version").asLong(0);
        if (write.isCompared() && (named != write.expected || versionBefore != write.expected) && !write.excused) {
            run.problem(
                    "executed at another version",
                    "%s is executed at version %d, as %s".formatted(write, versionBefore, payload));
        }
    }

    private void executed(Caller caller, Message message, long versionBefore) {
        List<String> levels =
                Arrays.asList(message.topic().substring(PREFIX.length()).split("/", -1));
        JsonNode payload = World.MAPPER.readTree(message.payload());
        count++;
        String user = Objects.requireNonNullElse(caller.user(), Login.NOBODY);
        String request = String.valueOf(message.responseTopic());
        Execution execution = new Execution(run.time().elapsed(), count, user, request, world.generation());
        run.trace(() -> "executed by the server for " + caller + ": " + message.topic() + ' ' + payload);
        boolean create = levels.get(1).equals("create");
        String entity = levels.get(0);
        String id = create ? payload.path("id").asString() : levels.get(1);
        List<Write> writes = levels.get(levels.size() - 1).equals("delete")
                ? deleted(
                        caller,
                        entity + '/' + id,
                        user,
                        request,
                        payload.path("_expected_version").asLong(0))
                : tagged(payload);
        writes.forEach(write -> compare(write, payload, versionBefore));
        byRequest.put(request, writes);
        writes.forEach(write -> judge(write, caller, execution));
        inOrder(writes, caller, user);
        writes.forEach(write -> write.executions.add(execution));
        if (world.isCommitFailing()) {
            writes.forEach(write -> write.excused = true);
        }
        if (create) {
            requireTargets(caller, user, entity, payload, writes);
        }
    }

    private List<Write> tagged(JsonNode payload) {
        return Tags.in(payload).stream()
                .filter(world.ledger()::knows)
                .map(world.ledger()::find)
                .toList();
    }

    /** A delete has nothing to know it by: it is taken for the first one of its record that may be meant. */
    private List<Write> deleted(Caller caller, String record, String user, String request, long expected) {
        List<Write> before = byRequest.getOrDefault(request, List.of());
        if (!before.isEmpty()) { // Sent again.
            return before;
        }
        Device device = world.device(caller.clientId());
        if (device == null) {
            return List.of();
        }
        int last = newest.getOrDefault(device.name() + user + record, 0);
        List<Write> meant = world.ledger()
                .of(device, record)
                .filter(write -> write.kind == WriteKind.DELETE && write.executions.isEmpty())
                .filter(write -> !write.isCompared() || write.expected == expected)
                .toList();
        List<Write> later = meant.stream().filter(write -> write.number > last).toList();
        return later.stream()
                .filter(write -> !List.of(Told.FAILED, Told.SYNCED).contains(write.told) && write.mayBeOf(user))
                .min(Comparator.comparing(write -> expected > 0 && !write.isCompared()))
                .or(() -> later.stream()
                        .filter(write -> write.told != Told.FAILED && write.mayBeOf(user))
                        .findFirst())
                .or(() -> later.stream().filter(write -> write.mayBeOf(user)).findFirst())
                .or(() -> world.ledger().isEntailed(device, record, user) || wasDoneBefore(device, record, user)
                        ? Optional.empty()
                        : later.stream().findFirst())
                .map(List::of)
                .orElse(List.of());
    }

    /** Whether the server may have forgotten that it did what it is asked for again, or another's was taken for this user's. */
    private boolean wasDoneBefore(Device device, String record, String user) {
        return world.ledger()
                .of(device, record)
                .filter(write -> write.kind == WriteKind.DELETE && write.mayBeOf(user))
                .anyMatch(write -> write.executions.stream()
                        .anyMatch(done -> done.generation() < world.generation() || write.users.size() > 1));
    }

    private void judge(Write write, Caller caller, Execution execution) {
        // Another's cascade, maybe, or another of several that look the same.
        boolean entailed = write.kind == WriteKind.DELETE && (write.entity.equals("task") || isOneOfSeveral(write));
        boolean cameBack = write.mayComeBack && write.device.process().number() > write.process;
        if (write.told == Told.FAILED && !write.excused && !write.openEnded && !entailed && !cameBack) {
            run.problem(
                    "undone but executed",
                    "%s was told to be undone at %d ms, and is executed".formatted(write, write.toldAt));
        }
        // Of a request that was sent twice, the second one may be judged after the first one was refused.
        boolean sentTwice = write.refusedAs.contains(execution.request());
        if (write.rejected != null && !write.excused && !write.openEnded && !entailed && !sentTwice && !cameBack) {
            run.problem("rejected but executed", "%s was rejected, and is executed".formatted(write));
        }
        if (write.dropped && !sentTwice) {
            run.problem("dropped but executed", "%s was dropped, and is executed".formatted(write));
        }
        if (!write.mayBeOf(execution.user())) {
            run.problem("sent as another user", "%s is executed for %s".formatted(write, caller));
        }
        boolean again = write.executions.stream().anyMatch(each -> each.generation() == execution.generation());
        // What adds is sent at one version only, and again only where it is known not to be done.
        if (again && !write.excused && (write.adds != 0 || !seemsUndone(write))) {
            run.problem("executed twice", "%s is executed again, after %s".formatted(write, write.executions));
        }
    }

    /** Whether somebody who asks if it was done is told that there is nothing. */
    private boolean seemsUndone(Write write) {
        long first = write.executions.get(0).at();
        boolean asks = isAskedFor(first);
        boolean gone =
                asks && world.ledger().isOfCreate(write) && world.others().wroteSince(write);
        // What others have written since may be what was there before.
        boolean back = asks && write.kind == WriteKind.UPDATE && world.others().wroteRecordSince(write, first);
        // The version of a root is not compared, and by a clock that stands still no time has passed.
        boolean blind = asks
                && write.entity.equals("project")
                && write.device.process().lane().isClockStopped();
        return gone || back || blind || world.saidNotFoundSince(write.at);
    }

    /** Whether what was sent at some time, and not answered, is settled by reading the record. */
    private boolean isAskedFor(long sentAt) {
        return world.conditions().legacy()
                || withheld.contains("request-ids")
                || run.time().elapsed() - sentAt > REMEMBERED_MILLIS;
    }

    private boolean isOneOfSeveral(Write delete) {
        return world.ledger()
                        .of(delete.device, delete.record())
                        .filter(write -> write.kind == WriteKind.DELETE)
                        .count()
                > 1;
    }

    private void inOrder(List<Write> writes, Caller caller, String user) {
        boolean again = writes.stream().anyMatch(write -> !write.executions.isEmpty() || write.excused);
        if (writes.isEmpty() || again) {
            return;
        }
        String lane = caller.clientId() + user + writes.get(0).record();
        int first = writes.get(0).number;
        int last = newest.getOrDefault(lane, 0);
        if (first < last) {
            run.problem(
                    "order of a record",
                    "%s is executed after %s"
                            .formatted(writes.get(0), world.ledger().find(last)));
        }
        newest.put(lane, Math.max(last, writes.get(writes.size() - 1).number));
    }

    /** What a record refers to must be there before it, if both were made here. */
    private void requireTargets(Caller caller, String user, String entity, JsonNode payload, List<Write> writes) {
        Device device = world.device(caller.clientId());
        if (device == null || writes.isEmpty()) {
            return;
        }
        Write child = begun(device, writes.get(0));
        String scope = payload.path(Entities.SCOPE_FIELD).asString("");
        if (!scope.isEmpty() && isStillToCome(device, user, "project", scope, child)) {
            run.problem("child before its root", child + " is executed before its root");
        }
        Entities.references(entity).forEach((field, target) -> {
            String id = payload.path(field).asString("");
            if (!id.isEmpty() && isStillToCome(device, user, target, id, child)) {
                run.problem("reference before its target", "%s is executed before %s/%s".formatted(child, target, id));
            }
        });
    }

    /** The create that a write has become part of. */
    private Write begun(Device device, Write write) {
        return world.ledger()
                .of(device, write.record())
                .filter(earlier -> earlier.kind == WriteKind.CREATE && earlier.isBefore(write) && !earlier.isSettled())
                .findFirst()
                .orElse(write);
    }

    private boolean isStillToCome(Device device, String user, String entity, String id, Write child) {
        String record = entity + '/' + id;
        List<Write> pending = world.ledger()
                .of(device, record)
                .filter(write -> !write.isSettled() && !write.perishable && write.users.equals(Set.of(user)))
                .filter(write -> write.told == Told.QUEUED || write.told == Told.NOTHING)
                .filter(write -> !world.ledger().isFolded(write) && !isTakenForDone(write))
                .toList();
        boolean circle = pending.stream().anyMatch(write -> !write.refersTo.isEmpty());
        return pending.stream().anyMatch(write -> write.kind == WriteKind.CREATE && write.isBefore(child))
                && !circle
                && world.serverRecord(entity, id).isEmpty();
    }

    /** A create that was not answered, of a record that was there and has been deleted: somebody else's, but only the server could tell. */
    private boolean isTakenForDone(Write write) {
        return write.kind == WriteKind.CREATE
                && isAskedFor(write.at)
                && world.others().wroteRecordSince(write, 0);
    }

    @Override
    public @Nullable InboundMessage sends(String client, InboundMessage message) {
        List<Write> about = byRequest.get(message.topic());
        Lie lie = about == null ? null : lies.poll();
        if (about == null || lie == null) {
            return message;
        }
        about.forEach(write -> write.excused = true);
        ObjectNode answer = World.MAPPER
                .createObjectNode()
                .put("status", "error")
                .put("code", lie.code())
                .put("message", lie.message());
        return new InboundMessage(
                message.topic(), World.MAPPER.writeValueAsBytes(answer), false, message.userProperties());
    }

    @Override
    public void received(String client, InboundMessage message) {
        if (byRequest.containsKey(message.topic())) {
            answered.add(message.topic());
        }
    }
}
