package io.stitch.server;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Runs a {@link StitchServer} around JUnit tests. As a static {@code @RegisterExtension} field or in {@code @ExtendWith} there is
 * one server for the class and its nested classes; as an instance field there is one for each test. A parameter of type
 * {@link StitchServer} is the running server.
 *
 * <pre>{@code
 * @RegisterExtension
 * static final StitchServerExtension SERVER = StitchServerExtension.of(StitchServerOptions.defaults());
 * }</pre>
 */
public final class StitchServerExtension
        implements BeforeAllCallback, AfterAllCallback, BeforeEachCallback, AfterEachCallback, ParameterResolver {
    private final StitchServerOptions options;
    private volatile @Nullable StitchServer running;

    /** A server with the default options: for {@code @ExtendWith}. */
    public StitchServerExtension() {
        this(StitchServerOptions.defaults());
    }

    private StitchServerExtension(StitchServerOptions options) {
        this.options = options;
    }

    /**
     * A server with these options: for {@code @RegisterExtension}.
     *
     * @param options how it behaves
     * @return the extension
     */
    public static StitchServerExtension of(StitchServerOptions options) {
        return new StitchServerExtension(options);
    }

    /**
     * The running server.
     *
     * @return the server
     * @throws IllegalStateException before and after the tests
     */
    public StitchServer server() {
        StitchServer server = running;
        if (server == null) {
            throw new IllegalStateException(
                    "the server runs only during a test: is the field annotated with @RegisterExtension?");
        }
        return server;
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        start(context);
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        start(context);
    }

    /** Starts a server unless an enclosing context has one: its end is then this server's end. */
    private void start(ExtensionContext context) {
        ExtensionContext.Store store = store(context);
        if (store.get(StitchServer.class) == null) {
            StitchServer server = StitchServer.start(options);
            store.put(StitchServer.class, server);
            running = server;
        }
    }

    @Override
    public void afterEach(ExtensionContext context) {
        stop(context);
    }

    @Override
    public void afterAll(ExtensionContext context) {
        stop(context);
    }

    private void stop(ExtensionContext context) {
        // Removes only what this context itself holds, so that a nested class does not end its enclosing class's
        // server.
        StitchServer server = store(context).remove(StitchServer.class, StitchServer.class);
        if (server != null) {
            running = null;
            server.close();
        }
    }

    private ExtensionContext.Store store(ExtensionContext context) {
        return context.getStore(ExtensionContext.Namespace.create(this));
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == StitchServer.class;
    }

    @Override
    public StitchServer resolveParameter(ParameterContext parameter, ExtensionContext context) {
        StitchServer server = store(context).get(StitchServer.class, StitchServer.class);
        if (server == null) {
            throw new ParameterResolutionException(
                    "there is no server yet: an instance field's server starts with each test");
        }
        return server;
    }
}
