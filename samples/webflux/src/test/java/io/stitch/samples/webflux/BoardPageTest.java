package io.stitch.samples.webflux;

import com.google.gson.JsonObject;
import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.CDPSession;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ForcedColors;
import io.stitch.server.SampleBoard;
import io.stitch.server.StitchServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.ObjectNode;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
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

    /** With titles that no other test's tasks have: the server would refuse every later change of a task that has another's title. */
    private void seed(int count) {
        List<ObjectNode> tasks = SampleBoard.tasks(project, count);
        tasks.forEach(task -> task.put("title", title(task.path("title").stringValue())));
        server.seed("task", tasks);
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
            assertThat(ben.locator("#viewers"))
                    .hasAttribute("aria-label", "2 here: \u2068%s\u2069, \u2068Ben\u2069".formatted(named));
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
    void whatTheFilterShowsFollowsWhatOthersWrite(Browser browser) {
        try (Page ada = open(browser, "Ada");
                Page ben = open(browser, "Ben")) {
            add(ben, title("Weld"));
            add(ben, title("Paint"));
            assertThat(ada.locator(".task")).hasCount(2);
            ada.locator("#filter").fill("wEL");
            assertThat(ada.locator(".task")).hasCount(1);
            assertThat(ada.locator("[data-status=OPEN] .count")).hasText("1");
            assertThat(task(ada, title("Weld"))).isVisible();
            // Who only looks for something else has not gone.
            assertThat(ben.locator("#viewers li")).hasCount(2);

            task(ben, title("Paint")).click();
            ben.keyboard().press("Enter");
            ben.locator(".task input").fill(title("Welded paint"));
            ben.keyboard().press("Enter");
            assertThat(ada.locator(".task")).hasCount(2);
            task(ben, title("Weld")).click();
            ben.keyboard().press("Delete");
            assertThat(ada.locator(".task")).hasCount(1);
            add(ben, title("Cut"));
            ben.keyboard().press("Escape");
            task(ben, title("Cut")).click();
            assertThat(ada.locator(".task")).hasCount(1);
            ada.locator("#filter").fill("@");
            assertThat(ada.locator(".task")).hasCount(0);
            ada.locator("#filter").fill("eN");
            assertThat(ada.locator(".task")).hasCount(0);
            ben.keyboard().press("a");
            assertThat(task(ada, title("Cut"))).isVisible();
            ada.locator("#filter").fill("");
            assertThat(ada.locator(".task")).hasCount(2);
        }
    }

    @Test
    void theFilterStaysWhenTheLineIsLostAndWaitsForItWhenItChangesMeanwhile(Browser browser) {
        try (BrowserContext user = browser.newContext()) {
            Page ada = Chromium.window(user, "Ada", address());
            add(ada, title("Weld"));
            add(ada, title("Paint"));
            assertThat(task(ada, title("Paint"))).not().hasClass(PENDING);
            ada.locator("#filter").fill("weld");
            assertThat(ada.locator(".task")).hasCount(1);

            user.setOffline(true);
            assertThat(ada.locator("#banner")).containsText("Offline");
            assertThat(ada.locator(".task")).hasCount(1);
            add(ada, title("Made offline"));
            assertThat(task(ada, title("Made offline"))).isVisible();
            ada.locator("#filter").fill("paint");
            assertThat(ada.locator("#banner")).containsText("The filter has to wait, too.");
            assertThat(ada.locator("#filter")).hasAttribute("aria-busy", "true");
            user.setOffline(false);

            assertThat(task(ada, title("Paint"))).isVisible();
            assertThat(ada.locator(".task")).hasCount(1);
            assertThat(ada.locator("#filter")).hasAttribute("aria-busy", "false");
        }
    }

    /** Also if the service answers while somebody types on, and what was typed is taken back. */
    @Test
    void whoTypesFastSeesWhatTheLastTextFinds(Browser browser) {
        try (Page ada = open(browser, "Ada")) {
            add(ada, title("Weld"));
            add(ada, title("Paint"));
            assertThat(ada.locator(".task")).hasCount(2);
            for (String text : List.of("weld", "", "weld", "paint", "", "paint", "w", "", "weld")) {
                ada.locator("#filter").fill(text);
            }
            assertThat(ada.locator(".task")).hasCount(1);
            assertThat(task(ada, title("Weld"))).isVisible();
            ada.locator("#filter").fill("");
            assertThat(ada.locator(".task")).hasCount(2);
            ada.locator("#filter").fill("weld");
            assertThat(ada.locator(".task")).hasCount(1);
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
            assertThat(page.locator("[data-status=DONE] .scroll")).isFocused();
            assertThat((Boolean) page.evaluate("document.documentElement.scrollWidth <= innerWidth"))
                    .isTrue();
            page.locator(".tabs [data-column=DOING]").tap();
            assertThat(page.locator("[data-status=DOING] .task.pending")).hasCount(0);
            assertThat(page.locator(".tabs [data-column=DOING]")).hasText("Doing 6");
            assertThat(page.locator(".note")).hasCount(0);
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
            assertThat(ada.locator("#banner")).containsText("The service has no connection to its broker.");
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

    @Test
    void whatWaitsIsListedWithTheReasonAndCanBeTakenBack(Browser browser) {
        seed(1);
        String seeded = title(SampleBoard.tasks(project, 1).get(0).path("title").stringValue());
        try (Page ada = open(browser, "Ada");
                Page ben = open(browser, "Ben")) {
            assertThat(task(ada, seeded)).isVisible();
            server.stopBroker();
            try {
                assertThat(ada.locator("#banner")).containsText("no connection to its broker");
                assertThat(ada.locator("#show-waiting")).isHidden();
                add(ada, title("Kept"));
                add(ada, title("Unwanted"));
                ada.locator("#show-waiting").click();
                Locator waiting = ada.locator("#waiting-list li");
                assertThat(waiting).hasCount(2);
                assertThat(waiting.first()).containsText("Added the task “" + title("Kept") + "”.");
                assertThat(waiting.first()).containsText("The service has no connection to its server.");
                assertThat(waiting.first().getByText("Try now")).isHidden();
                everyControlHasAName(ada, 5);

                waiting.nth(1).getByText("Take back").click();

                assertThat(waiting).hasCount(1);
                assertThat(waiting.first().getByText("Take back")).isFocused();
                assertThat(task(ada, title("Unwanted"))).hasCount(0);
                assertThat(task(ben, title("Unwanted"))).hasCount(0);
                assertThat(task(ben, title("Kept"))).isVisible();
                ada.keyboard().press("Escape");
                assertThat(ada.locator("#waiting")).isHidden();
                assertThat(ada.locator("#show-waiting")).isFocused();
            } finally {
                server.startBroker();
            }
            board.store().reconnect().block(RunningBoard.PATIENCE);
            assertThat(task(ada, title("Kept"))).not().hasClass(PENDING);
            assertThat(ada.locator("#show-waiting")).isHidden();
        }
    }

    // ---- the list of boards ----

    private static Locator listed(Page page, String name) {
        return page.locator("#project-list li").filter(new Locator.FilterOptions().setHasText(name));
    }

    @Test
    void theListOfBoardsFollowsWhatOthersMakeRenameAndDelete(Browser browser) {
        try (Page ada = Chromium.window(browser, "Ada", board.url() + "/")) {
            assertThat(listed(ada, "Refit").first()).isVisible();
            String other = UUID.randomUUID().toString();
            server.put("project", SampleBoard.project(other, "Alpha " + project).toString());
            assertThat(listed(ada, "Alpha " + project)).isVisible();
            listed(ada, "Alpha " + project).locator("a").focus();
            server.put("project", SampleBoard.project(other, "Zeta " + project).toString());
            assertThat(listed(ada, "Zeta " + project)).isVisible();
            assertThat(listed(ada, "Alpha " + project)).hasCount(0);
            assertThat(listed(ada, "Zeta " + project).locator("a")).isFocused();
            server.delete("project", other);
            assertThat(listed(ada, "Zeta " + project)).hasCount(0);
            assertThat(ada.locator("#project-list a:focus, #project-name:focus"))
                    .hasCount(1);
        }
    }

    // ---- refusals ----

    private void putTask(String id, String title) {
        server.put(
                "task",
                "{\"id\":\"%s\",\"projectId\":\"%s\",\"title\":\"%s\",\"status\":\"OPEN\"}"
                        .formatted(id, project, title));
    }

    /** Whoever edits when the task goes away is not told of ids and addresses. */
    @Test
    void anEditOfATaskThatSomebodyDeletedIsToldWithTheTitleThatItHad(Browser browser) {
        String id = UUID.randomUUID().toString();
        putTask(id, "Weld the strut");
        try (Page ada = open(browser, "Ada")) {
            task(ada, "Weld the strut").click();
            ada.keyboard().press("Enter");
            ada.locator(".task input").fill("Solder the strut");
            server.delete("task", id);
            assertThat(ada.locator(".note"))
                    .hasText("The task “Weld the strut” was not renamed to “Solder the strut”."
                            + " Somebody has deleted it meanwhile. If it is still needed, create it anew.✕");
            assertThat(ada.locator("[data-status=OPEN] .scroll")).isFocused();
        }
    }

    @Test
    void anEditThatWasMadeOfflineOfATaskThatSomebodyDeletedIsToldWithTheTitleThatItHad(Browser browser) {
        String id = UUID.randomUUID().toString();
        putTask(id, "Weld the mast");
        try (BrowserContext user = browser.newContext()) {
            Page ada = Chromium.window(user, "Ada", address());
            task(ada, "Weld the mast").click();
            user.setOffline(true);
            for (String title : new String[] {"Solder the mast", "Glue the mast"}) {
                ada.keyboard().press("Enter");
                ada.locator(".task input").fill(title);
                ada.keyboard().press("Enter");
            }
            assertThat(task(ada, "Glue the mast")).isVisible();
            server.delete("task", id);
            user.setOffline(false);
            assertThat(ada.locator(".note")).hasCount(2);
            assertThat(ada.locator(".note").first())
                    .containsText(
                            "The task “Weld the mast” was not renamed to “Solder the mast”. Somebody has deleted it");
            assertThat(ada.locator(".note").last())
                    .containsText(
                            "The task “Weld the mast” was not renamed to “Glue the mast”. Somebody has deleted it");
            assertThat(ada.locator(".task")).hasCount(0);
        }
    }

    @Test
    void aWriteThatTheServiceKeptAndLostToADeleteIsToldWithTheTitleThatItHad(Browser browser) {
        String id = UUID.randomUUID().toString();
        putTask(id, "Weld the hatch");
        try (Page ada = open(browser, "Ada")) {
            task(ada, "Weld the hatch").click();
            server.stopBroker();
            try {
                assertThat(ada.locator("#banner")).containsText("no connection to its broker");
                ada.keyboard().press("Enter");
                ada.locator(".task input").fill("Solder the hatch");
                ada.keyboard().press("Enter");
                assertThat(ada.locator(".task.pending .state")).hasText("waiting …");
                server.delete("task", id);
            } finally {
                server.startBroker();
            }
            board.store().reconnect().block(RunningBoard.PATIENCE);
            assertThat(ada.locator(".note"))
                    .containsText(
                            "The task “Weld the hatch” was not renamed to “Solder the hatch”. Somebody has deleted it");
        }
    }

    // ---- a board that is gone ----

    private static void isClosed(Page page, String reason) {
        assertThat(page.locator("#banner")).containsText(reason);
        assertThat(page.locator("#board input:enabled, #board button:enabled")).hasCount(0);
        assertThat(page.locator("#board [tabindex='0']")).hasCount(0);
        for (String key : new String[] {"n", "/", "ArrowDown", "Enter", "Delete"}) {
            page.keyboard().press(key);
        }
        assertThat(page.locator("#board :focus")).hasCount(0);
        assertThat(page.locator(".task.current")).hasCount(0);
    }

    @Test
    void aBoardThatWasDeletedTakesNoEditsAndSaysWhy(Browser browser) {
        seed(3);
        try (Page ada = open(browser, "Ada")) {
            assertThat(ada.locator(".task").first()).isVisible();
            assertThat(ada.locator("#board input:enabled")).hasCount(2);
            server.delete("project", project);
            isClosed(ada, "This board was deleted.");
            assertThat(ada.locator("#board-name")).hasText("Refit");

            String other = BoardExtension.newProject(server);
            ada.navigate(board.url() + "/#/p/" + other);
            assertThat(ada.locator("#board input:enabled")).hasCount(2);
            assertThat(ada.locator("#banner")).isHidden();
            add(ada, title("Goes on"));
            assertThat(task(ada, title("Goes on"))).isVisible();
        }
    }

    @Test
    void aBoardThatIsNotThereTakesNoEdits(Browser browser) {
        project = "nowhere";
        try (Page ada = open(browser, "Ada")) {
            isClosed(ada, "There is no such board.");
        }
    }

    @Test
    void aBoardWhoseDeleteIsRefusedIsOpenAgain(Browser browser) {
        try (Page ada = open(browser, "Ada")) {
            assertThat(ada.locator("#board-name")).hasText("Refit");
            server.stopBroker();
            try {
                assertThat(ada.locator("#banner")).containsText("no connection to its broker");
                board.client()
                        .delete()
                        .uri("/api/projects/" + project)
                        .exchange()
                        .expectStatus()
                        .isAccepted();
                assertThat(ada.locator("#banner")).containsText("This board was deleted.");
                // The delete is among the first requests of the new connection.
                server.failRequests(100, 403, "not yours");
            } finally {
                server.startBroker();
            }
            board.store().reconnect().block(RunningBoard.PATIENCE);
            assertThat(ada.locator(".note")).isVisible();
            server.failRequests(0, 403, "not yours");
            assertThat(ada.locator("#banner")).isHidden();
            assertThat(ada.locator("#board input:enabled")).hasCount(2);
            assertThat(ada.locator(".note")).containsText("The board “Refit” was not deleted.");
        }
    }

    // ---- the direction of text ----

    private static final String TURN = "\u202E";
    private static final String END_OF_ISOLATE = "\u2069";

    /** Whether the last words of a text are in their order, from left to right, and behind what is in the element before them. */
    private static final String IN_ORDER =
            "node => { const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);"
                    + " let last; while (walker.nextNode()) if (walker.currentNode.data.trim().length > 3) last = walker.currentNode;"
                    + " const place = (word) => { const range = document.createRange(); const at = last.data.lastIndexOf(word);"
                    + " range.setStart(last, at); range.setEnd(last, at + word.length); return range.getBoundingClientRect(); };"
                    + " const words = last.data.trim().split(/\\s+/).slice(-2); const one = place(words[0]), two = place(words[1]);"
                    + " return one.top < two.top || one.left < two.left; }";

    @Test
    void aTitleThatTurnsTheTextAroundTurnsNothingButItself(Browser browser) {
        // With the end of an isolate first, which would let the rest of it out of one.
        String hostile = END_OF_ISOLATE + TURN + "Weld " + project;
        server.put("project", SampleBoard.project(project, TURN + "Refit").toString());
        try (Page ada = open(browser, TURN + "Ada");
                Page ben = open(browser, "Ben")) {
            add(ada, hostile);
            assertThat(ada.locator(".task .title")).hasText(TURN + "Weld " + project + "\u202C");
            add(ada, hostile);
            assertThat(ada.locator(".note")).containsText("Choose another title");
            assertThat((Boolean) ada.locator(".note span").evaluate(IN_ORDER)).isTrue();
            assertThat(ada.locator(".note bdi")).hasText(TURN + "Weld " + project + "\u202C");
            // Where there is text alone, isolates are around what somebody wrote, and closed.
            assertThat(ada.title()).isEqualTo("\u2068" + TURN + "Refit\u202C\u2069 · Task board");
            assertThat(ada.locator(".task"))
                    .hasAttribute(
                            "aria-label",
                            Pattern.compile("^\u2068" + TURN + "Weld " + project + "\u202C\u2069(, saved)?$"));
            assertThat(ben.locator("#viewers"))
                    .hasAttribute("aria-label", "2 here: \u2068" + TURN + "Ada\u202C\u2069, \u2068Ben\u2069");
            // Each name, title and board is in an element that what it says cannot leave.
            for (Page page : new Page[] {ada, ben}) {
                assertThat(page.locator("bdi#board-name")).hasCount(1);
                assertThat(page.locator(".task bdi.title")).hasCount(1);
                assertThat(page.locator("#viewers li bdi")).hasCount(2);
            }
            assertThat(ada.locator("input:not([dir=auto])")).hasCount(0);
            ada.locator(".brand").click();
            assertThat(listed(ada, "Refit").locator("a > bdi").first()).isVisible();
        }
    }

    @Test
    void everyTurnOfDirectionEndsWhereTheTextEnds(Browser browser) {
        try (Page ada = open(browser, "Ada")) {
            Object balanced = ada.evaluate("""
                    async () => {
                      const { balanced } = await import("/js/text.js");
                      const shown = (text) => [...balanced(text)].map((c) => c > "\\u007f" ? c.codePointAt(0).toString(16) : c).join("");
                      return ["a\\u202eb", "\\u2066a\\u202eb", "a\\u2069b", "a\\u202cb", "\\u2067a\\u202eb\\u2069c", "\\u202ea\\u2068b\\u202cc", "\\u200fa", "a\\u2029b"]
                        .map(shown).join(" ");
                    }
                    """);
            assertThat(balanced)
                    .isEqualTo("a202eb202c 2066a202eb202c2069 ab ab 2067a202eb2069c 202ea2068bc2069202c 200fa a b");
        }
    }

    // ---- focus, names, colours ----

    @Test
    void theFocusFollowsATaskThatIsMovedWithTheKeys(Browser browser) {
        try (Page ada = open(browser, "Ada")) {
            add(ada, title("Other"));
            add(ada, title("Moved"));
            task(ada, title("Moved")).click();
            for (String column : new String[] {"DOING", "DONE"}) {
                ada.keyboard().press("Shift+ArrowRight");
                assertThat(ada.locator("[data-status=%s] .scroll".formatted(column)))
                        .isFocused();
                assertThat(ada.locator("[data-status=%s] .task.current".formatted(column)))
                        .containsText(title("Moved"));
                assertThat(ada.locator("#said")).containsText("moved to " + (column.equals("DONE") ? "Done" : "Doing"));
            }
            String active = ada.locator("[data-status=DONE] .scroll").getAttribute("aria-activedescendant");
            assertThat(ada.locator("[id='" + active + "']")).containsText(title("Moved"));
            ada.keyboard().press("Shift+ArrowLeft");
            assertThat(ada.locator("[data-status=DOING] .scroll")).isFocused();
            ada.keyboard().press("Delete");
            assertThat(task(ada, title("Moved"))).hasCount(0);
            assertThat(task(ada, title("Other"))).isVisible();
        }
    }

    /** What Chromium tells screen readers: a role and a name for each. */
    private static List<Accessible> accessible(Page page) {
        CDPSession session = page.context().newCDPSession(page);
        JsonObject tree = session.send("Accessibility.getFullAXTree");
        session.detach();
        List<Accessible> found = new ArrayList<>();
        tree.getAsJsonArray("nodes").forEach(each -> {
            JsonObject node = each.getAsJsonObject();
            if (!node.get("ignored").getAsBoolean() && node.has("role")) {
                found.add(new Accessible(text(node, "role"), text(node, "name")));
            }
        });
        return found;
    }

    private static String text(JsonObject node, String property) {
        return node.has(property) && node.getAsJsonObject(property).has("value")
                ? node.getAsJsonObject(property).get("value").getAsString()
                : "";
    }

    private record Accessible(String role, String name) {}

    private static final Set<String> CONTROLS =
            Set.of("button", "textbox", "searchbox", "link", "listbox", "option", "toolbar", "list", "main", "group");

    private void everyControlHasAName(Page page, int atLeast) {
        List<Accessible> controls = accessible(page).stream()
                .filter(each -> CONTROLS.contains(each.role()))
                .toList();
        assertThat(controls)
                .hasSizeGreaterThanOrEqualTo(atLeast)
                .allSatisfy(each -> assertThat(each.name())
                        .as("the name of a %s", each.role())
                        .isNotBlank());
        // A placeholder goes when somebody types, so it is no label.
        Object unlabelled = page.evaluate(
                "[...document.querySelectorAll('input')].filter(input => input.checkVisibility()"
                        + " && !input.ariaLabel && ![...input.labels].some(label => label.textContent.trim())).map(input => input.id)");
        assertThat(unlabelled).asString().isEqualTo("[]");
    }

    @ParameterizedTest
    @ValueSource(ints = {1200, 390})
    void everyControlHasAName(int width, Browser browser) {
        seed(20);
        try (BrowserContext user = browser.newContext(
                new Browser.NewContextOptions().setViewportSize(width, 800).setHasTouch(width < 500))) {
            Page page = Chromium.window(user, "Ada", address());
            page.locator("[data-status=OPEN] .task").first().click();
            everyControlHasAName(page, 10);
            assertThat(accessible(page)).contains(new Accessible("textbox", "You are"));
            page.locator("[data-status=OPEN] .task").first().dblclick();
            assertThat(page.locator(".task input")).isFocused();
            everyControlHasAName(page, 10);
            page.locator(".brand").click();
            assertThat(listed(page, "Refit").first()).isVisible();
            everyControlHasAName(page, 4);
        }
    }

    @Test
    void aTaskIsCalledByItsTitleAndItsStateAndNothingElse(Browser browser) {
        try (BrowserContext user = browser.newContext()) {
            Page ada = Chromium.window(user, "Ada", address());
            add(ada, title("Weld"));
            assertThat(ada.locator(".task.confirmed, .task.pending")).hasCount(0);
            task(ada, title("Weld")).click();
            assertThat(accessible(ada)).contains(new Accessible("option", "\u2068" + title("Weld") + "\u2069"));
            user.setOffline(true);
            assertThat(ada.locator("#banner")).isVisible();
            ada.keyboard().press("a");
            assertThat(ada.locator(".task.pending .state")).hasText("waiting …");
            assertThat(accessible(ada))
                    .contains(new Accessible("option", "\u2068" + title("Weld") + "\u2069, waiting"));
            assertThat(accessible(ada).stream().filter(each -> each.name().contains("Move left")))
                    .isEmpty();
        }
    }

    private static Object outline(Locator place) {
        return place.evaluate("node => { const style = getComputedStyle(node);"
                + " return style.outlineStyle === 'none' ? 'none' : style.outlineStyle + ' ' + style.outlineWidth; }");
    }

    @Test
    void inForcedColoursTheSelectionIsSeen(Browser browser) {
        seed(20);
        try (BrowserContext user =
                        browser.newContext(new Browser.NewContextOptions().setForcedColors(ForcedColors.ACTIVE));
                BrowserContext phone = browser.newContext(new Browser.NewContextOptions()
                        .setForcedColors(ForcedColors.ACTIVE)
                        .setViewportSize(390, 800))) {
            Page page = Chromium.window(user, "Ada", address());
            page.locator("[data-status=OPEN] .task").first().click();
            assertThat(outline(page.locator(".task.current"))).isEqualTo("solid 3px");
            assertThat(outline(page.locator(".task:not(.current)").first())).isEqualTo("none");

            Page narrow = Chromium.window(phone, "Ada", address());
            Locator pressed = narrow.locator(".tabs [aria-pressed=true]");
            assertThat(pressed).hasCount(1);
            String background = "node => getComputedStyle(node).backgroundColor";
            assertThat(pressed.evaluate(background))
                    .isNotEqualTo(
                            narrow.locator(".tabs [aria-pressed=false]").first().evaluate(background));
        }
    }
}
