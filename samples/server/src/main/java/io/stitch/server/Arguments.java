package io.stitch.server;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Reads the command line. Errors never repeat what may be a password. */
final class Arguments {
    static final String HELP = """
            A reference server for stitch: an MQTT 5 broker on 127.0.0.1 that keeps records and answers requests and hellos.

              --port N            the port to listen on; 0 takes a free one (default 1883)
              --ws-port N         listen for WebSockets too, on this port, with the path /mqtt; 0 takes a free one (default: not)
              --data PATH         keep the records in the database file PATH.mv.db (default: in memory)
              --legacy            behave as an old server: no capability, no replay, versions that start again
              --without FEATURES  leave out what goes beyond version 2: digest,event-count (or direct-replay,
                                  request-ids,answers,expected-version)
              --plain             be a server at version 2 and nothing more: no features, manifests compared by ids alone
              --users LIST        let in these users only: alice:secret,bob:secret
              --users @FILE       the same from a file, one user on a line; empty lines and lines that begin with # are skipped
              --root ENTITY       the root entity (default project)
              --scope-field FIELD the field by which a child names its root (default projectId)
              --owner FIELD       the field of the root that names its owner: users read, list, open and change only their
                                  own, with --users. Events are not protected without --scoped-events: whoever is let in may
                                  subscribe to those of any root, which carry its records
              --no-reply-rights   drop every request without a reply, as MQDB does for clients that an access list does not
                                  let publish below their own response topics
              --without-presence  do not tell who is connected (by default a new server does, with retained messages on
                                  {prefix}/_presence/{client id}); --presence has an old one tell it too
              --scoped-events     send the events of what has an owner to those who may see it only, each on
                                  {prefix}/u/{user}/events/{entity}/{id}; with --owner and --users
              --help              show this
            """;

    private static final String FEATURES =
            Stream.of(Feature.values()).map(Feature::word).collect(Collectors.joining(","));
    private static final int DEFAULT_PORT = 1883;

    private Arguments() {}

    static StitchServerOptions parse(List<String> args) {
        StitchServerOptions.Builder builder = StitchServerOptions.builder().port(DEFAULT_PORT);
        String root = StitchServerOptions.defaults().root();
        String owner = "";
        Iterator<String> rest = args.iterator();
        while (rest.hasNext()) {
            String name = rest.next();
            switch (name) {
                case "--port" -> builder.port(port(name, value(name, "a number", rest)));
                case "--ws-port" -> builder.webSocketPort(port(name, value(name, "a number", rest)));
                case "--data" -> builder.data(path(name, value(name, "a file", rest)));
                case "--legacy" -> builder.legacy(true);
                case "--without" -> builder.without(features(value(name, "features", rest)));
                case "--plain" -> builder.plain();
                case "--no-reply-rights" -> builder.replyRights(false);
                case "--presence" -> builder.presence(true);
                case "--without-presence" -> builder.presence(false);
                case "--scoped-events" -> builder.scopedEvents(true);
                case "--users" -> builder.users(users(value(name, "name:password,… or @file", rest)));
                case "--root" -> root = value(name, "an entity", rest);
                case "--scope-field" -> builder.scopeField(value(name, "a field", rest));
                case "--owner" -> owner = value(name, "a field", rest);
                default -> throw unknown(name);
            }
        }
        if (!owner.isEmpty()) {
            builder.owners(Map.of(root, owner));
        }
        return builder.root(root).build();
    }

    private static IllegalArgumentException unknown(String argument) {
        if (!argument.startsWith("--")) {
            return new IllegalArgumentException(
                    "An argument begins with --, and its value is the one word after it: there is a word too many.");
        }
        int equals = argument.indexOf('=');
        return new IllegalArgumentException(
                equals < 0
                        ? "There is no argument " + argument + "."
                        : "There is no argument " + argument.substring(0, equals)
                                + "=: a value is the word after its argument.");
    }

    private static String value(String name, String what, Iterator<String> rest) {
        String value = rest.hasNext() ? rest.next() : "";
        if (value.isEmpty() || value.startsWith("--")) {
            throw new IllegalArgumentException(name + " needs " + what + " after it.");
        }
        return value;
    }

    private static int port(String name, String value) {
        try {
            return Integer.parseInt(value);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(name + " needs a number from 0 to 65535, not " + value + ".", e);
        }
    }

    private static Path path(String name, String value) {
        try {
            return Path.of(value);
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException(name + " needs a file's path: " + e.getMessage() + ".", e);
        }
    }

    private static Feature[] features(String value) {
        return Stream.of(value.split(",", -1)).map(Arguments::feature).toArray(Feature[]::new);
    }

    private static Feature feature(String word) {
        return Stream.of(Feature.values())
                .filter(each -> each.word().equals(word))
                .findFirst()
                .orElseThrow(() ->
                        new IllegalArgumentException("--without needs some of " + FEATURES + ", not " + word + "."));
    }

    private static Map<String, String> users(String value) {
        Map<String, String> users = new LinkedHashMap<>();
        int number = 0;
        for (String entry : value.startsWith("@") ? lines(value.substring(1)) : List.of(value.split(",", -1))) {
            number++;
            if (value.startsWith("@") && (entry.isBlank() || entry.startsWith("#"))) {
                continue;
            }
            int colon = entry.indexOf(':');
            if (colon < 1 || colon == entry.length() - 1) {
                throw new IllegalArgumentException(
                        "--users needs name:password for each user; entry " + number + " is not that.");
            }
            if (users.put(entry.substring(0, colon), entry.substring(colon + 1)) != null) {
                throw new IllegalArgumentException("--users names " + entry.substring(0, colon) + " twice.");
            }
        }
        if (users.isEmpty()) {
            throw new IllegalArgumentException("--users names nobody in " + value.substring(1) + ".");
        }
        return users;
    }

    private static List<String> lines(String file) {
        try {
            return Files.readAllLines(path("--users", file), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalArgumentException("--users cannot read the file " + file + ".", e);
        }
    }
}
