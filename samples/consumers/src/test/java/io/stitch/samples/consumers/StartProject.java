package io.stitch.samples.consumers;

import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The project of docs/start.md, from the text of the page, by the command of the page. */
public final class StartProject {
    private static final Path PROGRAM = Path.of("src", "main", "java", "TaskBoard.java");
    static final String PAGES_VERSION = "<version>0.1.0-SNAPSHOT<";
    private static final String PAGES_URL = "mqtt://localhost:1883";

    private StartProject() {}

    /**
     * Called by the project's hook before it is built: writes what the page shows.
     *
     * @param folder the project's
     * @param guide the page
     * @param version this build's version, which a release is told on the command line, and the page cannot know
     */
    public static void prepare(File folder, String guide, String version) throws IOException {
        String page = Files.readString(Path.of(guide));
        Path program = folder.toPath().resolve(PROGRAM);
        Files.createDirectories(program.getParent());
        Files.writeString(
                folder.toPath().resolve("pom.xml"),
                block(page, "xml", "<artifactId>task-board").replace(PAGES_VERSION, "<version>" + version + "<"));
        Files.writeString(program, block(page, "java", "class TaskBoard"));
        Files.writeString(folder.toPath().resolve("command"), block(page, "sh", "exec-maven-plugin"));
    }

    /** The block of code in a page that has a text in it. */
    static String block(String page, String language, String text) {
        Matcher blocks = Pattern.compile("^```" + language + "\n(.*?)^```", Pattern.DOTALL | Pattern.MULTILINE)
                .matcher(page);
        while (blocks.find()) {
            if (blocks.group(1).contains(text)) {
                return blocks.group(1);
            }
        }
        throw new AssertionError("The page has no block of " + language + " with '" + text + "'.");
    }

    /**
     * Called by the project's hook when it has been compiled as it is on the page: runs two of it, on a server on a free port.
     *
     * @param folder the project's
     * @param repository the local repository with this build's artifacts
     * @param settings the settings for Maven
     */
    public static void check(File folder, File repository, String settings) throws IOException {
        Project project = new Project(folder);
        Path program = project.folder().resolve(PROGRAM);
        String original = Files.readString(program);
        List<String> command =
                command(Files.readString(project.folder().resolve("command")).strip(), repository, settings);
        for (JavaHome java : JavaHome.ownAndNewer()) {
            try (StitchServer server = StitchServer.start(StitchServerOptions.defaults())) {
                String changed = original.replace(PAGES_URL, "mqtt://localhost:" + server.port());
                if (changed.equals(original)) {
                    throw new AssertionError("The page's program does not connect to " + PAGES_URL + ".");
                }
                Files.writeString(program, changed);
                twoSeeEachOther(project, command, java);
            }
        }
    }

    /** The page's command, by the Maven that runs this. */
    private static List<String> command(String line, File repository, String settings) {
        List<String> command = new ArrayList<>(List.of(line.split(" ", -1)));
        if (!command.get(0).equals("mvn")) {
            throw new AssertionError("The page's command is none of Maven's: " + line);
        }
        command.set(0, Path.of(System.getProperty("maven.home"), "bin", "mvn").toString());
        command.addAll(1, List.of("-s", settings, "-Dmaven.repo.local=" + repository));
        // Whoever needs a mirror or a proxy has it there; a second file of settings is the global one.
        Path own = Path.of(System.getProperty("user.home"), ".m2", "settings.xml");
        if (Files.exists(own)) {
            command.addAll(1, List.of("-gs", own.toString()));
        }
        return command;
    }

    private static void twoSeeEachOther(Project project, List<String> command, JavaHome java) {
        Map<String, String> environment = Map.of("JAVA_HOME", java.folder().toString());
        try (Program one = Program.start(project.folder(), command, environment)) {
            one.expectLine("[]");
            one.expectLine("CONNECTED");
            try (Program two = Program.start(project.folder(), command, environment)) {
                two.expectLine("CONNECTED");
                one.type("add Refit the gimbal");
                one.expect("title=Refit the gimbal, done=false");
                two.expect("title=Refit the gimbal, done=false");
                two.type("Refit the gimbal");
                two.expect("title=Refit the gimbal, done=true");
                one.expect("title=Refit the gimbal, done=true");
                two.endInput();
                two.expectEnd(HeadlessProject.SOON);
            }
            one.endInput();
            Duration took = one.expectEnd(HeadlessProject.SOON);
            System.out.println("On Java " + java.feature() + " Maven ended " + took.toMillis() + " ms after Ctrl-D.");
        }
    }
}
