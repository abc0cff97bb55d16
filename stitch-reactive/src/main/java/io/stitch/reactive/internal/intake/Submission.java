package io.stitch.reactive.internal.intake;

import io.stitch.reactive.internal.writes.LocalWrite;
import org.jspecify.annotations.Nullable;

import java.util.List;

/**
 * What is done on the worker in the order in which it was asked for: writes that are taken together or not at all, or something that must
 * not overtake them.
 *
 * @param writes the writes; none for a task
 * @param callers who waits for the result of each
 * @param user who was authenticated when their writer subscribed, or {@code null}
 * @param scopes the sets of records that it is about: it waits while one of them is being read from disk
 * @param task what is done, or {@code null} for writes
 */
public record Submission(
        List<LocalWrite> writes,
        List<Caller> callers,
        @Nullable String user,
        List<String> scopes,
        @Nullable Runnable task) {
    /**
     * Writes that are taken together or not at all.
     *
     * @param writes the writes
     * @param callers who waits for the result of each
     * @param user who was authenticated when their writer subscribed, or {@code null}
     * @return the submission
     */
    public static Submission of(List<LocalWrite> writes, List<Caller> callers, @Nullable String user) {
        List<String> scopes = writes.size() == 1
                ? List.of(writes.get(0).scope())
                : writes.stream().map(LocalWrite::scope).distinct().toList();
        return new Submission(writes, callers, user, scopes, null);
    }

    /**
     * Something that must not overtake writes.
     *
     * @param task what is done
     * @param scopes the sets of records that it is about
     * @return the submission
     */
    public static Submission of(Runnable task, List<String> scopes) {
        return new Submission(List.of(), List.of(), null, scopes, task);
    }

    /** {@return whether any of the writes is to be done at one version only} */
    public boolean isCompared() {
        for (LocalWrite write : writes) {
            if (write.expected() != null) {
                return true;
            }
        }
        return false;
    }

    /** {@return whether any of the writes is never kept, so that it needs a connection} */
    public boolean isOnlineOnly() {
        for (LocalWrite write : writes) {
            if (write.isOnlineOnly()) {
                return true;
            }
        }
        return false;
    }

    /**
     * Tells everybody who waits why nothing was written.
     *
     * @param error what they are told
     */
    public void fail(Throwable error) {
        callers.forEach(caller -> caller.fail(error));
    }
}
