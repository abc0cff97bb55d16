package io.stitch.samples.desktop;

import org.jspecify.annotations.Nullable;

import java.io.Console;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/**
 * Where passwords come from: the environment or, if it has none, whoever sits at the terminal. Never the command line, which
 * every user of a machine can read in the list of its processes.
 */
final class Passwords {
    private final Map<String, String> environment;
    private final @Nullable Function<String, char @Nullable []> terminal;

    /**
     * Makes a source of passwords.
     *
     * @param environment the environment
     * @param terminal shows a prompt and reads a password unseen, {@code null} at the end of input; itself {@code null} if there is
     *     no terminal
     */
    Passwords(Map<String, String> environment, @Nullable Function<String, char @Nullable []> terminal) {
        this.environment = environment;
        this.terminal = terminal;
    }

    /** Those of this process. */
    @SuppressWarnings(
            "SystemConsoleNull") // From JDK 22 on it also reads what is piped in, and the end of that is heeded too.
    static Passwords ofProcess() {
        Console console = System.console();
        return new Passwords(System.getenv(), console == null ? null : prompt -> console.readPassword("%s", prompt));
    }

    /**
     * Finds a password. Blocks while somebody types it.
     *
     * @param where {@code server} or {@code broker}
     * @param user whose password
     * @throws IllegalArgumentException if there is none; the message says where to put it
     */
    String of(String where, String user) {
        String variable = "STITCH_%s_PASSWORD".formatted(where.toUpperCase(Locale.ROOT));
        String known = environment.get(variable);
        if (known != null) {
            return known;
        }
        char[] typed = terminal == null ? null : terminal.apply("Password of %s at the %s: ".formatted(user, where));
        if (typed == null) {
            throw new IllegalArgumentException(
                    "--%s-user: the password is missing. Set the environment variable %s, or start the board in a terminal, where it asks."
                            .formatted(where, variable));
        }
        return String.valueOf(typed);
    }
}
