package io.stitch.reactive.spring;

import io.stitch.reactive.ModeMismatchException;
import io.stitch.reactive.PersistenceException;
import io.stitch.reactive.StitchException;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;

/** Says in two sentences, in place of a stack trace, why an application does not start because of its store, and what to do. */
final class StitchFailureAnalyzer implements FailureAnalyzer {
    @Override
    public @Nullable FailureAnalysis analyze(Throwable failure) {
        for (Throwable each = failure; each != null; each = each.getCause()) {
            if (each instanceof StitchSettingException setting) {
                return new FailureAnalysis(String.valueOf(setting.getMessage()), setting.action(), setting);
            }
            if (each instanceof PersistenceException persistence) {
                return analysis(persistence, action(persistence.reason()));
            }
            if (each instanceof ModeMismatchException mismatch) {
                return analysis(
                        mismatch,
                        "Set stitch.mode to the mode that the file was made in, or stitch.persistence.file to another file.");
            }
        }
        return null;
    }

    private static FailureAnalysis analysis(StitchException failure, String action) {
        return new FailureAnalysis("The store does not start: " + failure.getMessage(), action, failure);
    }

    private static String action(PersistenceException.Reason reason) {
        return switch (reason) {
            case LOCKED ->
                "End the process that has the file open, or set stitch.persistence.file to another file: no two stores can share one.";
            case NEWER_VERSION -> "Update stitch-reactive, or set stitch.persistence.file to another file.";
            case CORRUPT ->
                "Restore a backup, or have H2Persistence.recover save what can be read; see the guide's chapter on persistence.";
            case FOREIGN -> "Set stitch.persistence.file to a file of its own, and ask where this one came from.";
            case WRONG_PASSPHRASE ->
                "Set stitch.persistence.passphrase to the one that the file was encrypted with, or leave it out if it was not.";
            case READ_ONLY ->
                "Let this process write to the folder, or set stitch.persistence.file to a file in another one.";
            case DISK_FULL -> "Make room on the disk, or set stitch.persistence.file to a file on another one.";
            case CLOSED, FAILED -> "Look at the cause, in the log at DEBUG, and at stitch.persistence.file.";
        };
    }
}
