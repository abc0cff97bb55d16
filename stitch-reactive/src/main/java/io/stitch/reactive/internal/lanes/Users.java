package io.stitch.reactive.internal.lanes;

import org.jspecify.annotations.Nullable;

import java.util.Objects;
import java.util.function.Supplier;

/** Whose a write is. */
final class Users {
    private final Supplier<@Nullable String> current;

    Users(Supplier<@Nullable String> current) {
        this.current = current;
    }

    /** Who is authenticated now, as far as is known. Any thread. */
    @Nullable
    String current() {
        return current.get();
    }

    /** A write from before anyone was known belongs to whoever logs in: with tickets, that is known from the first connection on. */
    boolean isOurs(Row row) {
        String writer = row.write().user();
        return writer == null || Objects.equals(writer, current.get());
    }
}
