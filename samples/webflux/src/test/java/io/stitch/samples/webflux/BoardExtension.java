package io.stitch.samples.webflux;

import io.stitch.server.SampleBoard;
import io.stitch.server.StitchServer;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

import java.util.UUID;

/** One server and the service on it for all tests of a class; both are parameters. Each test makes a project of its own. */
final class BoardExtension implements BeforeAllCallback, ParameterResolver {
    private static final ExtensionContext.Namespace NAMESPACE = ExtensionContext.Namespace.create(BoardExtension.class);

    /** Makes a project and answers its id. */
    static String newProject(StitchServer server) {
        String id = UUID.randomUUID().toString();
        server.put("project", SampleBoard.project(id, "Refit").toString());
        return id;
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        context.getStore(NAMESPACE).put(Started.class, Started.start());
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        return type == StitchServer.class || type == RunningBoard.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        Started started = context.getStore(NAMESPACE).get(Started.class, Started.class);
        return parameter.getParameter().getType() == StitchServer.class ? started.server() : started.board();
    }

    private record Started(StitchServer server, RunningBoard board) implements AutoCloseable {
        static Started start() {
            StitchServer server = StitchServer.start(SampleBoard.rules().build());
            return new Started(server, RunningBoard.on(server, "board.heartbeat=200ms"));
        }

        @Override
        public void close() {
            board.close();
            server.close();
        }
    }
}
