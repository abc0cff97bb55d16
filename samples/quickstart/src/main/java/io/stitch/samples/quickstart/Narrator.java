package io.stitch.samples.quickstart;

import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Tells what happens, line by line, with the time since the clock was started. Safe on any thread, and it never holds one
 * up: events are signalled on the store's only worker and printing is slow, so lines are printed on a thread of their own.
 */
final class Narrator implements AutoCloseable {
    private final ExecutorService printer = Executors.newSingleThreadExecutor();
    private final Consumer<String> out;
    private volatile long started = System.nanoTime();

    Narrator(Consumer<String> out) {
        this.out = out;
    }

    void heading(String title) {
        tell("");
        tell(title);
    }

    /** A remark that has no time. */
    void remark(String text) {
        tell("  " + text);
    }

    /** Starts the clock, makes a call, and tells how long it took. */
    <T> T timed(String call, Supplier<T> code) {
        started = System.nanoTime();
        T result = code.get();
        double taken = elapsedMillis();
        tell(String.format(Locale.ROOT, "  %s returned after %.2f ms", call, taken));
        return result;
    }

    /** Something that happened just now. */
    void event(String text) {
        tell(String.format(Locale.ROOT, "  + %6.1f ms  %s", elapsedMillis(), text));
    }

    private double elapsedMillis() {
        return (System.nanoTime() - started) / 1e6;
    }

    private void tell(String line) {
        printer.execute(() -> out.accept(line));
    }

    /** Waits until everything is printed. */
    @Override
    public void close() {
        printer.shutdown();
        try {
            if (!printer.awaitTermination(10, TimeUnit.SECONDS)) {
                throw new IllegalStateException("The console took no more lines for 10 s.");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
