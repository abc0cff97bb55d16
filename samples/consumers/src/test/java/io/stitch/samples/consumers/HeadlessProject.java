package io.stitch.samples.consumers;

import java.io.File;
import java.time.Duration;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

import static org.assertj.core.api.Assertions.assertThat;

/** Programs without anything that keeps the JVM alive, or that is left in it. */
public final class HeadlessProject {
    /** How long a program may live on after its store was closed: less than any thread that is left keeps it alive, on a busy machine. */
    static final Duration SOON = Duration.ofSeconds(8);

    private static final Pattern LEFT = Pattern.compile("^(?:THREAD|DAEMON) .*$", Pattern.MULTILINE);

    private HeadlessProject() {}

    /** Called by the project's hook. */
    public static void check(File folder) {
        Project project = new Project(folder);
        try (Servers servers = new Servers()) {
            waitsForTheStoresEnd(project, servers);
            leavesNothingBehind(project, servers);
        }
    }

    private static void waitsForTheStoresEnd(Project project, Servers servers) {
        try (Program program =
                project.run("com.example.Headless", servers.server().url())) {
            program.expectLine("CONNECTED");
            servers.server().put("task", "{\"id\":\"t1\",\"projectId\":\"headless\",\"title\":\"Refit\"}");
            program.expectLine("DOING Refit");
            assertThat(program.isRunning()).isTrue();
            servers.server().put("task", "{\"id\":\"t2\",\"projectId\":\"headless\",\"title\":\"Stop\"}");
            program.expectLine("DOING Stop");
            program.expectLine("ENDED");
            program.expectEnd(SOON);
        }
    }

    private static void leavesNothingBehind(Project project, Servers servers) {
        try (Program program =
                project.run("com.example.Closing", servers.server().url())) {
            program.expect("status=SYNCED");
            program.expectLine("CLOSED");
            Duration took = program.expectEnd(SOON);
            List<String> left = LEFT.matcher(program.output())
                    .results()
                    .map(MatchResult::group)
                    .toList();
            System.out.println("After close(): " + left + "; the JVM ended " + took.toMillis() + " ms later.");
            assertThat(left)
                    .contains("THREAD main")
                    .noneMatch(thread -> thread.contains("com.hivemq"))
                    // Netty's own, which tells of what has ended, and ends a second later.
                    .filteredOn(thread -> thread.startsWith("THREAD") && !thread.contains("globalEventExecutor"))
                    .hasSize(1);
        }
    }
}
