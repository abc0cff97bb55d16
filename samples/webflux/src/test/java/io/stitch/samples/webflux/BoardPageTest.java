package io.stitch.samples.webflux;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import io.stitch.server.SampleBoard;
import io.stitch.server.StitchServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.extension.ExtendWith;

import java.util.UUID;
import java.util.regex.Pattern;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

/** The page, in a real browser. */
@EnabledIf(value = "io.stitch.samples.webflux.Chromium#isExpected", disabledReason = Chromium.ADVICE)
@ExtendWith(Chromium.class)
class BoardPageTest {
    private static final Pattern PENDING = Pattern.compile("pending");

    private static StitchServer server;
    private static RunningBoard board;

    private String project;

    @BeforeAll
    static void start() {
        server = StitchServer.start(SampleBoard.rules().build());
        board = RunningBoard.on(server);
        PlaywrightAssertions.setDefaultAssertionTimeout((double) RunningBoard.PATIENCE.toMillis());
    }

    @AfterAll
    static void stop() {
        board.close();
        server.close();
    }

    @BeforeEach
    void makeProject() {
        project = UUID.randomUUID().toString();
        server.put("project", SampleBoard.project(project, "Refit").toString());
    }

    private Page open(Browser browser, String name) {
        return Chromium.window(browser, name, address());
    }

    private String address() {
        return board.url() + "/#/p/" + project;
    }

    private String title(String what) {
        return what + " " + project;
    }

    private static void add(Page page, String title) {
        page.fill("#task-title", title);
        page.press("#task-title", "Enter");
    }

    private static Locator task(Page page, String title) {
        return page.locator(".task").filter(new Locator.FilterOptions().setHasText(title));
    }

    private void seed(int count) {
        server.seed("task", SampleBoard.tasks(project, count));
    }

    @Test
    void twoWindowsSeeEachOthersEditsAndWhoIsThere(Browser browser) {
        try (Page ada = open(browser, "Ada");
                Page ben = open(browser, "Ben")) {
            assertThat(ada.locator("#viewers li")).hasCount(2);
            add(ada, title("Weld"));
            assertThat(task(ben, title("Weld"))).isVisible();

            task(ben, title("Weld")).click();
            ben.keyboard().press("Shift+ArrowRight");

            assertThat(task(ada, title("Weld")).locator("xpath=ancestor::section"))
                    .hasAttribute("data-status", "DOING");
            ben.close();
            assertThat(ada.locator("#viewers li")).hasCount(1);
        }
    }

    @Test
    void anEditOnAnotherClientOfTheBrokerIsSeenToo(Browser browser) {
        try (Page ada = open(browser, "Ada")) {
            assertThat(ada.locator("#board-name")).hasText("Refit");
            seed(3);
            server.put(
                    "task",
                    "{\"id\":\"%s\",\"projectId\":\"%s\",\"title\":\"%s\",\"status\":\"DONE\"}"
                            .formatted(UUID.randomUUID(), project, title("Elsewhere")));

            assertThat(task(ada, title("Elsewhere"))).isVisible();
        }
    }

    @Test
    void anEditShowsAtOnceAsPendingAndThenAsSaved(Browser browser) {
        try (Page ada = open(browser, "Ada")) {
            assertThat(ada.locator("#board-name")).hasText("Refit");
            server.dropReplies(true);
            server.dropEvents(true);
            try {
                add(ada, title("Slow"));
                assertThat(task(ada, title("Slow"))).hasClass(PENDING);
            } finally {
                server.dropReplies(false);
                server.dropEvents(false);
                server.disconnectAll(); // the store settles what is in doubt when it comes back
            }
            assertThat(task(ada, title("Slow"))).not().hasClass(PENDING);
            assertThat(server.records("task"))
                    .anyMatch(each -> each.path("title").asString("").equals(title("Slow")));
        }
    }

    @Test
    void aRefusedEditIsRolledBackOnTheScreenAndSaysWhy(Browser browser) {
        try (Page ada = open(browser, "Ada")) {
            add(ada, title("First"));
            add(ada, title("Second"));
            task(ada, title("Second")).click();
            ada.keyboard().press("Enter");
            ada.locator(".task input").fill(title("First"));
            ada.keyboard().press("Enter");

            assertThat(ada.locator(".note")).containsText("was not saved");
            assertThat(task(ada, title("First"))).hasCount(1);
            assertThat(task(ada, title("Second"))).isVisible();
        }
    }

    @Test
    void whoGoesOfflineKeepsEditingAndCatchesUp(Browser browser) {
        try (BrowserContext user = browser.newContext();
                Page ben = open(browser, "Ben")) {
            Page ada = Chromium.window(user, "Ada", address());
            add(ada, title("Gone meanwhile"));
            add(ada, title("Stays"));
            assertThat(task(ben, title("Stays"))).isVisible();
            assertThat(task(ben, title("Gone meanwhile"))).isVisible();

            user.setOffline(true);
            assertThat(ada.locator("#banner")).containsText("Offline");
            add(ada, title("Made offline"));
            assertThat(task(ada, title("Made offline"))).hasClass(PENDING);
            task(ben, title("Gone meanwhile")).click();
            ben.keyboard().press("Delete");
            assertThat(task(ben, title("Gone meanwhile"))).hasCount(0);
            assertThat(task(ada, title("Gone meanwhile"))).isVisible();
            user.setOffline(false);

            assertThat(task(ben, title("Made offline"))).isVisible();
            assertThat(task(ada, title("Gone meanwhile"))).hasCount(0);
            assertThat(task(ada, title("Made offline"))).not().hasClass(PENDING);
            assertThat(ada.locator("#banner")).isHidden();
        }
    }

    @Test
    void htmlInATitleStaysText(Browser browser) {
        String html = "<img src=x onerror=\"document.title='broken'\"><b>bold</b> " + project;
        try (Page ada = open(browser, "Ada");
                Page ben = open(browser, "Ben")) {
            add(ada, html);
            assertThat(ben.locator(".task .title")).hasText(html);
            assertThat(ben.locator(".task .title *")).hasCount(0);
            assertThat(ada.locator(".task .title *")).hasCount(0);
            assertThat(ben.title()).doesNotContain("broken");
        }
    }

    @Test
    void everythingCanBeDoneWithTheKeyboard(Browser browser) {
        try (Page ada = open(browser, "Ada")) {
            assertThat(ada.locator("#board-name")).hasText("Refit");
            ada.keyboard().press("n");
            ada.keyboard().type(title("One"));
            ada.keyboard().press("Enter");
            assertThat(task(ada, title("One"))).isVisible();
            ada.keyboard().press("Escape");
            ada.keyboard().press("ArrowDown");
            assertThat(task(ada, title("One"))).hasAttribute("aria-selected", "true");
            ada.keyboard().press("Enter");
            ada.keyboard().press("End");
            ada.keyboard().type(" and a half");
            ada.keyboard().press("Enter");
            assertThat(task(ada, title("One") + " and a half")).isVisible();
            ada.keyboard().press("a");
            assertThat(ada.locator(".task .who")).hasText("@Ada");
            ada.keyboard().press("Shift+ArrowRight");
            assertThat(ada.locator("[data-status=DOING] .task")).hasCount(1);
            ada.keyboard().press("/");
            ada.keyboard().type("nothing has this");
            assertThat(ada.locator(".task")).hasCount(0);
            ada.locator("#filter").fill("");
            ada.keyboard().press("Escape");
            ada.keyboard().press("Delete");
            assertThat(ada.locator(".task")).hasCount(0);
        }
    }

    @Test
    void fiveThousandTasksPutOnlyThoseInSightIntoTheDocument(Browser browser) {
        seed(5_000);
        try (Page ada = open(browser, "Ada")) {
            assertThat(ada.locator("[data-status=OPEN] .count")).hasText("2500");
            assertThat(ada.locator(".task").count()).isLessThan(120);
            ada.locator("[data-status=OPEN] .scroll").focus();
            ada.keyboard().press("ArrowDown");
            ada.keyboard().press("End");
            assertThat(ada.locator("[data-status=OPEN] .task.current")).containsText("#0");
            assertThat(ada.locator(".task").count()).isLessThan(120);
        }
    }

    @Test
    void onAPhoneOneColumnIsShownAtATime(Browser browser) {
        seed(20);
        try (BrowserContext phone = browser.newContext(new Browser.NewContextOptions()
                .setViewportSize(390, 800)
                .setHasTouch(true)
                .setIsMobile(true))) {
            Page page = Chromium.window(phone, "Ada", address());
            assertThat(page.locator("[data-status=OPEN] .task").first()).isVisible();
            page.locator(".tabs [data-column=DONE]").tap();
            assertThat(page.locator("[data-status=DONE] .task").first()).isVisible();
            assertThat(page.locator("[data-status=OPEN].column")).isHidden();
            page.locator("[data-status=DONE] .task").first().tap();
            page.locator("[data-status=DONE] .task.current [data-action=left]").tap();
            assertThat(page.locator("[data-status=DONE] .count")).hasText("4");
            assertThat((Boolean) page.evaluate("document.documentElement.scrollWidth <= innerWidth"))
                    .isTrue();
        }
    }

    @Test
    void aBoardThatIsNotThereSaysSo(Browser browser) {
        project = "nowhere";
        try (Page ada = open(browser, "Ada")) {
            assertThat(ada.locator("#banner")).containsText("There is no such board");
        }
    }

    @Test
    void aBoardCanBeMadeAndIsListed(Browser browser) {
        try (Page ada = Chromium.window(browser, "Ada", board.url() + "/")) {
            ada.fill("#project-name", title("New"));
            ada.keyboard().press("Enter");
            assertThat(ada.locator("#board-name")).hasText(title("New"));
            ada.locator(".brand").click();
            assertThat(ada.locator("#project-list")).containsText(title("New"));
        }
    }

    @Test
    void aBrokerThatDiesIsShownAndEditsAreKept(Browser browser) {
        try (Page ada = open(browser, "Ada")) {
            assertThat(ada.locator("#board-name")).hasText("Refit");
            server.stopBroker();
            try {
                assertThat(ada.locator("#banner")).containsText("no connection to its broker");
                add(ada, title("Kept"));
                assertThat(task(ada, title("Kept"))).hasClass(PENDING);
            } finally {
                server.startBroker();
            }
            board.store().reconnect().block(RunningBoard.PATIENCE);
            assertThat(ada.locator("#banner")).isHidden();
            assertThat(task(ada, title("Kept"))).not().hasClass(PENDING);
        }
    }
}
