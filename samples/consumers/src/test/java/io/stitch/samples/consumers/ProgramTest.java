package io.stitch.samples.consumers;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Scanner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class ProgramTest {
    /** Repeats what is typed, until it is told otherwise. */
    public static final class Parrot {
        private Parrot() {}

        public static void main(String[] arguments) throws InterruptedException {
            Scanner lines = new Scanner(System.in, "UTF-8");
            while (lines.hasNextLine()) {
                String line = lines.nextLine();
                switch (line) {
                    case "fail" -> System.exit(3);
                    case "hang" -> Thread.sleep(Duration.ofHours(1).toMillis());
                    default -> System.out.println(line + "!");
                }
            }
        }
    }

    @TempDir
    Path folder;

    private Program parrot() {
        return Program.start(
                folder,
                List.of(
                        JavaHome.own().command(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Parrot.class.getName()));
    }

    @Test
    void whatIsTypedIsReadAndWhatIsPrintedIsWaitedForInItsOrder() {
        try (Program program = parrot()) {
            program.type("one");
            program.type("two");
            assertThat(program.expect("o")).isEqualTo("one!");
            assertThat(program.expect("o")).isEqualTo("two!");
            assertThat(program.isRunning()).isTrue();
            program.endInput();
            program.expectEnd(Program.LIMIT);
            assertThat(program.output()).isEqualTo("one!\ntwo!\n");
        }
    }

    @Test
    void aProgramThatEndsEarlyOrBadlyIsReportedWithWhatItPrinted() {
        try (Program program = parrot()) {
            program.type("one");
            program.type("fail");
            assertThatThrownBy(() -> program.expectLine("two!"))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("ended without printing 'two!'")
                    .hasMessageContaining("one!");
            assertThatThrownBy(() -> program.expectEnd(Program.LIMIT)).hasMessageContaining("ended with 3");
        }
    }

    @Test
    void aProgramThatHangsIsReportedAndKilled() {
        try (Program program = parrot()) {
            program.type("one");
            program.expectLine("one!");
            program.type("hang");
            assertThatThrownBy(() -> program.expectEnd(Duration.ofMillis(10)))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("had not ended")
                    .hasMessageContaining("one!");
            program.close();
            assertThatThrownBy(() -> program.expectEnd(Program.LIMIT)).hasMessageContaining("ended with");
        }
    }
}
