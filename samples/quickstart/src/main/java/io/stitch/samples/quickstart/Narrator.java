package io.stitch.samples.quickstart;

import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Tells what happens, line by line, with the time since the clock was started. Safe on any thread. */
final class Narrator {
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

    private synchronized void tell(String line) {
        out.accept(line);
    }
}
