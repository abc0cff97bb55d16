package io.stitch.samples.consumers;

import java.io.File;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

/** A Spring Boot application, whose versions of Jackson, Netty and Reactor are Spring Boot's. */
public final class BootProject {
    private BootProject() {}

    /** Called by the project's hook. */
    public static void check(File folder) {
        Project project = new Project(folder);
        assertThat(Linkage.missing(project.jars())).isEmpty();
        String jar = project.target().resolve("application.jar").toString();
        try (Servers servers = new Servers();
                Program program = project.java(
                        JavaHome.own(), List.of("-jar", jar, servers.server().url()))) {
            program.expectLine("CONNECTED");
            program.expect("CREATE MutationResult[status=SYNCED, record=Task[id=t1,");
            program.expect("PATCH MutationResult[status=SYNCED, record=Task[id=t1,");
            program.expect("CHANGE MutationResult[status=SYNCED, record=Task[id=t1,");
            program.expectLine("LIST [Task[id=t1, projectId=boot, title=Refitted, done=true]]");
            program.expectLine("READ Task[id=t1, projectId=boot, title=Refitted, done=true]");
            program.expect("DELETE MutationResult[status=SYNCED");
            program.expectLine("CLOSED");
            program.expectEnd(HeadlessProject.SOON);
        }
    }
}
