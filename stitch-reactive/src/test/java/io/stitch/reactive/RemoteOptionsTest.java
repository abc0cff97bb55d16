package io.stitch.reactive;

import io.stitch.reactive.spi.Credentials;
import io.stitch.reactive.spi.Ticket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.time.Duration;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class RemoteOptionsTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "mqtt://broker",
                "mqtt://broker:1883/",
                "MQTTS://broker.example:8883",
                "ws://broker/mqtt?site=a",
                "wss://[::1]:8443/mqtt",
                "mqtt://10.0.0.1"
            })
    void anAddressOfABrokerIsTaken(String url) {
        assertThat(RemoteOptions.to(url))
                .hasToString(
                        "RemoteOptions[" + url.replace("site=a", "***") + ", login=null, tls=null, lastWill=null]");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "broker:1883",
                "//broker",
                "http://broker",
                "tcp://broker:1883",
                "mqtt:broker",
                "mqtt://",
                "mqtt://bro ker",
                "mqtt://my_broker",
                "mqtt://broker:0",
                "mqtt://broker:70000",
                "mqtt://broker:port",
                "mqtt://broker/path",
                "mqtt://broker?x=1",
                "ws://broker/a#b",
                "ws://broker/mqtt?a=1%262"
            })
    void anythingElseIsRefusedWithAHint(String url) {
        assertThatThrownBy(() -> RemoteOptions.to(url))
                .isInstanceOf(SchemaException.class)
                .hasMessageStartingWith("remote: ")
                .hasNoCause();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mqtt://ada:s3cret@broker",
                "mqtt://ada:s3cret@bro ker",
                "mqtt://ada:s3cret@my_broker",
                "tcp://ada:s3cret@broker:1883",
                "wss://broker/mqtt?token=s3cret#x",
                "mqtt://ada:s3cret@broker:99999999999"
            })
    void noMessageShowsAPassword(String url) {
        assertThatThrownBy(() -> RemoteOptions.to(url))
                .isInstanceOf(SchemaException.class)
                .satisfies(error ->
                        assertThat(error.toString()).doesNotContain("s3cret").doesNotContain("ada:"))
                .hasNoCause();
    }

    @Test
    void whatCannotWorkTogetherIsRefusedAtBuild() {
        assertThatThrownBy(() -> Board.store("mqtt://broker")
                        .remote(RemoteOptions.to("mqtt://broker").tls(TlsOptions.system()))
                        .build())
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining("not encrypted");
        assertThatThrownBy(() -> Board.store("mqtt://broker")
                        .remote(RemoteOptions.to("mqtt://broker").connectTimeout(Duration.ZERO))
                        .build())
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining("connectTimeout");
        assertThatThrownBy(() -> Board.store("mqtt://broker")
                        .remote(RemoteOptions.to("mqtt://broker").keepAlive(Duration.ofSeconds(-1)))
                        .build())
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining("keepAlive");
    }

    @Test
    void aTimeThatIsTooLongToCountIsRefusedAtBuild() {
        Duration tooLong = Duration.ofDays(400_000);
        Duration longest = Duration.ofDays(36_525);
        RemoteOptions broker = RemoteOptions.to("mqtt://broker");
        assertThatThrownBy(() -> broker.connectTimeout(tooLong).request("test"))
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining("connectTimeout: must be at most 36525 days");
        assertThatThrownBy(() -> broker.keepAlive(tooLong).request("test"))
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining("keepAlive: must be at most 36525 days");
        assertThat(broker.connectTimeout(longest)
                        .keepAlive(longest)
                        .request("test")
                        .timeout())
                .isEqualTo(longest);
    }

    @Test
    void aLoginThatCannotBeSentIsRefusedAndNotShown() {
        RemoteOptions broker = RemoteOptions.to("mqtt://broker");
        String tooLong = "s3cret" + "x".repeat(65_535);
        for (String user : new String[] {"s3\0cret", "s3cret\ud800", tooLong}) {
            assertThatThrownBy(() -> broker.login(user, "s3cret"))
                    .isInstanceOf(SchemaException.class)
                    .hasMessageStartingWith("remote: login: The user name cannot be sent: ")
                    .hasMessageNotContaining("cret")
                    .hasNoCause();
        }
        for (String password : new String[] {"s3cret\ud800", tooLong}) {
            assertThatThrownBy(() -> broker.login("ada", password))
                    .isInstanceOf(SchemaException.class)
                    .hasMessageStartingWith("remote: login: The password cannot be sent: ")
                    .hasMessageNotContaining("cret")
                    .hasNoCause();
        }
        // A password is bytes for MQTT, and those may be 0.
        assertThat(broker.login("", "\0").request("test").login()).isEqualTo(new Credentials("", "\0"));
    }

    @Test
    void noTextFormShowsASecret() {
        RemoteOptions password =
                RemoteOptions.to("mqtts://broker").login("ada", "s3cret").lastWill(LastWill.of("gone", "s3cret"));
        RemoteOptions tickets = password.tickets(
                HttpTicketProvider.at("https://app.example").bearer("s3cret").cookie("sid", "s3cret"));

        assertThat(password.toString()).contains("username=ada").doesNotContain("s3cret");
        assertThat(tickets.toString()).contains("tickets").doesNotContain("s3cret", "ada");
        assertThat(HttpTicketProvider.at("https://app.example").cookie("sid", "s3cret"))
                .hasToString("HttpTicketProvider[https://app.example, cookie=***]");
        assertThat(new Ticket("s3cret")).hasToString("Ticket[***]");
    }

    @Test
    void aLastWillNeedsATopicToPublishOn() {
        for (String topic : new String[] {"", "a/#", "+/a", "a\0b"}) {
            assertThatIllegalArgumentException().isThrownBy(() -> LastWill.of(topic, "x"));
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LastWill.of("a", "x").qos(3));
        assertThatIllegalArgumentException().isThrownBy(() -> LastWill.of("a", new byte[65_536]));
    }

    @Test
    void whatMqttCannotCarryIsInNoLastWillAndNoName() {
        String half = "a\ud800";
        LastWill will = LastWill.of("gone", "x");
        assertThatIllegalArgumentException().isThrownBy(() -> LastWill.of(half, "x"));
        for (UserProperty property : List.of(new UserProperty(half, ""), new UserProperty("a", "b\0"))) {
            assertThatIllegalArgumentException().isThrownBy(() -> will.userProperties(List.of(property)));
        }
        assertThat(Names.clientIdProblem(half)).contains("well-formed");
        assertThat(Names.clientIdProblem("\ud83d\ude00")).isNull();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ServerSync.builder().topicPrefix(half));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ServerSync.builder().topLevelEvents("user", "events/" + half));
    }
}
