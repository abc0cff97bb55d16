package io.stitch.reactive.peer.internal.trust;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.ScopeRefusal;
import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.peer.ScopeKeys;
import io.stitch.reactive.peer.ScopeKeys.Choice;
import io.stitch.reactive.peer.ScopeKeys.Missing;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Which of the scopes that somebody wants open are locked, because their keys are missing, and what is told of messages that cannot be read:
 * one of each key, for anybody can make up more. On the worker, but for {@link #isLocked}.
 */
public final class ScopeLocks {
    /** How many keys are remembered as reported; then the one reported first may be reported again. */
    private static final int MOST_REPORTED = 1_000;

    private static final int LOCKED = 423;

    private final SyncContext context;
    private final ScopeCipher cipher;
    private final Consumer<ScopeRefusal> refusals;
    private final Consumer<String> rekeyed;
    private final Map<String, Choice> wanted = new LinkedHashMap<>();
    private final Set<Reported> reported = new LinkedHashSet<>();
    private final Sinks.Many<String> turns = Sinks.many().multicast().directBestEffort();
    private Disposable changes = Disposables.disposed();

    private record Reported(DiagnosticCode code, String scope, String kid) {}

    /**
     * Begins with no scope.
     *
     * @param refusals hears which scopes are locked
     * @param rekeyed hears which open scopes have other keys than before
     */
    public ScopeLocks(
            SyncContext context, ScopeCipher cipher, Consumer<ScopeRefusal> refusals, Consumer<String> rekeyed) {
        this.context = context;
        this.cipher = cipher;
        this.refusals = refusals;
        this.rekeyed = rekeyed;
    }

    /** Begins to hear of other keys. */
    public void hear(@Nullable ScopeKeys keys) {
        if (keys != null) {
            context.records().conceals(this::isLocked);
            changes = ApplicationSignals.hear(context, keys.changes(), "ScopeKeys.changes", "keys", this::changed);
        }
    }

    /** {@return whether a scope's key is missing} Any thread. */
    public boolean isLocked(String scope) {
        return cipher.choice(scope) instanceof Missing;
    }

    /** {@return the scopes that are locked no more, or now} */
    public Flux<String> turns() {
        return turns.asFlux();
    }

    /** A scope was opened. */
    public void opened(String scope) {
        wanted.put(scope, cipher.choice(scope));
    }

    /** A scope is to be open, and is locked. */
    public void held(String scope) {
        wanted.put(scope, new Missing());
        String why =
                ("The key of scope '%s' is missing, so it shows nothing, takes no writes, and publishes nothing. It opens as soon as the"
                                + " application's ScopeKeys has its key and says so by changes().")
                        .formatted(scope);
        context.diagnostics().report(DiagnosticCode.KEY_MISSING, scope, why);
        refusals.accept(new ScopeRefusal(scope, LOCKED, why));
    }

    /** {@return whether a scope is to be open, and is locked} */
    public boolean isHeld(String scope) {
        return wanted.get(scope) instanceof Missing;
    }

    /** A scope was closed, locked or not. */
    public void closed(String scope) {
        wanted.remove(scope);
    }

    private void changed() {
        Map.copyOf(wanted).forEach((scope, before) -> {
            Choice now = cipher.choice(scope);
            if (now.equals(before)) {
                return;
            }
            reported.removeIf(each -> each.scope().equals(scope));
            if (now instanceof Missing || before instanceof Missing) {
                turns.tryEmitNext(scope);
            } else {
                wanted.put(scope, now);
                rekeyed.accept(scope); // What could not be read meanwhile is there all the same.
            }
        });
    }

    /** What was reported of a kind may be so again. */
    public void forgetReported(DiagnosticCode code) {
        reported.removeIf(each -> each.code() == code);
    }

    /** A message could not be read, or does not count. */
    public void unreadable(DiagnosticCode code, String scope, String kid, String topic, String why) {
        if (!reported.add(new Reported(code, scope, kid))) {
            context.diagnostics().count(code);
            return;
        }
        if (reported.size() > MOST_REPORTED) {
            reported.remove(reported.iterator().next());
        }
        context.diagnostics().report(code, topic, why);
    }

    /** Hears nothing more. */
    public void close() {
        changes.dispose();
        turns.tryEmitComplete();
    }
}
