package io.stitch.reactive;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The rules for names that become topic levels: entities, record ids, client ids and topic prefixes (protocol section 1).
 *
 * <p>{@code …Problem} answers what is wrong, or {@code null}; {@code requirePrefix} throws.
 */
public final class Names {
    private static final Pattern ENTITY = Pattern.compile("[A-Za-z0-9_-]{1,128}");
    private static final Pattern PARTITION_LIKE = Pattern.compile("p[0-9]+");
    private static final Set<String> RESERVED_ENTITIES = Set.of("u", "clients");
    private static final Set<String> RESERVED_CHILDREN = Set.of("hello", "update", "delete");
    private static final Set<String> RESERVED_IDS = Set.of("create", "list", "shared");
    private static final Set<String> SERVER_NAMES = Set.of("__mqdb_server__", "__server_replay__");
    private static final int MAX_ID_BYTES = 512;
    private static final int MAX_CLIENT_ID_BYTES = 128;

    private Names() {}

    /**
     * Says what is wrong with an entity name.
     *
     * @param name the name
     * @return what is wrong, or {@code null}
     */
    public static @Nullable String entityProblem(String name) {
        if (!ENTITY.matcher(name).matches()) {
            return "an entity name is 1 to 128 of A-Z a-z 0-9 _ -";
        }
        if (name.startsWith("events")
                || name.startsWith("_")
                || RESERVED_ENTITIES.contains(name)
                || PARTITION_LIKE.matcher(name).matches()) {
            return "the entity name is reserved: it must not begin with 'events' or '_', nor be 'u', 'clients' or 'p' followed"
                    + " by digits";
        }
        return null;
    }

    /**
     * Says what is wrong with the name of a child entity.
     *
     * @param name the name
     * @return what is wrong, or {@code null}
     */
    public static @Nullable String childEntityProblem(String name) {
        return RESERVED_CHILDREN.contains(name)
                ? "the names hello, update and delete are operations and cannot name a child entity"
                : entityProblem(name);
    }

    /**
     * Says what is wrong with a record id.
     *
     * @param id the id
     * @return what is wrong, or {@code null}
     */
    public static @Nullable String idProblem(String id) {
        if (id.isEmpty()) {
            return "a record id must not be empty";
        }
        for (int i = 0; i < id.length(); i++) {
            char c = id.charAt(i);
            if (c == '+' || c == '#' || c == '/' || Character.isISOControl(c)) {
                return "a record id must not contain + # / or control characters";
            }
        }
        if (!isText(id)) {
            return "a record id must be well-formed Unicode without non-characters";
        }
        if (id.length() > MAX_ID_BYTES / 4 && id.getBytes(StandardCharsets.UTF_8).length > MAX_ID_BYTES) {
            return "a record id is at most 512 bytes of UTF-8";
        }
        if (RESERVED_IDS.contains(id) || id.startsWith("events")) {
            return "the record ids create, list, shared and all that begin with 'events' are reserved";
        }
        return null;
    }

    /**
     * Says what is wrong with a client id.
     *
     * @param id the id
     * @return what is wrong, or {@code null}
     */
    public static @Nullable String clientIdProblem(String id) {
        if (id.isEmpty()
                || (id.length() > MAX_CLIENT_ID_BYTES / 4
                        && id.getBytes(StandardCharsets.UTF_8).length > MAX_CLIENT_ID_BYTES)) {
            return "a client id is 1 to 128 bytes of UTF-8";
        }
        if (id.equals(".") || id.equals("..")) {
            return "a client id must not be '.' or '..'";
        }
        for (int i = 0; i < id.length(); i++) {
            char c = id.charAt(i);
            if (c == '+' || c == '#' || c == '/' || c == '\\' || Character.isISOControl(c)) {
                return "a client id must not contain + # / \\ or control characters";
            }
        }
        if (!isText(id)) {
            return "a client id must be well-formed Unicode without non-characters";
        }
        if (SERVER_NAMES.contains(id)) {
            return "the client id is a server's name";
        }
        return null;
    }

    /**
     * Says what is wrong with a client id towards a server, which keeps some names for itself and has one that an event pattern matches.
     *
     * @param id the client id
     * @return the problem, or {@code null} if there is none
     */
    public static @Nullable String serverModeClientIdProblem(String id) {
        if (id.startsWith("mqdb-")) {
            return "in server mode a client id must not begin with mqdb-, which servers keep for themselves";
        }
        if (id.equals("events")) {
            return "in server mode a client id must not be events: its responses would look like events";
        }
        return clientIdProblem(id);
    }

    /** Brokers end the connection of who subscribes to a topic with a non-character, U+FFFE say (MQTT 5, 1.5.4). */
    private static boolean isText(String name) {
        for (int i = 0; i < name.length(); i++) {
            if (name.charAt(i) >= Character.MIN_SURROGATE) { // Few names go so far.
                return isWellFormed(name) && name.codePoints().noneMatch(Names::isNonCharacter);
            }
        }
        return true;
    }

    private static boolean isNonCharacter(int codePoint) {
        return (codePoint & 0xFFFE) == 0xFFFE || (codePoint >= 0xFDD0 && codePoint <= 0xFDEF);
    }

    /**
     * Tells whether a text has no half of a surrogate pair, which is no character: it cannot be sent, and nobody could read it again.
     *
     * @param text the text
     * @return whether it is well-formed Unicode
     */
    public static boolean isWellFormed(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isSurrogate(c)) {
                i++;
                if (i == text.length() || !Character.isSurrogatePair(c, text.charAt(i))) {
                    return false;
                }
            }
        }
        return true;
    }

    /**
     * Checks a topic prefix.
     *
     * @param what what the prefix is called in the configuration
     * @param prefix the prefix
     * @return the prefix
     * @throws IllegalArgumentException if it is empty, has wildcards, or begins or ends with a slash
     */
    public static String requirePrefix(String what, String prefix) {
        if (prefix.isEmpty()
                || prefix.startsWith("/")
                || prefix.endsWith("/")
                || prefix.chars().anyMatch(c -> c == '+' || c == '#' || Character.isISOControl(c))
                || !isText(prefix)) {
            throw new IllegalArgumentException(
                    "%s '%s' is not a topic prefix: it must not be empty, begin or end with '/', or"
                                    .formatted(what, prefix)
                            + " contain +, # or control characters.");
        }
        return prefix;
    }

    /**
     * Checks which events of a top-level entity are wanted.
     *
     * @param entity the entity
     * @param filter a topic filter below the entity's topics
     * @throws IllegalArgumentException if it is no filter, or brings something else than events
     */
    public static void requireEventFilter(String entity, String filter) {
        String[] levels = filter.split("/", -1);
        boolean valid = levels.length > 1
                && levels[0].equals("events")
                && filter.chars().noneMatch(Character::isISOControl)
                && isText(filter);
        for (int i = 1; i < levels.length; i++) {
            boolean last = i == levels.length - 1;
            valid &= levels[i].equals("+")
                    || (levels[i].equals("#") && last)
                    || (!levels[i].isEmpty() && !levels[i].contains("+") && !levels[i].contains("#"));
        }
        if (!valid) {
            throw new IllegalArgumentException(
                    "The events of '%s' cannot be subscribed to as '%s': give a topic filter below the entity, such as events/# or events/7/#."
                            .formatted(entity, filter));
        }
    }
}
