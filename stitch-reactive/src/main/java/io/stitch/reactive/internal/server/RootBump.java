package io.stitch.reactive.internal.server;

import io.stitch.reactive.DiagnosticCode;
import io.stitch.reactive.internal.wire.Json;

import java.util.HashSet;
import java.util.Set;

/**
 * Raises a root's version on an old server after a child was written (protocol section 4.6): best effort, its failure never
 * fails the write. What is written while a bump is under way is covered by one more after it, for it carries the time.
 */
final class RootBump {
    private final ServerContext server;
    private final RequestChannel channel;
    private final ServerAnswers answers;
    private final Set<String> underWay = new HashSet<>();
    private final Set<String> again = new HashSet<>();

    RootBump(ServerContext server, ServerAnswers answers) {
        this.server = server;
        this.answers = answers;
        this.channel = server.channel();
    }

    void bump(String scopeId) {
        if (!underWay.add(scopeId)) {
            again.add(scopeId);
            return;
        }
        String root = server.schema().root();
        var fields = Json.object()
                .put(server.options().rootVersionField(), server.now())
                .put(server.options().rootUpdatedAtField(), server.now());
        channel.send(server.topics().update(root, scopeId), Json.write(fields))
                .doFinally(signal -> finished(scopeId))
                .subscribe(
                        ok -> answers.written(root, ok),
                        error -> server.diagnostics()
                                .report(
                                        DiagnosticCode.ROOT_NOT_RAISED,
                                        scopeId,
                                        "the root's version was not raised after a write to a child: "
                                                + error.getMessage()));
    }

    private void finished(String scopeId) {
        underWay.remove(scopeId);
        if (again.remove(scopeId)) {
            bump(scopeId);
        }
    }
}
