package io.stitch.samples.consumers;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Data classes and coroutines, and the guide's page about them. */
public final class KotlinProject {
    private KotlinProject() {}

    /**
     * Called by the project's hook before it is built: writes the program of the guide, which is all its blocks.
     *
     * @param folder the project's
     * @param root the repository's
     */
    public static void prepare(File folder, String root) throws IOException {
        String page = Files.readString(Path.of(root, "docs", "kotlin.md"));
        String program = Pattern.compile("^```kotlin\n(.*?)^```", Pattern.DOTALL | Pattern.MULTILINE)
                .matcher(page)
                .results()
                .map(block -> block.group(1))
                .collect(Collectors.joining("\n", "package com.example.guide\n\n", ""));
        Path guide = folder.toPath().resolve(Path.of("src", "main", "kotlin", "com", "example", "guide", "Guide.kt"));
        Files.createDirectories(guide.getParent());
        Files.writeString(guide, program);
    }

    /** Called by the project's hook. */
    public static void check(File folder) {
        Project project = new Project(folder);
        try (Servers servers = new Servers()) {
            servers.server().put("task", "{\"id\":\"t0\",\"projectId\":\"kotlin\",\"title\":\"Refit the lander\"}");
            try (Program program =
                    project.run("com.example.BoardKt", servers.server().url())) {
                program.expectLine("STREAMED Task(id=t0, projectId=kotlin, title=Refit the lander, done=false)");
                program.expectLine("CREATED Task(id=t1, projectId=kotlin, title=Refit the gimbal, done=false)");
                program.expectLine("LISTED [Refit the lander, Refit the gimbal]");
                program.expectLine("CLOSED");
                program.expectEnd(HeadlessProject.SOON);
            }
            servers.server()
                    .put(
                            "task",
                            "{\"id\":\"g1\",\"projectId\":\"guide\",\"title\":\"Refit the gimbal\",\"done\":false}");
            try (Program program =
                    project.run("com.example.guide.GuideKt", servers.server().url())) {
                program.expectLine("OPEN [Refit the gimbal]");
                program.expectLine("FINISHED Task(id=g1, projectId=guide, title=Refit the gimbal, done=true)");
                program.expectLine("LEFT []");
                program.expectLine("RENAMED Refit the lander's gimbal");
                program.expectLine("MISSING not renamed: NOT_FOUND");
                program.expectLine("CLOSED");
                program.expectEnd(HeadlessProject.SOON);
            }
        }
    }
}
