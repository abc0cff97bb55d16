package io.stitch.reactive;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.stitch.fuzz.Cost;
import io.stitch.reactive.internal.wire.Topics;

import java.nio.charset.StandardCharsets;

import static org.assertj.core.api.Assertions.assertThat;

/** Names that become levels of topics. */
class NamesFuzzTest {
    /** In UTF-16, so that halves of surrogate pairs are among them. */
    @FuzzTest
    void names(byte[] utf16) {
        String name = new String(utf16, StandardCharsets.UTF_16BE);
        byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
        if (Cost.bounded(utf16.length, () -> Names.levelProblem(name) == null)) {
            assertThat(new String(utf8, StandardCharsets.UTF_8)).isEqualTo(name);
            assertThat(utf8).hasSizeBetween(1, 512);
            assertThat(name).doesNotContainPattern("[+#/\u0000-\u001f\u007f-\u009f\uffff]");
        }
        if (Names.idProblem(name) == null) {
            assertThat(Names.levelProblem(name)).isNull();
            assertThat(name).doesNotStartWith("events");
            assertThat(new Topics("$DB", "R", "project").operation("$DB/task/" + name))
                    .isEqualTo("read");
        }
        if (Names.clientIdProblem(name) == null) {
            assertThat(Names.levelProblem(name)).isNull();
            assertThat(utf8).hasSizeBetween(1, 128);
        }
        if (Names.childEntityProblem(name) == null) {
            assertThat(Names.entityProblem(name)).isNull();
            assertThat(name).matches("[A-Za-z0-9-][A-Za-z0-9_-]{0,127}");
        }
        try {
            Names.requireEventFilter("note", name);
            assertThat(name).startsWith("events/").doesNotContain("//");
        } catch (IllegalArgumentException refused) {
            assertThat(refused).hasMessageContaining("cannot be subscribed to");
        }
        try {
            Names.requirePrefix("The prefix", name);
            assertThat(new String(utf8, StandardCharsets.UTF_8)).isEqualTo(name);
        } catch (IllegalArgumentException refused) {
            assertThat(refused).hasMessageContaining("is not a topic prefix");
        }
    }
}
