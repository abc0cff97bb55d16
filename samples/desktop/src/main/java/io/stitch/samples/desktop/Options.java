package io.stitch.samples.desktop;

import io.stitch.reactive.StitchException;
import io.stitch.reactive.spi.Credentials;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

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
record Options(@Nullable Remote server, @Nullable Remote broker, Path data, String name, Mode mode, int windows) {
    static final String HELP = """
            --server URL        the broker of a server, such as mqtts://example.org; without it a server runs inside
            --server-user USER  the login there; its password is asked for, or is in STITCH_SERVER_PASSWORD
            --server-ca FILE    the authorities to trust there, a PEM file; by default those of the Java runtime
            --broker URL        any MQTT 5 broker, for the mode without a server; without it one runs inside
            --broker-user USER  the login there; its password is asked for, or is in STITCH_BROKER_PASSWORD
            --broker-ca FILE    the authorities to trust there, a PEM file; by default those of the Java runtime
            --data FOLDER       where records are kept; by default .stitch-desktop in your home folder
            --name NAME         who you are; by default Ada
            --mode MODE         server (the default) or peers
            --windows COUNT     how many windows to open, 1 to 4, each for another user

            The URLs are mqtt:// and ws://, or mqtts:// and wss:// with TLS. Passwords are in the environment or typed, as the list of
            processes shows everybody what is written here.
            """;

    private static final Logger LOG = LoggerFactory.getLogger(Options.class);
    private static final Pattern OPTION = Pattern.compile("^(--[a-z-]+) ", Pattern.MULTILINE);
    private static final Set<String> KNOWN =
            OPTION.matcher(HELP).results().map(line -> line.group(1)).collect(Collectors.toUnmodifiableSet());
    private static final List<String> CREW = List.of("Ada", "Ben", "Ines", "Mara", "Ravi");
    private static final Pattern NAME = Pattern.compile("[\\p{L}\\p{N}][\\p{L}\\p{N} _-]{0,39}");
    private static final int MOST_WINDOWS = 4;

    /**
     * Reads the arguments.
     *
     * @param passwords where the passwords of logins come from
     * @throws IllegalArgumentException if one is wrong; the message says which, and what is right
     */
    static Options parse(List<String> arguments, Passwords passwords) {
        Map<String, String> given = values(arguments);
        String data = given.get("--data");
        return new Options(
                remote("server", given, passwords),
                remote("broker", given, passwords),
                data == null
                        ? Path.of(System.getProperty("user.home"), ".stitch-desktop")
                        : file("--data", data, "a folder's"),
                name(given.getOrDefault("--name", CREW.get(0))),
                mode(given.getOrDefault("--mode", "server")),
                windows(given.getOrDefault("--windows", "1")));
    }

    private static Map<String, String> values(List<String> arguments) {
        Map<String, String> given = new HashMap<>();
        Iterator<String> words = arguments.iterator();
        while (words.hasNext()) {
            String option = words.next();
            if (!KNOWN.contains(option)) {
                throw new IllegalArgumentException("There is no option '%s'.".formatted(option));
            }
            if (!words.hasNext()) {
                throw new IllegalArgumentException("%s needs a value.".formatted(option));
            }
            given.put(option, words.next());
        }
        return given;
    }

    private static @Nullable Remote remote(String where, Map<String, String> given, Passwords passwords) {
        String option = "--" + where;
        String url = given.get(option);
        String user = given.get(option + "-user");
        String authorities = given.get(option + "-ca");
        if (url == null) {
            if (user != null || authorities != null) {
                throw new IllegalArgumentException(
                        "%s: missing. The %s inside has neither logins nor certificates.".formatted(option, where));
            }
            return null;
        }
        Path file = authorities == null ? null : file(option + "-ca", authorities, "a file's");
        checkAddress(option, new Remote(url, null, file));
        return new Remote(url, user == null ? null : new Credentials(user, passwords.of(where, user)), file);
    }

    /** Before anybody is asked for a password. What is wrong is not repeated: there may be a password in it. */
    private static void checkAddress(String option, Remote remote) {
        if (!isUsable(new Remote(remote.url()))) {
            throw new IllegalArgumentException(
                    "%s: this is no address of a broker. One looks like mqtts://boards.example.org, without a login: that goes into %s-user."
                            .formatted(option, option));
        }
        if (remote.authorities() == null) {
            return;
        }
        if (!remote.url().matches("(?i)(mqtts|wss):.*")) {
            throw new IllegalArgumentException(
                    "%s-ca: only mqtts:// and wss:// have certificates, and %s is neither.".formatted(option, option));
        }
        if (!isUsable(remote)) {
            throw new IllegalArgumentException(
                    "%s-ca: '%s' is no file with certificates that can be read. It must be a PEM file."
                            .formatted(option, remote.authorities()));
        }
    }

    private static boolean isUsable(Remote remote) {
        try {
            var unused = remote.options();
            return true;
        } catch (StitchException | IllegalArgumentException e) {
            LOG.debug("An address or certificate is refused", e);
            return false;
        }
    }

    private static Path file(String option, String value, String whose) {
        try {
            return Path.of(value);
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException("%s: '%s' cannot be %s name.".formatted(option, value, whose), e);
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
     * The user of a window. Each has databases of their own; those of one server and login are not those of another.
     *
     * @param number which window, from 0 on
     * @param serverUsed the broker of the server, which may be the one inside
     * @param brokerUsed the broker between peers, which may be the one inside
     */
    User user(int number, Remote serverUsed, Remote brokerUsed) {
        String user = number == 0 ? name : colleague(number);
        Path folder = data.resolve(user.toLowerCase(Locale.ROOT));
        return new User(
                user,
                new Place(folder.resolve(server == null ? "server" : "server-" + server.fileName()), serverUsed),
                new Place(folder.resolve(broker == null ? "peers" : "peers-" + broker.fileName()), brokerUsed));
    }

    private String colleague(int number) {
        List<String> others =
                CREW.stream().filter(each -> !each.equalsIgnoreCase(name)).toList();
        String first = others.get((number - 1) % others.size());
        int round = (number - 1) / others.size();
        return round == 0 ? first : first + " " + (round + 1);
    }
}
