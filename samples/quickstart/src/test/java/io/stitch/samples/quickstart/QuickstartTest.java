package io.stitch.samples.quickstart;

import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class QuickstartTest {
    private final List<String> lines = Collections.synchronizedList(new ArrayList<>());

    @TempDir
    Path folder;

    private final Narrator narrator = new Narrator(line -> lines.add(withoutTimes(line)));

    @AfterEach
    void closeNarrator() {
        narrator.close();
    }

    private static String withoutTimes(String line) {
        return line.replaceAll("\\+ +[0-9.]+ ms", "+").replaceAll("after [0-9.]+ ms", "after some time");
    }

    @Test
    void theStoryIsTheSameOnANewServerAndOnAnOldOneAndGoesOnWithoutOne() {
        new Quickstart(narrator).play();
        narrator.close();

        int old = lines.indexOf("AN OLD SERVER");
        int none = lines.indexOf("NO SERVER, THREE PEERS");
        assertThat(lines.subList(0, old)).anySatisfy(line -> assertThat(line).contains("the server says protocol 2"));
        assertThat(lines.subList(old, none))
                .anySatisfy(line -> assertThat(line).contains("the server says nothing of itself"));
        assertStory(lines.subList(0, old));
        assertStory(lines.subList(old, none));
        assertPeers(lines.subList(none, lines.size()));
    }

    private static void assertStory(List<String> story) {
        assertThat(story)
                .containsSubsequence(
                        "Ada opens an empty scope and fills it",
                        "  replaceScope(\"apollo\") returned after some time",
                        "  +  ada wrote 341 records; the server answered each, and 341 came in as events",
                        "Ben opens the same scope, and what is there streams in",
                        "  replaceScope(\"apollo\") returned after some time",
                        "  +  ... and 335 more",
                        "Ada edits, and Ben sees what changed",
                        "Ada works offline, Ben goes on, and their work comes together",
                        "  +  ada  has no connection any more",
                        "  +  ada  6 of her edits are QUEUED, 6 are pending, and she sees them all",
                        "  +  ada  connects again; her edits are sent, the two of one task as one",
                        "  +  ada  has nothing pending any more",
                        "Both hold the same",
                        "  project  ada   1   ben   1   the same",
                        "  task     ada 300   ben 300   the same",
                        "  note     ada  40   ben  40   the same",
                        "  74 of the tasks are done",
                        "The broker is down, and Ada starts again: what she had is on her disk",
                        "  replaceScope(\"apollo\") returned after some time",
                        "  +  ... and 338 more, all from disk");
        assertThat(story).filteredOn(line -> line.endsWith("  (STORED)")).hasSize(3);
        assertThat(story).filteredOn(line -> line.startsWith("  +  created ")).hasSize(6 + 3);
        int offline = story.indexOf("Ada works offline, Ben goes on, and their work comes together");
        assertOnline(story.subList(0, offline));
        assertOffline(story.subList(offline, story.size()));
    }

    private static void assertPeers(List<String> story) {
        String taken = "updated  task/t-130      \"Recalibrate the cabin pressure valve\"  assignee: Ravi -> Mara";
        String done = "updated  task/t-130      \"Recalibrate the cabin pressure valve\"  status: OPEN -> DONE";
        String museum = "created  note/n-41       \"The museum lends us its pump.\"";
        String ravi = "updated  task/t-152      \"Remove the glycol pump\"  assignee: Tomasz -> Ravi";
        String gone = "deleted  note/n-07       \"The fuel tank has a hairline scratch next to it...\"";
        assertThat(story)
                .containsSubsequence(
                        "  +  ada  has written 341 records; the broker took each",
                        "  +  ben  heard 341 of them as they came",
                        "  +  cleo said hello and was sent 341",
                        "The network is cut: ada and ben are each alone",
                        "  +  nobody was asked, nobody had to wait, and the three boards differ",
                        "The network is whole again, for ada first, and each sees what the others did",
                        "All three hold the same",
                        "  project  ada   1   ben   1   cleo   1   the same",
                        "  task     ada 300   ben 300   cleo 300   the same",
                        "  note     ada  40   ben  40   cleo  40   the same");
        assertThat(seenBy("ada ", story)).containsExactlyInAnyOrder(ravi, taken, gone);
        assertThat(seenBy("ben ", story)).containsExactlyInAnyOrder(ravi, museum, done);
        assertThat(seenBy("cleo", story))
                .as("edits of two fields of a task both stay")
                .containsExactlyInAnyOrder(done, museum, taken, gone);
    }

    private static List<String> seenBy(String who, List<String> story) {
        String beginning = "  +  " + who + " sees  ";
        return story.stream()
                .filter(line -> line.startsWith(beginning))
                .map(line -> line.substring(beginning.length()))
                .toList();
    }

    private static List<String> linesOf(String who, List<String> story) {
        return story.stream()
                .filter(line -> line.startsWith("  +  " + who + "  "))
                .toList();
    }

    private static void assertOnline(List<String> story) {
        assertThat(linesOf("ada", story))
                .containsExactly(
                        "  +  ada  update   task/t-121: it is done",
                        "  +  ada  sees it herself (LOCAL), before the server answers",
                        "  +  ada  has the server's answer: SYNCED",
                        "  +  ada  update   task/t-152: Ravi takes over, a week later",
                        "  +  ada  create   task/t-301",
                        "  +  ada  create   note/n-41",
                        "  +  ada  update   task/t-199: free for anybody to take",
                        "  +  ada  delete   task/t-247",
                        "  +  ada  update   project/apollo: more time",
                        "  +  ada  update   task/t-247: too late, refused with NOT_FOUND (404)");
        assertThat(linesOf("ben", story))
                .containsExactlyInAnyOrder(
                        "  +  ben  updated  task/t-121      \"Photograph the cabin pressure valve in place\"  status: DOING -> DONE",
                        "  +  ben  updated  task/t-152      \"Remove the glycol pump\"  assignee: Tomasz -> Ravi,"
                                + " due: 2027-03-25 -> 2027-04-01",
                        "  +  ben  created  task/t-301      \"Find a second source for the glycol pump\"",
                        "  +  ben  created  note/n-41       \"The museum lends us its pump until ours is here.\"",
                        "  +  ben  updated  task/t-199      \"Inspect the landing radar for corrosion\"  assignee: Ines -> none",
                        "  +  ben  deleted  task/t-247      \"Compare the S-band transponder with its drawings\"",
                        "  +  ben  updated  project/apollo  \"Apollo lander refit\"  due: 2027-07-12 -> 2027-07-30");
    }

    private static void assertOffline(List<String> story) {
        int connects = story.indexOf("  +  ada  connects again; her edits are sent, the two of one task as one");
        assertThat(linesOf("ada", story.subList(0, connects)))
                .contains(
                        "  +  ada  sees  updated  task/t-130      \"Recalibrate the cabin pressure valve\"  status: OPEN -> DOING  (LOCAL)",
                        "  +  ada  sees  updated  task/t-130      \"Recalibrate the cabin pressure valve\"  status: DOING -> DONE  (LOCAL)",
                        "  +  ada  sees  created  task/t-302      \"Rehearse with the museum's pump\"  (LOCAL)");
        assertThat(linesOf("ben", story.subList(0, connects)))
                .as("he knows nothing of her edits")
                .containsExactly(
                        "  +  ben  update   task/t-160: Claire takes over",
                        "  +  ben  update   task/t-100: done",
                        "  +  ben  delete   task/t-222");
        assertThat(linesOf("ben", story.subList(connects, story.size())))
                .as("her two updates of one task came as one")
                .containsExactlyInAnyOrder(
                        "  +  ben  sees  updated  task/t-130      \"Recalibrate the cabin pressure valve\"  status: OPEN -> DONE",
                        "  +  ben  sees  updated  task/t-160      \"Recalibrate the glycol pump\"  due: 2027-04-22 -> 2027-05-01",
                        "  +  ben  sees  created  task/t-302      \"Rehearse with the museum's pump\"",
                        "  +  ben  sees  deleted  note/n-07       \"The fuel tank has a hairline scratch next to it...\"");
        assertThat(linesOf("ada", story.subList(connects, story.size())))
                .containsExactlyInAnyOrder(
                        "  +  ada  connects again; her edits are sent, the two of one task as one",
                        "  +  ada  sees  updated  task/t-160      \"Recalibrate the glycol pump\"  assignee: Ravi -> Claire",
                        "  +  ada  sees  updated  task/t-100      \"Recalibrate the footpad contact probe\"  status: OPEN -> DONE",
                        "  +  ada  sees  deleted  task/t-222      \"Vibration-test the guidance computer\"",
                        "  +  ada  is told: the update of task/t-222 is undone, DELETED_MEANWHILE; her copy, assigned to Mara,"
                                + " is with the rejection",
                        "  +  ada  has nothing pending any more");
    }

    @Test
    void anActFailsWithWhatIsMissing() {
        try (StitchServer empty = StitchServer.start(StitchServerOptions.defaults())) {
            Mono<Void> play = Mono.usingWhen(
                    Mono.fromSupplier(
                            () -> Stage.at(empty.url(), folder.resolve("ada"), narrator, Duration.ofMillis(100))),
                    new BenOpensTheScope()::play,
                    Stage::close);

            assertThatThrownBy(play::block)
                    .hasMessageContaining("ben has only 0 tasks and 0 notes of the refit's 341 records");
        }
    }
}
