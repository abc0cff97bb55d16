package io.stitch.samples.webflux;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import io.stitch.server.SampleBoard;
import io.stitch.server.StitchServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.UUID;
import java.util.regex.Pattern;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

/** The page, in a real browser. */
@EnabledIf(value = "io.stitch.samples.webflux.Chromium#isExpected", disabledReason = Chromium.ADVICE)
@ExtendWith({Chromium.class, BoardExtension.class})
class BoardPageTest {
    private static final Pattern PENDING = Pattern.compile("pending");

    private final StitchServer server;
    private final RunningBoard board;
    private String project;

    BoardPageTest(StitchServer server, RunningBoard board) {
        this.server = server;
        this.board = board;
        this.project = BoardExtension.newProject(server);
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

            assertThat(ada.locator(".note"))
                    .containsText("The task “%s” was not renamed to “%s”.".formatted(title("Second"), title("First")));
            assertThat(ada.locator(".note")).containsText("Choose another title and try again.");
            assertThat(task(ada, title("First"))).hasCount(1);
            assertThat(task(ada, title("Second"))).isVisible();
        }
    }

    @Test
    void aWriteThatIsRefusedLaterSaysWhichTaskAndWhatToDo(Browser browser) {
        try (Page ada = open(browser, "Ada")) {
            add(ada, title("First"));
            assertThat(task(ada, title("First"))).not().hasClass(PENDING);
            server.stopBroker();
            try {
                assertThat(ada.locator("#banner")).containsText("no connection to its broker");
                add(ada, title("First"));
                assertThat(task(ada, title("First"))).hasCount(2);
                assertThat(ada.locator(".task.pending .state")).hasText("waiting …");
            } finally {
                server.startBroker();
            }
            board.store().reconnect().block(RunningBoard.PATIENCE);
            assertThat(ada.locator(".note"))
                    .containsText("The task “%s” was not added. The server forbids it".formatted(title("First")));
            assertThat(task(ada, title("First"))).hasCount(1);
            assertThat(ada.locator(".task.pending")).hasCount(0);
        }
    }

    /** The answer to an edit may come after the stream has told of it and of what followed. */
    @Test
    void anAnswerThatComesLateChangesNothingThatTheStreamToldSince(Browser browser) {
        try (Page ada = open(browser, "Ada")) {
            Object shown = ada.evaluate("""
                    async () => {
                      const { Model } = await import("/js/model.js");
                      const model = new Model();
                      model.begin();
                      const told = (operation, origin, pending, title) =>
                        model.apply({ entity: "task", id: "t", operation, origin, pending, record: { id: "t", title } });
                      told("CREATED", "STORED", false, "one");
                      const late = { kind: "update", id: "t", fields: { title: "two" } };
                      model.edit(late);
                      told("UPDATED", "LOCAL", true, "two");
                      told("UPDATED", "LOCAL", false, "two");
                      told("UPDATED", "REMOTE", false, "three");
                      model.settle(late, { record: { id: "t", title: "two" }, queued: true });
                      const kept = model.task("t");
                      const gone = { kind: "update", id: "t", fields: { title: "four" } };
                      model.edit(gone);
                      told("DELETED", "REMOTE", false, "three");
                      model.settle(gone, { record: { id: "t", title: "four" } });
                      return `${kept.title} ${kept.state} ${model.task("t")}`;
                    }
                    """);
            assertThat(shown).isEqualTo("three confirmed null");
        }
    }

    /** What was answered while there was no stream is settled by the next one. */
    @Test
    void aStreamThatComesBackSettlesWhatWasAnsweredMeanwhile(Browser browser) {
        try (Page ada = open(browser, "Ada")) {
            Object shown = ada.evaluate("""
                    async () => {
                      const { Model } = await import("/js/model.js");
                      const model = new Model();
                      const made = (id) => {
                        const edit = { kind: "create", id, fields: { title: id } };
                        model.edit(edit);
                        return edit;
                      };
                      const queued = [made("saved"), made("refused")];
                      const late = made("deleted");
                      for (const edit of queued) model.settle(edit, { record: { id: edit.id }, queued: true });
                      const before = ["saved", "refused"].map((id) => model.task(id).state);
                      model.begin();
                      model.settle(late, { record: { id: "deleted" } });
                      model.apply({ entity: "task", id: "saved", operation: "CREATED", origin: "STORED", pending: false, record: {} });
                      model.keepOnly(["saved"]);
                      return [...before, model.task("saved").state, ...model.tasks().map((task) => task.id)].join(" ");
                    }
                    """);
            assertThat(shown).isEqualTo("pending pending confirmed saved");
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
            add(ada, html);
            assertThat(ada.locator(".note")).containsText("The task “" + html + "” was not added.");
            assertThat(ada.locator(".note img, .note b")).hasCount(0);
            assertThat(ben.title()).doesNotContain("broken");
            assertThat(ada.title()).doesNotContain("broken");
        }
        String named = "<b>Ada</b>";
        try (Page ada = open(browser, named);
                Page ben = open(browser, "Ben")) {
            assertThat(ben.locator("#viewers")).hasAttribute("aria-label", "2 here: %s, Ben".formatted(named));
            assertThat(ben.locator("#viewers b")).hasCount(0);
            ada.keyboard().press("ArrowDown");
            ada.keyboard().press("a");
            assertThat(ben.locator(".task .who")).hasText("@" + named);
            assertThat(ben.locator(".task .who *")).hasCount(0);
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
            page.locator("#selected [data-action=left]").tap();
            assertThat(page.locator(".tabs [data-column=DONE]")).hasText("Done 4");
            assertThat(page.locator("#selected")).isHidden();
            assertThat((Boolean) page.evaluate("document.documentElement.scrollWidth <= innerWidth"))
                    .isTrue();
        }
    }

    @Test
    void onAPhoneATaskThatWaitsKeepsItsTitleWhileItIsSelected(Browser browser) {
        try (BrowserContext phone = browser.newContext(new Browser.NewContextOptions()
                .setViewportSize(360, 740)
                .setHasTouch(true)
                .setIsMobile(true))) {
            Page page = Chromium.window(phone, "Ada", address());
            assertThat(page.locator("#board-name")).hasText("Refit");
            phone.setOffline(true);
            add(page, "Ask the museum for its drawings");
            Locator waiting = page.locator(".task.current.pending");
            assertThat(waiting.locator(".state")).hasText("waiting …");
            assertThat((Boolean) waiting.locator(".title").evaluate("title => title.scrollWidth <= title.clientWidth"))
                    .isTrue();
            for (Locator button : page.locator("#selected button:visible").all()) {
                assertThat(button.boundingBox().height).isGreaterThanOrEqualTo(44);
                assertThat(button.boundingBox().width).isGreaterThanOrEqualTo(44);
            }
            page.locator("#selected [data-action=assign]").tap();
            assertThat(waiting.locator(".who")).hasText("@Ada");
            page.locator("#selected [data-action=edit]").tap();
            page.locator(".task input").fill("Ask the museum");
            page.keyboard().press("Enter");
            assertThat(waiting.locator(".title")).hasText("Ask the museum");
            page.locator("#selected [data-action=delete]").tap();
            assertThat(page.locator(".task")).hasCount(0);
        }
    }

    @Test
    void aServiceThatHasNoBrokerSaysSo(Browser browser) {
        try (RunningBoard alone = RunningBoard.at("mqtt://127.0.0.1:1");
                Page ada = Chromium.window(browser, "Ada", alone.url() + "/")) {
            assertThat(ada.locator("#banner"))
                    .hasText("The service has no connection to its server. Try again in a moment.");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"nowhere", "create", "a%2Fb", "%"})
    void aBoardThatIsNotThereSaysSo(String id, Browser browser) {
        project = id;
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
