package io.stitch.samples.webflux;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The system's Chromium, started once for all tests that ask for a {@link Browser}. */
final class Chromium implements BeforeAllCallback, ParameterResolver {
    static final String ADVICE =
            "The tests of the page need a browser, and none is on the PATH. Install the system package"
                    + " 'chromium' (apt-get install chromium).";

    private static final ExtensionContext.Namespace NAMESPACE = ExtensionContext.Namespace.create(Chromium.class);

    /** Tests that need it run where it is installed, and always on a build server: there, its absence is a failure. */
    static boolean isExpected() {
        return System.getenv("CI") != null || binary().isPresent();
    }

    private static Optional<Path> binary() {
        return Stream.of("chromium", "chromium-browser", "google-chrome")
                .flatMap(name -> Stream.of(System.getenv("PATH").split(File.pathSeparator))
                        .map(folder -> Path.of(folder, name)))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** A window of its own user, with its own storage, at an address. */
    static Page window(Browser browser, String name, String address) {
        return window(browser.newContext(), name, address);
    }

    static Page window(BrowserContext user, String name, String address) {
        user.setDefaultTimeout((double) RunningBoard.PATIENCE.toMillis());
        user.addInitScript("localStorage.setItem('name', '%s')".formatted(name));
        Page page = user.newPage();
        page.navigate(address);
        return page;
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        browser(context);
    }

    private static Browser browser(ExtensionContext context) {
        return context.getRoot()
                .getStore(NAMESPACE)
                .getOrComputeIfAbsent("chromium", key -> Started.start(), Started.class)
                .browser();
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Browser.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return browser(context);
    }

    private record Started(Playwright playwright, Browser browser) implements AutoCloseable {
        static Started start() {
            PlaywrightAssertions.setDefaultAssertionTimeout((double) RunningBoard.PATIENCE.toMillis());
            Path chromium = binary().orElseThrow(() -> new IllegalStateException(ADVICE));
            Playwright playwright = Playwright.create(
                    new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
            return new Started(
                    playwright,
                    playwright
                            .chromium()
                            .launch(new BrowserType.LaunchOptions()
                                    .setExecutablePath(chromium)
                                    // The sandbox refuses to run as root, as builds in containers do.
                                    .setChromiumSandbox(false)
                                    .setArgs(List.of("--disable-dev-shm-usage"))));
        }

        @Override
        public void close() {
            playwright.close();
        }
    }
}
