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
        boolean same = a.isNumber() && b.isNumber() ? a.decimalValue().compareTo(b.decimalValue()) == 0 : a.equals(b);
        return same ? 0 : 1;
    }
}
