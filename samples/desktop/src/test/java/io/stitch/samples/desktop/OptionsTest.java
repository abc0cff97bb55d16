package io.stitch.samples.desktop;

import io.stitch.reactive.spi.Credentials;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** The command line. */
class OptionsTest {
    private static final Passwords NONE = new Passwords(Map.of(), null);
    private static final String CERTIFICATE = """
            -----BEGIN CERTIFICATE-----
            MIIBdTCCARugAwIBAgIUYo3DN+HTYQHCEIhndq2iSvUC3KAwCgYIKoZIzj0EAwIw
            DzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMjcyMTA2MDJaGA8yMTI2MTEwMzIxMDYw
            MlowDzENMAsGA1UEAwwEdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABIz3
            okM4OABLd35obu0hyMl6WZHGucv6jSfsOOob3K//gXFdYrfmexjL28HVCeiYE+1g
            StF/LReXYL2zRO1gwPejUzBRMB0GA1UdDgQWBBRs3yARpOzjH+vmw7C4x2yvfkc6
            nDAfBgNVHSMEGDAWgBRs3yARpOzjH+vmw7C4x2yvfkc6nDAPBgNVHRMBAf8EBTAD
            AQH/MAoGCCqGSM49BAMCA0gAMEUCIExUyL3b2RUf1KjFyl+FKlnBgdZAIDDo7mW6
            Mmkj6Oq+AiEAnIGhfPCL4PHaDE1gLZZG8YeGmer8b0JVy+NQRnkGdU8=
            -----END CERTIFICATE-----
            """;

    @TempDir
    Path folder;

    @Test
    void withoutArgumentsEverythingIsInside() {
        Options options = Options.parse(List.of(), NONE);
        assertThat(options.server()).isNull();
        assertThat(options.broker()).isNull();
        assertThat(options.mode()).isEqualTo(Mode.SERVER);
        assertThat(options.windows()).isEqualTo(1);
    }

    @Test
    void eachOptionIsRead() {
        assertThat(Options.parse(
                        List.of(
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
                                "2"),
                        NONE))
                .isEqualTo(new Options(
                        new Remote("mqtt://a:1"), new Remote("mqtts://b"), Path.of("d"), "Zoë", Mode.PEERS, 2));
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
                "--server http://x| --server: this is no address of a broker. One looks like mqtts://boards.example.org",
                "--server-user ada| --server: missing.",
                "--broker-ca ca.pem| --broker: missing.",
                "--server mqtt://x --server-user ada| --server-user: the password is missing. Set the environment variable STITCH_SERVER_PASSWORD",
                "--server mqtt://x --server-ca pom.xml| --server-ca: only mqtts:// and wss:// have certificates",
                "--server mqtts://x --server-ca pom.xml| --server-ca: 'pom.xml' is no file with certificates that can be read.",
                "--server mqtts://x --server-ca none.pem| --server-ca: 'none.pem' is no file with certificates that can be read.",
                "--server mqtt://ada:secret@x| --server: this is no address of a broker.",
            })
    void whatIsWrongIsNamed(String line, String message) {
        assertThatThrownBy(() -> Options.parse(List.of(line.split(" ")), NONE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(message)
                .satisfies(error -> assertThat(error.getMessage()).doesNotContain("secret"));
    }

    @Test
    void aPasswordComesFromTheEnvironmentOrIsAskedForAndIsNeverShown() {
        Passwords passwords = new Passwords(
                Map.of("STITCH_SERVER_PASSWORD", "from-env"), prompt -> ("typed at " + prompt).toCharArray());
        Options options = Options.parse(
                List.of(
                        "--server",
                        "mqtts://a",
                        "--server-user",
                        "ada",
                        "--broker",
                        "wss://b/mqtt",
                        "--broker-user",
                        "ben"),
                passwords);
        assertThat(options.server()).isEqualTo(new Remote("mqtts://a", new Credentials("ada", "from-env"), null));
        assertThat(options.broker())
                .isEqualTo(new Remote(
                        "wss://b/mqtt", new Credentials("ben", "typed at Password of ben at the broker: "), null));
        assertThat(options.toString()).contains("ada", "ben").doesNotContain("from-env", "typed");
    }

    @Test
    void whoTypesNoPasswordIsToldWhereItGoes() {
        Passwords nothingTyped = new Passwords(Map.of(), prompt -> null);
        assertThatThrownBy(() -> nothingTyped.of("broker", "ada"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("STITCH_BROKER_PASSWORD");
    }

    @Test
    void authoritiesNeedTls() throws IOException {
        Path pem = Files.writeString(folder.resolve("ca.pem"), CERTIFICATE);
        Options options = Options.parse(List.of("--broker", "mqtts://b", "--broker-ca", pem.toString()), NONE);
        assertThat(options.broker()).isEqualTo(new Remote("mqtts://b", null, pem));
        assertThatThrownBy(() -> Options.parse(List.of("--broker", "mqtt://b", "--broker-ca", pem.toString()), NONE))
                .hasMessageStartingWith("--broker-ca: only mqtts:// and wss://");
    }

    @Test
    void eachUserEachModeAndEachServerHasItsOwnFile() {
        Options options = Options.parse(List.of("--data", "d", "--server", "ws://a:1/x"), NONE);
        Remote server = new Remote("mqtt://a:1");
        Remote broker = new Remote("mqtt://b:2");
        User ada = options.user(0, server, broker);
        User ben = options.user(1, server, broker);
        assertThat(ada.place(Mode.SERVER)).isEqualTo(new Place(Path.of("d", "ada", "server-a_1_x"), server));
        assertThat(ada.place(Mode.PEERS)).isEqualTo(new Place(Path.of("d", "ada", "peers"), broker));
        assertThat(ben.name()).isEqualTo("Ben");
        assertThat(ben.place(Mode.PEERS).file()).isEqualTo(Path.of("d", "ben", "peers"));
        assertThat(options.user(5, server, broker).name()).isEqualTo("Ben 2");
    }

    @Test
    void eachLoginHasItsOwnFile() {
        Remote anonymous = new Remote("mqtt://a:1");
        Remote ada = new Remote("mqtt://a:1", new Credentials("ada/1", "secret"), null);
        assertThat(anonymous.fileName()).isEqualTo("a_1");
        assertThat(ada.fileName()).isEqualTo("ada_1@a_1");
    }
}
