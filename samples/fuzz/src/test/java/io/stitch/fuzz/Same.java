package io.stitch.fuzz;

import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;

/** JSON that says the same: a tree is another one where a number was read as a decimal and written without a point. */
public final class Same {
    private Same() {}

    /** Requires that two trees say the same. */
    public static void assertSame(JsonNode actual, JsonNode expected) {
        assertThat(actual.equals(Same::compare, expected))
                .as("%s says the same as %s", actual, expected)
                .isTrue();
    }

    private static int compare(JsonNode a, JsonNode b) {
        if (a.isNumber() && b.isNumber()) {
            return a.decimalValue().compareTo(b.decimalValue());
        }
        return a.equals(b) ? 0 : 1;
    }
}
