package io.stitch.samples.desktop;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** The application from the command line, where it does not come to a window. */
class DesktopBoardTest {
    private final ByteArrayOutputStream said = new ByteArrayOutputStream();

    private int run(String... arguments) throws InterruptedException {
        PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8);
        return DesktopBoard.run(List.of(arguments), out, out);
    }

    @Test
    void helpListsTheOptions() throws InterruptedException {
        assertThat(run("--help")).isZero();
        assertThat(said.toString(StandardCharsets.UTF_8)).contains("--server URL", "--windows COUNT");
    }

    @Test
    void aWrongArgumentIsNamedAndEndsIt() throws InterruptedException {
        assertThat(run("--mode", "cloud")).isEqualTo(2);
        assertThat(said.toString(StandardCharsets.UTF_8)).contains("'cloud'", "--help");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void withoutADisplayItSaysSoInASentence() throws IOException, InterruptedException {
        assertThat(runInAProcess(null)).isEqualTo("""
                There is no display (DISPLAY is not set), and the board is a window. Run it on a desktop, or with xvfb-run on a virtual one.
                1""");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void withADisplayThatIsNotThereItSaysSoInASentence() throws IOException, InterruptedException {
        assertThat(runInAProcess(":4711"))
                .startsWith("WARN ") // The log, which has the details.
                .contains("\nThe window system cannot be used. See ", "GTK 3")
                .endsWith("\n1")
                .hasLineCount(3);
    }

    @Test
    @Timeout(120)
    void aSecondStartSaysThatTheFirstOneRunsAndEachEndsWithItsWindow(@TempDir Path data)
            throws IOException, InterruptedException {
        assumeTrue(Xvfb.isInstalled(), "There is no Xvfb (the package 'xvfb') to open windows on.");
        try (Xvfb display = Xvfb.start();
                WindowProcess first = WindowProcess.start(display, "--data", data.toString());
                WindowProcess second = firstThen(first, display, data)) {
            assertThat(second.nextWindow())
                    .isEqualTo(
                            "The board is open already. Use the window that is there: Ctrl+Shift+N in it opens another one. To start a second"
                                    + " board beside it, give it a folder of its own with --data.");
            second.closeWindows();
            assertThat(second.exitStatus()).isEqualTo(1);
            assertThat(second.printed())
                    .anyMatch(line -> line.startsWith("The board is open already. "))
                    .noneMatch(line -> line.startsWith("\tat "));

            first.closeWindows();
            assertThat(first.exitStatus()).isZero();
        }
    }

    private static WindowProcess firstThen(WindowProcess first, Xvfb display, Path data) throws IOException {
        assertThat(first.nextWindow()).isEqualTo("Boards – \u2068Ada\u2069");
        return WindowProcess.start(display, "--data", data.toString());
    }

    /** What it says, and its exit status. */
    private static String runInAProcess(String display) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        DesktopBoard.class.getName())
                .redirectErrorStream(true);
        if (display == null) {
            builder.environment().remove("DISPLAY");
        } else {
            builder.environment().put("DISPLAY", display);
        }
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return output + process.waitFor();
    }
}
