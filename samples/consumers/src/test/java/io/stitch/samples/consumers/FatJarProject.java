package io.stitch.samples.consumers;

import java.io.File;
import java.util.List;

/** All jars unpacked into one, as an assembly does it that knows nothing of this library. */
public final class FatJarProject {
    private FatJarProject() {}

    /** Called by the project's hook. */
    public static void check(File folder) {
        Project project = new Project(folder);
        String jar = project.target().resolve("fat-jar-with-dependencies.jar").toString();
        try (Servers servers = new Servers();
                Program program = project.java(
                        JavaHome.own(), List.of("-jar", jar, servers.server().url()))) {
            program.expectLine("CONNECTED");
            program.expect("status=SYNCED");
            program.expectLine("CLOSED");
            program.expectEnd(HeadlessProject.SOON);
        }
    }
}
