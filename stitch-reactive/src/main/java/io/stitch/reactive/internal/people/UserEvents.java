package io.stitch.reactive.internal.people;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.Names;
import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.spi.ForeignText;
import io.stitch.reactive.spi.MqttConnection;
import io.stitch.reactive.spi.TransportException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import java.util.List;

/** The subscription to what a server tells one user alone (protocol section 4.10). */
public final class UserEvents {
    private UserEvents() {}

    /**
     * Tells whose events can be subscribed to; reports if nobody's. On the worker.
     *
     * @param context the store
     * @return the user, or {@code null}
     */
    public static @Nullable String user(SyncContext context) {
        String user = context.user().get().orElse(null);
        if (user == null) {
            report(context, "", "nobody is logged in, so there is no user whose events could be subscribed to");
            return null;
        }
        String problem = Names.levelProblem(user);
        if (problem != null) {
            report(context, ForeignText.quoted(user), "the user's id cannot be in a topic: " + problem);
            return null;
        }
        return user;
    }

    /**
     * Subscribes. Cold.
     *
     * @param context the store
     * @param connection on which connection
     * @param user whose events
     * @return completes when that is granted, or refused, which is reported; an error if the connection is lost
     */
    public static Mono<Void> subscribe(SyncContext context, MqttConnection connection, String user) {
        return connection
                .subscribe(List.of(context.topics().userFilter(user)))
                .onErrorResume(UserEvents::isRefusal, refusal -> {
                    report(context, user, String.valueOf(refusal.getMessage()));
                    return Mono.empty();
                });
    }

    private static boolean isRefusal(Throwable error) {
        return error instanceof TransportException transport && transport.kind() == TransportException.Kind.REFUSED;
    }

    private static void report(SyncContext context, String user, String detail) {
        context.diagnostics().report(DiagnosticCode.NO_USER_EVENTS, user, detail);
    }
}
