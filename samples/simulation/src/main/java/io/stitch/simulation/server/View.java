package io.stitch.simulation.server;

import io.stitch.reactive.EntityType;
import io.stitch.reactive.Scope;
import io.stitch.simulation.AppFault;
import io.stitch.simulation.Run;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import tools.jackson.databind.node.ObjectNode;

import java.util.List;

/** Somebody who watches an open scope. */
abstract class View {
    final StoreProcess process;
    final Scope scope;
    private final String what;
    private final Disposable.Swap subscription = Disposables.swap();
    /** How many signals it takes before it throws; negative for never. */
    private int patience;

    private boolean overflows;
    private boolean completed;
    private boolean broken;
    private boolean abandoned;

    View(StoreProcess process, Scope scope, String what, int patience, boolean overflows) {
        this.process = process;
        this.scope = scope;
        this.what = what;
        this.patience = patience;
        this.overflows = overflows;
    }

    <T> void watch(Flux<T> flux) {
        subscription.update(flux.subscribe(this::take, this::broke, () -> completed = true));
    }

    private void broke(Throwable error) {
        broken = true;
        if (!AppFault.isBehind(error)) {
            process.device().world().ledger().viewFailed(this, error);
        }
    }

    private void take(Object signal) {
        if (abandoned || broken) {
            return;
        }
        if (completed) {
            Run.current().problem("told after the end", this + " was told after it had completed");
        }
        seen(signal);
        if (patience >= 0 && patience-- == 0) {
            if (overflows) {
                broken = true;
                throw new AppFault.Overflow();
            }
            throw new AppFault();
        }
    }

    abstract void seen(Object signal);

    /** Compares what was seen with what is there, when nothing is under way. */
    abstract void compare();

    void check() {
        if (abandoned || broken) {
            return;
        }
        boolean ended = scope.isClosed() || !process.isRunning();
        if (ended && !completed) {
            Run.current().problem("view never completed", this + " has not completed though its scope is closed");
        }
        if (!ended && completed) {
            Run.current().problem("view completed", this + " has completed though its scope is open");
        }
        if (!ended) {
            compare();
        }
    }

    void cancel() {
        abandoned = true;
        subscription.dispose();
    }

    void abandon() {
        abandoned = true;
    }

    boolean isOver() {
        return abandoned || broken || completed;
    }

    /** What a scope shows of one entity, without what the server adds. */
    static List<ObjectNode> shown(Scope scope, EntityType<ObjectNode> type) {
        return scope.snapshot(type);
    }

    void differs(String kind, @Nullable Object seen, @Nullable Object there) {
        Run.current().problem(kind, "%s has seen %s, and there is %s".formatted(this, seen, there));
    }

    @Override
    public String toString() {
        return "%s of %s on %s.%d".formatted(what, scope.id(), process.device().name(), process.number());
    }
}
