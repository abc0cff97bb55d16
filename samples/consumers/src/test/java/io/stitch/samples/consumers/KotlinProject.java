package io.stitch.samples.consumers;

import java.io.File;

/** Data classes and coroutines. */
public final class KotlinProject {
    private KotlinProject() {}

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
        }
    }
}
