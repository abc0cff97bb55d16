package io.stitch.reactive;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class NamesTest {
    /** Brokers end the connection of who subscribes to a topic with one of these: they must not come so far. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "\t",
                "\n",
                "\u0000",
                "\u007f",
                "\u0092",
                "\ufdd0",
                "\ufdef",
                "\ufffe",
                "\uffff",
                "\ud83f\udffe",
                "\udbff\udfff"
            })
    void noTopicHasControlCharactersAndNonCharacters(String character) {
        String name = "t" + character + "1";

        assertThat(Names.idProblem(name)).isNotNull();
        assertThat(Names.clientIdProblem(name)).isNotNull();
        assertThatThrownBy(() -> Names.requirePrefix("prefix", name)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Names.requireEventFilter("task", "events/" + name))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {" ", "\u00e9", "\u0600", "\ufdcf", "\ufdf0", "\ufffd", "\ud83d\ude00", "\ud83f\udffd"})
    void otherCharactersAreFine(String character) {
        String name = "t" + character + "1";

        assertThat(Names.idProblem(name)).isNull();
        assertThat(Names.clientIdProblem(name)).isNull();
        assertThat(Names.requirePrefix("prefix", name)).isEqualTo(name);
    }

    @ParameterizedTest
    @ValueSource(strings = {"mqdb-event-publisher", "mqdb-", "events"})
    void whatServersKeepForThemselvesIsNoClientIdTowardsThem(String id) {
        assertThat(Names.clientIdProblem(id)).isNull();
        assertThat(Names.serverModeClientIdProblem(id)).isNotNull();
        StitchStoreBuilder builder = StitchStore.builder()
                .schema(Board.SCHEMA)
                .remote(RemoteOptions.to("mqtt://broker.example"))
                .clientId(id);

        assertThatThrownBy(builder::build)
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining("clientId: '" + id + "' cannot be used: in server mode");
    }

    @Test
    void whatIsWrongIsSaid() {
        assertThat(Names.idProblem("a\tb")).isEqualTo("a record id must not contain + # / or control characters");
        assertThat(Names.idProblem("a\ufffe"))
                .isEqualTo("a record id must be well-formed Unicode without non-characters");
    }
}
