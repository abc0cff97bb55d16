package io.stitch.simulation.server;

import io.stitch.reactive.ClosedException;
import io.stitch.reactive.EntityType;
import io.stitch.reactive.Mutation;
import io.stitch.reactive.MutationResult;
import io.stitch.reactive.Patch;
import io.stitch.reactive.RecordCollection;
import io.stitch.reactive.RequestRefusedException;
import io.stitch.reactive.Scope;
import io.stitch.reactive.StitchException;
import io.stitch.reactive.ValidationException;
import io.stitch.reactive.WhenOffline;
import io.stitch.reactive.WriteKind;
import io.stitch.simulation.AppFault;
import io.stitch.simulation.Promise;
import io.stitch.simulation.Run;
import io.stitch.simulation.server.WriteSpec.Manner;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** Writes as an application does, with tags by which the writes are known again. */
final class Writer {
    private static final int DEPTH = 80;
    private static final long LONG_WORK = 12_000;
    private static final int RANKS = 3;
    private static final long MOMENT = 200;

    /** Where two neighbours are the same to whoever makes doubles of them. */
    private static final long LARGE_RANK = 1L << 53;

    private final StoreProcess process;
    private final Ledger ledger;

    Writer(StoreProcess process) {
        this.process = process;
        this.ledger = process.device().world().ledger();
    }

    /** Writes, if there is something to write through. */
    void write(WriteSpec spec) {
        Scope scope = scope(spec);
        if (scope == null && Entities.isScoped(spec.entity())) {
            return;
        }
        Write write = ledger.issue(process, spec);
        write.madeOpen = process.isRunning() && !process.isClosing() && (scope == null || !scope.isClosed());
        try {
            Mono<? extends MutationResult<?>> result =
                    mutation(spec, write, scope).result();
            if (spec.manner() == Manner.THROWS) {
                result = result.doOnNext(told -> {
                    throw new AppFault();
                });
            }
            Promise<MutationResult<?>> promise = promise(write);
            process.promises().add(promise);
            result.subscribe(promise);
            if (spec.manner() == Manner.CANCELS) {
                promise.cancel();
                ledger.gone(write);
            }
        } catch (RuntimeException e) {
            refused(write, e);
        }
    }

    /** Thrown where it was asked for. */
    private void refused(Write write, RuntimeException error) {
        if (!(error instanceof StitchException)) {
            Run.current().problem("thrown", "%s is answered with %s".formatted(write, Run.stack(error)));
        }
        ledger.failed(write, error);
    }

    /** Whoever closes a scope or a store after writing, on the same thread, does not overtake the write. */
    private void requireTaken(Write write, Throwable error) {
        boolean kept = process.isStarted() && process.device().disk() != null && !process.isClearing();
        boolean waited = String.valueOf(error.getMessage())
                .contains("before the write was taken"); // Its scope was still being read.
        boolean taken = process.isClosing()
                ? kept && write.at > process.startedAt()
                : !process.login().changedSince(write);
        if (error instanceof ClosedException
                && !write.onlineOnly
                && write.madeOpen
                && taken
                && !(waited && process.isClosing())
                && !process.hasFailed()) {
            Run.current()
                    .problem(
                            "overtaken by close", "%s was made before anything was closed: %s".formatted(write, error));
        }
    }

    /** Tries whether the rule of unique values holds, where it is known what there is. */
    void probeUnique(String scopeId, long variant) {
        Scope scope = process.handle(scopeId);
        if (scope == null || !process.isStarted()) {
            return;
        }
        long rank = rank(variant);
        boolean taken = process.openScopes().stream()
                .map(process::handle)
                .flatMap(handle -> handle == null ? Stream.empty() : handle.snapshot(Entities.TASK_JSON).stream())
                .anyMatch(task -> task.path("rank").isIntegralNumber()
                        && task.path("rank").longValue() == rank);
        boolean more = !process.closedHandles().isEmpty(); // Pending writes of scopes that are closed count, too.
        Write first = probe(scope, rank);
        requireRefused(first, rank, taken, more);
        if (!taken && (first.told == Write.Told.SYNCED || first.told == Write.Told.QUEUED)) {
            requireRefused(probe(scope, rank), rank, process.handle(scopeId) != null && first.rejected == null, true);
        }
    }

    private Write probe(Scope scope, long rank) {
        WriteSpec spec = WriteSpec.probe(scope.id(), ledger.nextNumber());
        Write write = ledger.issue(process, spec);
        Task task = World.MAPPER.treeToValue(record(spec, write).put("rank", rank), Task.class);
        Promise<MutationResult<?>> promise = promise(write);
        process.promises().add(promise);
        scope.create(Entities.TASK, task).result().subscribe(promise);
        Run.current().time().pass(MOMENT);
        return write;
    }

    private void requireRefused(Write write, long rank, boolean taken, boolean mayBeTaken) {
        boolean refused = write.error instanceof ValidationException broken && "rank".equals(broken.field());
        boolean wrong = refused ? !taken && !mayBeTaken : taken;
        if (wrong
                && process.isRunning()
                && !(write.error instanceof ClosedException)
                && !(write.error instanceof RequestRefusedException) // Of its scope's root, say, which is gone.
                && write.told != Write.Told.NOTHING) {
            Run.current()
                    .problem(
                            "unique values",
                            "%s with the rank %d, which %s there".formatted(write, rank, taken ? "is" : "is not"));
        }
    }

    private static long rank(long variant) {
        return (variant % 2 == 0 ? 0 : LARGE_RANK) + variant / 2 % RANKS;
    }

    private Promise<MutationResult<?>> promise(Write write) {
        return new Promise<>(write.toString()) {
            @Override
            protected void next(MutationResult<?> result) {
                ledger.told(write, result, false);
            }

            @Override
            protected void failed(Throwable error) {
                requireTaken(write, error);
                ledger.failed(write, error);
            }
        };
    }

    /** Writes several at once. */
    void batch(List<WriteSpec> specs) {
        List<Write> writes = new ArrayList<>();
        List<Mutation<?>> mutations = new ArrayList<>();
        for (WriteSpec spec : specs) {
            Scope scope = scope(spec);
            if (scope != null || !Entities.isScoped(spec.entity())) {
                Write write = ledger.issue(process, spec);
                try {
                    mutations.add(mutation(spec, write, scope));
                    write.toldInTurn = !writes.isEmpty();
                    writes.add(write);
                } catch (RuntimeException e) {
                    refused(write, e);
                }
            }
        }
        Promise<MutationResult<?>> promise = new Promise<>("a batch of " + writes) {
            private int next;

            @Override
            protected void next(MutationResult<?> result) {
                ledger.told(writes.get(next), result, next > 0);
                next++;
            }

            @Override
            protected void failed(Throwable error) {
                ledger.failed(writes.subList(next, writes.size()), error);
            }

            @Override
            protected void done() {
                if (next < writes.size()) {
                    Run.current().problem("batch told too little", this + " has completed after " + next);
                }
            }
        };
        process.promises().add(promise);
        process.store().batch(Flux.fromIterable(mutations)).subscribe(promise);
    }

    private @Nullable Scope scope(WriteSpec spec) {
        if (!Entities.isScoped(spec.entity())) {
            return null;
        }
        if (spec.manner() == Manner.CLOSED_HANDLE && !process.closedHandles().isEmpty()) {
            return process.closedHandles().stream()
                    .filter(handle -> handle.id().equals(spec.scope()))
                    .findFirst()
                    .orElse(process.handle(spec.scope()));
        }
        return process.handle(spec.scope());
    }

    private Mutation<?> mutation(WriteSpec spec, Write write, @Nullable Scope scope) {
        if (spec.compare() != WriteSpec.Compare.NEVER) {
            return compared(spec, write, scope);
        }
        return switch (spec.style()) {
            case CREATE -> create(Entities.json(spec.entity()), record(spec, write), scope);
            case TYPED_CREATE ->
                create(Entities.TASK, World.MAPPER.treeToValue(record(spec, write), Task.class), scope);
            case PATCH -> update(spec, counting(write, patch(fields(spec, write))), scope);
            case FUNCTION -> {
                ObjectNode fields = fields(spec, write);
                yield update(Entities.json(spec.entity()), spec, change(spec, record -> record.setAll(fields)), scope);
            }
            case TYPED_FUNCTION -> {
                ObjectNode fields = fields(spec, write);
                yield update(Entities.TASK, spec, change(spec, task -> changed(task, fields)), scope);
            }
            case DELETE ->
                scope == null
                        ? process.store()
                                .collection(Entities.json(spec.entity()))
                                .delete(spec.id())
                        : scope.delete(Entities.json(spec.entity()), spec.id());
        };
    }

    /** The version that is seen of what would be written. */
    OptionalLong version(WriteSpec spec) {
        EntityType<ObjectNode> type = Entities.json(spec.entity());
        Scope scope = scope(spec);
        if (scope == null) {
            return Entities.isScoped(spec.entity())
                    ? OptionalLong.empty()
                    : process.store().collection(type).version(spec.id());
        }
        return scope.version(type, spec.id());
    }

    private Mutation<?> compared(WriteSpec spec, Write write, @Nullable Scope scope) {
        EntityType<ObjectNode> type = Entities.json(spec.entity());
        RecordCollection<ObjectNode> collection =
                scope == null ? process.store().collection(type) : null;
        OptionalLong known = version(spec);
        WhenOffline whenOffline = WhenOffline.valueOf(spec.compare().name());
        write.expected = spec.expected(known.orElse(1));
        write.onlineOnly = whenOffline == WhenOffline.FAIL;
        Patch patch =
                patch(spec.kind() == WriteKind.DELETE ? JsonNodeFactory.instance.objectNode() : fields(spec, write));
        if (spec.kind() == WriteKind.DELETE) {
            return scope == null
                    ? Objects.requireNonNull(collection).deleteIf(spec.id(), write.expected, whenOffline)
                    : scope.deleteIf(type, spec.id(), write.expected, whenOffline);
        }
        return scope == null
                ? Objects.requireNonNull(collection).updateIf(spec.id(), write.expected, patch, whenOffline)
                : scope.updateIf(type, spec.id(), write.expected, patch, whenOffline);
    }

    private static Task changed(Task task, ObjectNode fields) {
        ObjectNode json = World.MAPPER.valueToTree(task);
        json.setAll(fields);
        return World.MAPPER.treeToValue(json, Task.class);
    }

    private <T> Mutation<T> create(EntityType<T> type, T record, @Nullable Scope scope) {
        return scope == null ? process.store().collection(type).create(record) : scope.create(type, record);
    }

    private Mutation<?> update(WriteSpec spec, Patch patch, @Nullable Scope scope) {
        EntityType<?> type =
                spec.entity().equals("task") && spec.variant() % 2 == 0 ? Entities.TASK : Entities.json(spec.entity());
        return scope == null
                ? process.store().collection(type).update(spec.id(), patch)
                : scope.update(type, spec.id(), patch);
    }

    private <T> Mutation<T> update(EntityType<T> type, WriteSpec spec, UnaryOperator<T> change, @Nullable Scope scope) {
        if (scope == null) {
            RecordCollection<T> collection = process.store().collection(type);
            return collection.update(spec.id(), change);
        }
        return scope.update(type, spec.id(), change);
    }

    private static <T> UnaryOperator<T> change(WriteSpec spec, UnaryOperator<T> change) {
        return record -> {
            switch (spec.extra()) {
                case THROWS -> throw new AppFault();
                case OVERFLOWS -> throw new AppFault.Overflow();
                case WORKS -> Run.current().time().work(LONG_WORK);
                default -> {}
            }
            return change.apply(record);
        };
    }

    private static Patch counting(Write write, Patch patch) {
        return write.adds == 0
                ? patch
                : patch.andIncrement(Tags.NUMBER, write.adds).andAdd(Tags.LIST, write.value());
    }

    private static Patch patch(ObjectNode fields) {
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        fields.properties()
                .forEach(field -> values.put(field.getKey(), field.getValue().isNull() ? null : field.getValue()));
        Patch patch = Patch.none();
        for (Map.Entry<String, @Nullable Object> field : values.entrySet()) {
            patch = patch.and(field.getKey(), field.getValue());
        }
        return patch;
    }

    private ObjectNode record(WriteSpec spec, Write write) {
        ObjectNode record = JsonNodeFactory.instance.objectNode().put("id", spec.id());
        if (Entities.isChild(spec.entity())) {
            record.put(Entities.SCOPE_FIELD, spec.scope());
        }
        switch (spec.entity()) {
            case "task" -> record.put("title", "a task");
            case "project", "person" -> record.put("name", "a name");
            default -> {}
        }
        record.setAll(fields(spec, write));
        return record;
    }

    /** The fields that tell that it was done, and those that make it special. */
    private ObjectNode fields(WriteSpec spec, Write write) {
        ObjectNode fields = JsonNodeFactory.instance.objectNode();
        fields.put(Tags.SHARED[spec.variant() % Tags.SHARED.length], write.value());
        if (spec.marked()) {
            fields.put(write.mark(), 1);
        }
        switch (spec.extra()) {
            case REFERENCE -> refer(spec, write, fields);
            case UNIQUE -> {
                if (spec.entity().equals("task")) {
                    fields.put("rank", rank(spec.variant()));
                } else if (spec.entity().equals("member")) {
                    fields.put("name", "name " + spec.variant() % RANKS);
                }
            }
            case CLEARS -> fields.putNull(Tags.SHARED[(spec.variant() + 1) % Tags.SHARED.length]);
            case DEEP -> fields.set("deep", deep());
            case NAN -> fields.put("figure", Double.NaN);
            case MISFIT -> {
                if (spec.style() == WriteSpec.Style.PATCH) {
                    fields.put("effort", "a lot");
                }
            }
            default -> {}
        }
        return fields;
    }

    private static ObjectNode deep() {
        ObjectNode top = JsonNodeFactory.instance.objectNode();
        ObjectNode next = top;
        for (int i = 0; i < DEPTH; i++) {
            next = next.putObject("deeper");
        }
        return top;
    }

    private static void refer(WriteSpec spec, Write write, ObjectNode fields) {
        List<Map.Entry<String, String>> references =
                new ArrayList<>(Entities.references(spec.entity()).entrySet());
        if (references.isEmpty()) {
            return;
        }
        references.sort(Map.Entry.comparingByKey());
        Map.Entry<String, String> reference = references.get(spec.variant() % references.size());
        String target = Entities.id(reference.getValue(), spec.scope(), 1 + spec.variant() / 10 % RANKS);
        if (!target.equals(spec.id())) {
            fields.put(reference.getKey(), target);
            write.refersTo.add(reference.getValue() + '/' + target);
        }
    }
}
