package io.stitch.samples.desktop;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.nio.file.Path;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** The command line. */
class OptionsTest {
    @Test
    void withoutArgumentsEverythingIsInside() {
        Options options = Options.parse(List.of());
        assertThat(options.server()).isNull();
        assertThat(options.broker()).isNull();
        assertThat(options.mode()).isEqualTo(Mode.SERVER);
        assertThat(options.windows()).isEqualTo(1);
    }

    @Test
    void eachOptionIsRead() {
        assertThat(Options.parse(List.of(
                        "--server",
                        "mqtt://a:1",
                        "--broker",
                        "mqtts://b",
                        "--data",
                        "d",
                        "--name",
                        "Zoë",
                        "--mode",
                        "peers",
                        "--windows",
                        "2")))
                .isEqualTo(new Options("mqtt://a:1", "mqtts://b", Path.of("d"), "Zoë", Mode.PEERS, 2));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--colour red     | There is no option '--colour'.",
                "--name           | --name needs a value.",
                "--name ../x      | --name: '../x' must be 1 to 40 letters",
                "--mode cloud     | --mode: 'cloud' is neither server nor peers.",
                "--windows 5      | --windows: '5' is not a number from 1 to 4.",
                "--server http://x| --server: ",
            })
    void whatIsWrongIsNamed(String line, String message) {
        assertThatThrownBy(() -> Options.parse(List.of(line.split(" "))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(message);
    }

    @Test
    void eachUserEachModeAndEachServerHasItsOwnFile() {
        Options options = Options.parse(List.of("--data", "d", "--server", "ws://a:1/x"));
        User ada = options.user(0, "mqtt://a:1", "mqtt://b:2");
        User ben = options.user(1, "mqtt://a:1", "mqtt://b:2");
        assertThat(ada.place(Mode.SERVER)).isEqualTo(new Place(Path.of("d", "ada", "server-a_1_x"), "mqtt://a:1"));
        assertThat(ada.place(Mode.PEERS)).isEqualTo(new Place(Path.of("d", "ada", "peers"), "mqtt://b:2"));
        assertThat(ben.name()).isEqualTo("Ben");
        assertThat(ben.place(Mode.PEERS).file()).isEqualTo(Path.of("d", "ben", "peers"));
        assertThat(options.user(5, "", "").name()).isEqualTo("Ben 2");
    }
}
