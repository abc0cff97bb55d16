package io.stitch.samples.desktop;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import javafx.scene.input.KeyCombination;

import static org.assertj.core.api.Assertions.assertThat;

/** The keys, beside what platforms use keys for. */
class KeysTest {
    private static Stream<Keys> everywhere() {
        return Arrays.stream(Keys.values()).filter(Keys::isEverywhere);
    }

    @Test
    void noTwoAreAlike() {
        assertThat(Keys.values()).extracting(Keys::keys).doesNotHaveDuplicates();
        assertThat(Keys.values()).extracting(Keys::meaning).doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @CsvSource({
        "Shortcut+W, CLOSE",
        "Shortcut+Q, QUIT",
        "Shortcut+N, NEW_TASK",
        "Shortcut+Shift+N, NEW_WINDOW",
        "Shortcut+O, BOARDS",
        "Shortcut+F, FILTER",
        "Shortcut+R, TRY_AGAIN",
        "F1, HELP",
        "F6, NEXT_PART",
        "Shift+F6, PREVIOUS_PART",
    })
    void aKeyWithAMeaningOnEveryPlatformHasItHereToo(String combination, Keys key) {
        assertThat(everywhere().filter(each -> each.combination().equals(KeyCombination.valueOf(combination))))
                .containsExactly(key);
    }

    /** What text fields and platforms do with these must go on to work, and nothing else may be expected of them. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "Shortcut+A",
                "Shortcut+C",
                "Shortcut+V",
                "Shortcut+X",
                "Shortcut+Z",
                "Shortcut+Shift+Z",
                "Shortcut+Y",
                "Shortcut+H",
                "Shortcut+M",
                "Shortcut+P",
                "Shortcut+S",
                "Shortcut+T",
                "Shortcut+Shift+T",
                "Shortcut+D",
                "Shortcut+Shift+W",
                "Shortcut+Shift+Q",
                "Alt+F4",
                "F2",
                "F3",
                "F10",
                "Shift+F10",
                "F11",
                "F12",
                "Shortcut+Shift+U"
            })
    void aKeyThatPlatformsOrTextFieldsHaveIsLeftToThem(String combination) {
        assertThat(everywhere()).extracting(Keys::combination).doesNotContain(KeyCombination.valueOf(combination));
    }

    @ParameterizedTest
    @EnumSource(Keys.class)
    @DisabledOnOs(value = OS.MAC, disabledReason = "it writes Ctrl as ⌘")
    void theReadmeHasEachKeyWithItsMeaning(Keys key) throws IOException {
        assertThat(Files.readString(Path.of("README.md"))).contains("| %s | %s |".formatted(key.keys(), key.meaning()));
    }
}
