package io.stitch.reactive.test;

import io.stitch.reactive.StitchStore;
import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerExtension;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;

import java.util.Set;

/** What {@link StitchTest} does. Used through that annotation. */
public final class StitchExtension
        implements BeforeEachCallback, AfterTestExecutionCallback, AfterEachCallback, ParameterResolver {
    /** The user of a test's store. */
    public static final String USER = "ada";

    /** The user of the store that is marked with {@link OtherUser}. */
    public static final String OTHER_USER = "ben";

    private static final ExtensionContext.Namespace NAMESPACE =
            ExtensionContext.Namespace.create(StitchExtension.class);
    private static final Set<Class<?>> PARAMETERS = Set.of(StitchServer.class, StitchStore.class, TestStores.class);

    /** For JUnit. */
    public StitchExtension() {}

    /** What one test has. For its thread. */
    private static final class Bench {
        private final StitchServerExtension serverExtension;
        private final StitchServer server;
        private final TestStores stores;
        private @Nullable StitchStore own;
        private @Nullable StitchStore other;
        private boolean reported;

        Bench(Settings settings, ExtensionContext context) {
            this.serverExtension = StitchServerExtension.of(settings.options());
            serverExtension.beforeEach(context);
            this.server = serverExtension.server();
            this.stores = new TestStores(settings.schema(), server);
        }

        StitchStore store(boolean ofOtherUser) {
            StitchStore known = ofOtherUser ? other : own;
            if (known != null) {
                return known;
            }
            StitchStore store = stores.connected(ofOtherUser ? OTHER_USER : USER);
            if (ofOtherUser) {
                other = store;
            } else {
                own = store;
            }
            return store;
        }

        void report(ExtensionContext context) {
            Throwable failure = context.getExecutionException().orElse(null);
            if (failure != null && !reported) {
                reported = true;
                failure.addSuppressed(new StoresAtFailure(stores.report()));
            }
        }

        void close(ExtensionContext context) {
            try {
                stores.close();
            } finally {
                serverExtension.afterEach(context);
            }
        }
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        context.getStore(NAMESPACE).put(Bench.class, new Bench(Settings.of(context), context));
    }

    @Override
    public void afterTestExecution(ExtensionContext context) {
        Bench bench = context.getStore(NAMESPACE).get(Bench.class, Bench.class);
        if (bench != null) {
            bench.report(context);
        }
    }

    @Override
    public void afterEach(ExtensionContext context) {
        Bench bench = context.getStore(NAMESPACE).remove(Bench.class, Bench.class);
        if (bench != null) {
            bench.report(context);
            bench.close(context);
        }
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return PARAMETERS.contains(parameter.getParameter().getType());
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        Bench bench = context.getStore(NAMESPACE).get(Bench.class, Bench.class);
        if (bench == null) {
            throw new ParameterResolutionException(
                    "A server and its stores live as long as one test: ask for them in the test or in a @BeforeEach method.");
        }
        Class<?> type = parameter.getParameter().getType();
        if (type == StitchServer.class) {
            return bench.server;
        }
        return type == TestStores.class ? bench.stores : bench.store(parameter.isAnnotated(OtherUser.class));
    }
}
