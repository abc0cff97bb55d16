package io.stitch.reactive.test;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/** The code of docs/testing.md, and of this module's README, is code of the recipes, which are compiled and run. */
class TestingGuideTest {
    private static final Path GUIDE = Path.of("..", "..", "docs", "testing.md");
    private static final Path README = Path.of("README.md");
    private static final Path RECIPES = Path.of("src", "test", "java", "io", "stitch", "reactive", "test", "recipes");
    private static final Pattern BLOCK = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

    @Test
    void everyBlockOfTheGuideAndTheReadmeIsInARecipe() {
        List<String> sources = recipes();
        List<String> blocks = Stream.of(GUIDE, README)
                .map(TestingGuideTest::read)
                .flatMap(TestingGuideTest::blocks)
                .toList();

        assertThat(blocks)
                .hasSizeGreaterThan(20)
                .allSatisfy(block -> assertThat(sources)
                        .as("a recipe with this code:%n%s", block)
                        .anyMatch(source -> source.contains(squeezed(block))));
    }

    @Test
    void thereAreTwentyOneRecipesAndEachIsATest() {
        List<String> recipes = Pattern.compile("^### ", Pattern.MULTILINE)
                .splitAsStream(read(GUIDE))
                .skip(1)
                .toList();

        assertThat(recipes).hasSize(21);
        for (int i = 0; i < recipes.size(); i++) {
            assertThat(recipes.get(i)).startsWith((i + 1) + ". ");
            assertThat(blocks(recipes.get(i)).findFirst().orElse("")).contains("@Test");
        }
    }

    private static Stream<String> blocks(String text) {
        return BLOCK.matcher(text).results().map(match -> withoutImports(match.group(1)));
    }

    /** Whether they are the right ones, and all, is tested where all chapters are. */
    private static String withoutImports(String block) {
        return block.replaceAll("(?m)^import .*;\n", "");
    }

    private static List<String> recipes() {
        try (Stream<Path> files = Files.list(RECIPES)) {
            return files.map(TestingGuideTest::read)
                    .map(TestingGuideTest::squeezed)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String squeezed(String code) {
        return code.replaceAll("\\s+", "");
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
