package io.stitch.samples.consumers;

import io.stitch.server.PlainBroker;

import java.io.File;
import java.util.ArrayList;
import java.util.List;

/** An application that is a module, with nothing on the class path: with peers, and with a server. */
public final class ModulePathProject {
    private ModulePathProject() {}

    /** Called by the project's hook. */
    public static void check(File folder) {
        Project project = new Project(folder);
        for (JavaHome java : JavaHome.ownAndNewer()) {
            String file = project.target().resolve("data-" + java.feature()).toString();
            try (PlainBroker broker = PlainBroker.start()) {
                startTwice(project, java, file + "-peer", broker.url());
            }
            try (Servers servers = new Servers()) {
                startTwice(project, java, file + "-server", servers.server().url(), servers.ticketUrl());
            }
        }
    }

    private static void startTwice(Project project, JavaHome java, String... arguments) {
        try (Program first = board(project, java, arguments)) {
            expect(first, "FROM DISK []", "id=t1,");
        }
        try (Program second = board(project, java, arguments)) {
            expect(second, "FROM DISK [Task[id=t1, projectId=modules, title=Task t1]]", "id=t2,");
        }
    }

    private static Program board(Project project, JavaHome java, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                "-p",
                project.classes() + File.pathSeparator + project.dependencies(),
                "-m",
                "com.example.board/com.example.board.Board"));
        command.addAll(List.of(arguments));
        return project.java(java, command);
    }

    private static void expect(Program program, String fromDisk, String written) {
        program.expectLine("module com.example.board");
        program.expectLine(fromDisk);
        program.expectLine("CONNECTED");
        program.expect("[status=SYNCED, record=Task[" + written);
        program.expectLine("CLOSED");
        program.expectEnd(HeadlessProject.SOON);
    }
}
