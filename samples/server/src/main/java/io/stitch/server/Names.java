package io.stitch.server;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Which names, ids and topic filters are allowed. */
final class Names {
    private static final Pattern ENTITY = Pattern.compile("[A-Za-z0-9_-]{1,128}");
    private static final Pattern RESERVED_ENTITY = Pattern.compile("events.*|_.*|u|clients|p[0-9]+");
    private static final Pattern NOT_IN_CLIENT_ID = Pattern.compile("[+#/\\\\\\p{Cntrl}\u0080-\u009f]");
    private static final Set<String> CHILD_OPERATIONS = Set.of("hello", "update", "delete");
    private static final Set<String> RESERVED_IDENTITIES = Set.of("__mqdb_server__", "__server_replay__", ".", "..");
    private static final String TRUSTED_SENDER = "mqdb-internal-";

    private Names() {}

    static boolean validEntity(String entity) {
        return ENTITY.matcher(entity).matches()
                && !RESERVED_ENTITY.matcher(entity).matches();
    }

    static void checkId(String id) {
        int bytes = id.getBytes(StandardCharsets.UTF_8).length;
        if (bytes < 1 || bytes > 512 || id.codePoints().anyMatch(Names::isNotInId)) {
            throw new Refusal(400, "invalid id: 1 to 512 bytes without + # /, control characters and non-characters");
        }
        if (id.equals("create") || id.equals("list") || id.equals("shared") || id.startsWith("events")) {
            throw new Refusal(400, "invalid id: " + id + " is reserved");
        }
    }

    /** No topic has it, or a broker ends the connection of who subscribes to it. */
    private static boolean isNotInId(int c) {
        boolean nonCharacter = (c & 0xFFFE) == 0xFFFE || (c >= 0xFDD0 && c <= 0xFDEF);
        return c == '+' || c == '#' || c == '/' || Character.isISOControl(c) || nonCharacter;
    }

    static boolean validId(String id) {
        try {
            checkId(id);
            return true;
        } catch (Refusal e) {
            return false;
        }
    }

    /** Whether a name can be a level of a topic. */
    static boolean validLevel(String name) {
        return !name.isEmpty() && name.codePoints().noneMatch(Names::isNotInId);
    }

    /** Events of a record in a scope go out on topics that are made of the scope's id and the entity's name. */
    static void checkScope(String entity, String scopeId) {
        checkId(scopeId);
        if (CHILD_OPERATIONS.contains(entity)) {
            throw new Refusal(400, "invalid entity: " + entity + " is reserved for an operation");
        }
    }

    static boolean validClientId(String id) {
        int bytes = id.getBytes(StandardCharsets.UTF_8).length;
        return bytes >= 1
                && bytes <= 128
                && !RESERVED_IDENTITIES.contains(id)
                && !id.startsWith("mqdb-")
                && !id.equals("events") // Its responses would match an event pattern.
                && !NOT_IN_CLIENT_ID.matcher(id).find();
    }

    /** A user's name goes out as the sender of messages, so it must not look like the server's own. */
    static boolean validUser(String user) {
        return !user.isEmpty() && !user.startsWith(TRUSTED_SENDER) && !RESERVED_IDENTITIES.contains(user);
    }

    /** Whether a topic lies below one of the prefixes. */
    static boolean below(String topic, String... prefixes) {
        return Stream.of(prefixes).anyMatch(prefix -> topic.startsWith(prefix + "/"));
    }

    /** Whether a topic filter matches anything below the response prefix that is not the client's own. */
    static boolean overhears(String topicFilter, String responsePrefix, String clientId) {
        List<String> filter = List.of(topicFilter.split("/", -1));
        if (filter.get(0).equals("$share") && filter.size() > 2) {
            filter = filter.subList(2, filter.size());
        }
        List<String> inbox = List.of(responsePrefix.split("/", -1));
        for (int i = 0; i < inbox.size(); i++) {
            String level = inbox.get(i);
            // A wildcard at the front never matches a topic that begins with a dollar sign.
            boolean wild = i > 0 || !level.startsWith("$");
            if (i == filter.size()) {
                return false;
            }
            if (wild && filter.get(i).equals("#")) {
                return true;
            }
            if (!filter.get(i).equals(level) && !(wild && filter.get(i).equals("+"))) {
                return false;
            }
        }
        return filter.size() > inbox.size() && !filter.get(inbox.size()).equals(clientId);
    }
}
