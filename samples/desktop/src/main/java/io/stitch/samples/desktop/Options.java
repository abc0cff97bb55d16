package io.stitch.samples.desktop;

import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.StitchException;
import org.jspecify.annotations.Nullable;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * What the command line asks for.
 *
 * @param server the broker of a server; {@code null} for a server inside
 * @param broker the broker between peers; {@code null} for a broker inside
 * @param data the folder of all databases
 * @param name the first window's user
 * @param mode the mode to begin in
 * @param windows how many windows to open, each for a user of its own
 */
record Options(@Nullable String server, @Nullable String broker, Path data, String name, Mode mode, int windows) {
    static final String HELP = """
            --server URL     the broker of a server, such as mqtt://localhost:1883; without it a server runs inside
            --broker URL     any MQTT 5 broker, for the mode without a server; without it one runs inside
            --data FOLDER    where records are kept; by default .stitch-desktop in your home folder
            --name NAME      who you are; by default Ada
            --mode MODE      server (the default) or peers
            --windows COUNT  how many windows to open, 1 to 4, each for another user
            """;

    private static final List<String> CREW = List.of("Ada", "Ben", "Ines", "Mara", "Ravi");
    private static final Pattern NAME = Pattern.compile("[\\p{L}\\p{N}][\\p{L}\\p{N} _-]{0,39}");
    private static final int MOST_WINDOWS = 4;

    /**
     * Reads the arguments.
     *
     * @throws IllegalArgumentException if one is wrong; the message says which, and what is right
     */
    static Options parse(List<String> arguments) {
        Options options = new Options(
                null, null, Path.of(System.getProperty("user.home"), ".stitch-desktop"), CREW.get(0), Mode.SERVER, 1);
        Iterator<String> words = arguments.iterator();
        while (words.hasNext()) {
            String option = words.next();
            if (!List.of("--server", "--broker", "--data", "--name", "--mode", "--windows")
                    .contains(option)) {
                throw new IllegalArgumentException("There is no option '%s'.".formatted(option));
            }
            if (!words.hasNext()) {
                throw new IllegalArgumentException("%s needs a value.".formatted(option));
            }
            options = options.with(option, words.next());
        }
        return options;
    }

    private Options with(String option, String value) {
        return switch (option) {
            case "--server" -> new Options(address(option, value), broker, data, name, mode, windows);
            case "--broker" -> new Options(server, address(option, value), data, name, mode, windows);
            case "--data" -> new Options(server, broker, folder(value), name, mode, windows);
            case "--name" -> new Options(server, broker, data, name(value), mode, windows);
            case "--mode" -> new Options(server, broker, data, name, mode(value), windows);
            default -> new Options(server, broker, data, name, mode, windows(value));
        };
    }

    private static String address(String option, String value) {
        try {
            RemoteOptions.to(value);
            return value;
        } catch (StitchException e) {
            throw new IllegalArgumentException("%s: %s".formatted(option, e.getMessage()), e);
        }
    }

    private static Path folder(String value) {
        try {
            return Path.of(value);
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException("--data: '%s' cannot be a folder's name.".formatted(value), e);
        }
    }

    private static String name(String value) {
        if (!NAME.matcher(value).matches()) {
            throw new IllegalArgumentException(
                    "--name: '%s' must be 1 to 40 letters, digits, spaces, - or _, and begin with a letter or digit."
                            .formatted(value));
        }
        return value;
    }

    private static Mode mode(String value) {
        return switch (value) {
            case "server" -> Mode.SERVER;
            case "peers" -> Mode.PEERS;
            default -> throw new IllegalArgumentException("--mode: '%s' is neither server nor peers.".formatted(value));
        };
    }

    private static int windows(String value) {
        if (!value.matches("[1-%d]".formatted(MOST_WINDOWS))) {
            throw new IllegalArgumentException(
                    "--windows: '%s' is not a number from 1 to %d.".formatted(value, MOST_WINDOWS));
        }
        return Integer.parseInt(value);
    }

    /**
     * The user of a window. Each has databases of their own; those of one server are not those of another.
     *
     * @param number which window, from 0 on
     * @param serverUrl the broker of the server
     * @param brokerUrl the broker between peers
     */
    User user(int number, String serverUrl, String brokerUrl) {
        String user = number == 0 ? name : colleague(number);
        Path folder = data.resolve(user.toLowerCase(Locale.ROOT));
        return new User(
                user,
                new Place(folder.resolve(server == null ? "server" : "server-" + fileName(server)), serverUrl),
                new Place(folder.resolve(broker == null ? "peers" : "peers-" + fileName(broker)), brokerUrl));
    }

    private String colleague(int number) {
        List<String> others =
                CREW.stream().filter(each -> !each.equalsIgnoreCase(name)).toList();
        String first = others.get((number - 1) % others.size());
        int round = (number - 1) / others.size();
        return round == 0 ? first : first + " " + (round + 1);
    }

    private static String fileName(String url) {
        return url.replaceAll("^\\w+://", "").replaceAll("[^A-Za-z0-9.-]", "_");
    }
}
