package io.stitch.samples.interop;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Runs a class of tests where the real programs can be built, and skips it elsewhere: a build that is not asked to prove everything does not
 * compile a database for ten minutes, and one without cargo, or without a network and a cache, cannot.
 */
final class RealPrograms implements ExecutionCondition, BeforeAllCallback {
    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        if (System.getenv("CI") == null) {
            return ConditionEvaluationResult.disabled("The real server is tried where CI is set.");
        }
        if (!Programs.cargoIsThere()) {
            return ConditionEvaluationResult.disabled(
                    "The real server is tried where cargo is, and there is none here.");
        }
        return ConditionEvaluationResult.enabled("CI is set, and cargo is there.");
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        Programs.build().ifPresent(reason -> {
            System.out.println("SKIPPED, nothing was tried against the real server. " + reason);
            Assumptions.abort(reason);
        });
    }
}
