package io.stitch.samples.webflux;

import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * The entity tags of what is answered: the version that the server gave, and a sum of what is shown, because a write that waits for the
 * server changes the one and not yet the other.
 */
final class Tags {
    private Tags() {}

    static String of(Board.Project project) {
        return of(project.version(), project.toString());
    }

    static String of(Board.Task task) {
        return of(task.version(), task.toString());
    }

    private static String of(@Nullable Long version, String content) {
        CRC32C sum = new CRC32C();
        sum.update(content.getBytes(StandardCharsets.UTF_8));
        return "\"%d-%08x\"".formatted(version == null ? 0 : version, sum.getValue());
    }

    /**
     * Reads for which states of a record a write is meant.
     *
     * @param headers the request's headers
     * @return their tags; empty if the write is meant for any
     */
    static List<String> ifMatch(HttpHeaders headers) {
        try {
            return headers.getIfMatch();
        } catch (IllegalArgumentException e) {
            throw new ProblemException(
                    HttpStatus.BAD_REQUEST,
                    "MALFORMED",
                    "The header If-Match is not a list of entity tags in quotes. Send the ETag that the record was answered with, as"
                            + " it was, or leave the header out.",
                    Sentences.PAGE_IS_OLD);
        }
    }

    /** Whether a write is meant for any state of a record that is there. */
    static boolean isAny(List<String> wanted) {
        return wanted.isEmpty() || wanted.contains("*");
    }

    /**
     * Checks that a record is still as the caller knows it.
     *
     * @param wanted the tags that the caller would have; empty for any
     * @param now the tag that it has
     * @param current the record, which the caller is told if it is another
     */
    static void require(List<String> wanted, String now, Object current) {
        // A weak tag matches nothing here: it stands for several states, of which a write means one.
        if (!isAny(wanted) && !wanted.contains(now)) {
            throw ProblemException.changed(now, current);
        }
    }
}
