package io.stitch.samples.webflux;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import io.stitch.server.SampleBoard;
import io.stitch.server.StitchServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;

/**
 * The figures and pictures of the README, by hand: {@code mvn -pl samples/webflux -am test -Dtest=PageFigures
 * -Dsurefire.failIfNoSpecifiedTests=false}. Not part of the build, whose machine may be busy.
 */
@EnabledIf(value = "io.stitch.samples.webflux.Chromium#isExpected", disabledReason = Chromium.ADVICE)
@ExtendWith(Chromium.class)
class PageFigures {
    private static final Path PICTURES = Path.of("..", "..", "docs", "images");
    private static final String NOTE_FIRST_TASK = "new MutationObserver(() => {"
            + " if (!window.firstTask && document.querySelector('.task')) window.firstTask = performance.now(); })"
            + ".observe(document, { childList: true, subtree: true })";
    /** Scrolls on with each frame for three seconds; answers how long the frames took. */
    private static final String SCROLL = "() => new Promise(done => {"
            + " const list = document.querySelector('[data-status=OPEN] .scroll'); const times = []; let last = 0; let begun = 0;"
            + " const step = now => { if (last) times.push(now - last); else begun = now; last = now;"
            + " list.scrollTop = (list.scrollTop + 90) % (list.scrollHeight - list.clientHeight);"
            + " now - begun < 3000 ? requestAnimationFrame(step) : done(times); }; requestAnimationFrame(step); })";

    private StitchServer server;
    private RunningBoard board;

    @BeforeEach
    void start() {
        server = StitchServer.start(SampleBoard.rules().build());
        server.put(
                "project",
                SampleBoard.project(SampleBoard.PROJECT, "Apollo refit").toString());
        board = RunningBoard.on(server);
    }

    @AfterEach
    void stop() {
        board.close();
        server.close();
    }

    private void seed(int tasks) {
        server.seed("task", SampleBoard.tasks(SampleBoard.PROJECT, tasks));
    }

    private String address() {
        return board.url() + "/#/p/" + SampleBoard.PROJECT;
    }

    @Test
    void theFirstTaskOfAThousand(Browser browser) {
        seed(1_000);
        for (int i = 0; i < 6; i++) {
            try (BrowserContext user = browser.newContext()) {
                user.addInitScript(NOTE_FIRST_TASK);
                Page page = Chromium.window(user, "Ada", address());
                page.locator(".task").first().waitFor();
                System.out.printf(
                        "first task after %.0f ms%s%n",
                        ((Number) page.evaluate("window.firstTask")).doubleValue(),
                        i == 0 ? " (nobody had opened the board before)" : "");
            }
        }
    }

    @Test
    void fiveThousandTasksWhileOthersWrite(Browser browser) {
        seed(5_000);
        try (Page page = Chromium.window(browser, "Ada", address())) {
            assertThat(page.locator("[data-status=OPEN] .count")).hasText("2500");
            frames("5000 tasks, nothing else", page);
            Disposable others = Flux.interval(Duration.ofMillis(20))
                    .onBackpressureDrop()
                    .subscribe(n -> server.put(
                            "task",
                            "{\"id\":\"apollo-%05d\",\"projectId\":\"apollo\",\"title\":\"Changed %d\"}"
                                    .formatted(n * 37 % 5_000, n)));
            frames("5000 tasks, 50 events a second", page);
            others.dispose();
        }
    }

    private static void frames(String what, Page page) {
        page.evaluate(SCROLL);
        List<Double> times = ((List<?>) page.evaluate(SCROLL))
                .stream().map(time -> ((Number) time).doubleValue()).sorted().toList();
        System.out.printf(
                "%s: %d frames, median %.1f ms, 99 of 100 within %.1f ms, longest %.1f ms%n",
                what,
                times.size(),
                times.get(times.size() / 2),
                times.get(times.size() * 99 / 100),
                times.get(times.size() - 1));
    }

    @Test
    void pictures(Browser browser) {
        seed(60);
        try (Page ben = Chromium.window(browser, "Ben", address());
                Page ines = Chromium.window(browser, "Ines", address());
                BrowserContext user = browser.newContext(new Browser.NewContextOptions().setViewportSize(1200, 720));
                BrowserContext phone = browser.newContext(new Browser.NewContextOptions()
                        .setViewportSize(390, 720)
                        .setDeviceScaleFactor(2)
                        .setIsMobile(true)
                        .setHasTouch(true)
                        .setColorScheme(ColorScheme.DARK))) {
            Page ada = Chromium.window(user, "Ada", address());
            assertThat(ada.locator("#viewers li")).hasCount(3);
            ines.locator(".task").first().waitFor();
            ben.locator(".task").first().waitFor();
            Locator second = ada.locator("[data-status=OPEN] [aria-posinset='2']");
            second.click();
            ada.keyboard().press("Enter");
            ada.locator(".task input")
                    .fill(String.valueOf(
                            ada.locator("[data-status=DOING] .title").first().textContent()));
            ada.keyboard().press("Enter");
            assertThat(ada.locator(".note")).isVisible();
            server.dropReplies(true);
            server.dropEvents(true);
            ada.fill("#task-title", "Order new hatch seals");
            ada.keyboard().press("Enter");
            assertThat(ada.locator(".task.pending")).hasCount(1);
            ada.mouse().move(2, 2);
            ada.screenshot(new Page.ScreenshotOptions().setPath(PICTURES.resolve("task-board.png")));
            server.dropReplies(false);
            server.dropEvents(false);
            server.disconnectAll(); // The store settles what is in doubt when it comes back, or the phone showed that
            // as waiting, too.
            assertThat(ada.locator(".task.pending")).hasCount(0);

            Page onPhone = Chromium.window(phone, "Ravi", address());
            onPhone.locator("[data-status=OPEN] .task").nth(2).tap();
            phone.setOffline(true);
            assertThat(onPhone.locator("#banner")).isVisible();
            onPhone.locator("#selected [data-action=right]").tap();
            onPhone.fill("#task-title", "Call the museum");
            onPhone.keyboard().press("Enter");
            assertThat(onPhone.locator("[data-status=OPEN] .task.pending")).hasCount(1);
            onPhone.screenshot(new Page.ScreenshotOptions().setPath(PICTURES.resolve("task-board-phone.png")));
        }
    }
}
