package io.stitch.samples.consumers;

import java.io.File;

import static org.assertj.core.api.Assertions.assertThat;

/** A ticket over HTTP, and MQTT in a WebSocket. */
public final class TicketsProject {
    private TicketsProject() {}

    /** Called by the project's hook. */
    public static void check(File folder) {
        Project project = new Project(folder);
        try (Servers servers = new Servers();
                Program program =
                        project.run("com.example.Tickets", servers.server().webSocketUrl(), servers.ticketUrl())) {
            program.expectLine("CONNECTED as ada");
            program.expect("status=SYNCED");
            program.expectLine("CLOSED");
            program.expectEnd(HeadlessProject.SOON);
            assertThat(servers.server().records("project")).hasSize(1);
        }
    }
}
