package io.stitch.samples.desktop;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import javafx.animation.AnimationTimer;
import javafx.application.Platform;

/** The thread of JavaFX, for tests, which run on others. */
final class Fx {
    static final Duration PATIENCE = Duration.ofSeconds(30);

    private Fx() {}

    static void run(Runnable action) {
        call(() -> {
            action.run();
            return true;
        });
    }

    static <T> T call(Callable<T> question) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        Platform.runLater(() -> {
            try {
                answer.complete(question.call());
            } catch (Throwable e) {
                answer.completeExceptionally(e);
            }
        });
        return get(answer, () -> "The JavaFX thread did not answer");
    }

    /** Waits until something is so, as a viewer would see it: it is looked at when a frame is drawn. */
    static void await(String what, BooleanSupplier condition) {
        CompletableFuture<Boolean> seen = new CompletableFuture<>();
        AnimationTimer frames = new AnimationTimer() {
            @Override
            public void handle(long now) {
                try {
                    if (condition.getAsBoolean()) {
                        seen.complete(true);
                        stop();
                    }
                } catch (Throwable e) {
                    seen.completeExceptionally(e);
                    stop();
                }
            }
        };
        run(frames::start);
        try {
            get(seen, () -> "It did not come to this: " + what);
        } finally {
            run(frames::stop);
        }
    }

    private static <T> T get(CompletableFuture<T> future, Supplier<String> failure) {
        try {
            return future.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new AssertionError(failure.get(), e);
        } catch (ExecutionException e) {
            throw new AssertionError(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }
}
