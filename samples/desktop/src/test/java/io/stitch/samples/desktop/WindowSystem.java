package io.stitch.samples.desktop;

import com.sun.jna.Function;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

import java.util.logging.Level;
import java.util.logging.Logger;
import javafx.application.Platform;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * Starts JavaFX once for all tests that need it: on a virtual display if there is Xvfb, else on the one that is there. Without both those
 * tests are skipped, except on a build server, where they fail.
 */
final class WindowSystem implements BeforeAllCallback {
    private static final ExtensionContext.Namespace NAMESPACE = ExtensionContext.Namespace.create(WindowSystem.class);

    @Override
    public void beforeAll(ExtensionContext context) {
        assumeTrue(
                System.getenv("CI") != null || Xvfb.isInstalled() || System.getenv("DISPLAY") != null,
                "There is no display, and no Xvfb (the package 'xvfb') to make one; on a build server there must be.");
        context.getRoot().getStore(NAMESPACE).getOrComputeIfAbsent("toolkit", key -> Started.start(), Started.class);
    }

    private record Started(AutoCloseable display) implements AutoCloseable {
        static Started start() {
            AutoCloseable display = () -> {};
            if (Xvfb.isInstalled() || System.getenv("DISPLAY") == null) {
                Xvfb xvfb = Xvfb.start();
                // GTK takes it from the process's environment, which Java can read only.
                Function.getFunction("c", "setenv").invokeInt(new Object[] {"DISPLAY", xvfb.display(), 1});
                display = xvfb;
            }
            Logger.getLogger("javafx").setLevel(Level.SEVERE);
            Platform.startup(() -> Platform.setImplicitExit(false));
            return new Started(display);
        }

        /** Its thread must be over before the display is: GTK ends the process when it loses its display. */
        @Override
        public void close() throws Exception {
            Thread toolkit = Fx.call(Thread::currentThread);
            Platform.exit();
            toolkit.join(Fx.PATIENCE.toMillis());
            display.close();
        }
    }
}
