package io.stitch.reactive.internal.server;

import io.stitch.reactive.ServerSync;
import io.stitch.reactive.internal.mode.Mode;
import io.stitch.reactive.internal.mode.SyncContext;
import io.stitch.reactive.internal.mode.SyncSession;

/**
 * Server mode, ready to be opened.
 *
 * @param options what the application chose
 */
public record ServerMode(ServerSync options) implements Mode {
    @Override
    public String name() {
        return options.name();
    }

    @Override
    public String topicPrefix() {
        return options.topicPrefix();
    }

    @Override
    public String responsePrefix() {
        return options.responsePrefix();
    }

    @Override
    public SyncSession open(SyncContext context) {
        return new ServerSession(options, context);
    }
}
