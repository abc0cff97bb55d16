package io.stitch.reactive.internal.people;

import io.stitch.reactive.PresentClient;
import io.stitch.reactive.Share;
import io.stitch.reactive.SharePermission;
import io.stitch.reactive.internal.mode.People;
import io.stitch.reactive.internal.mode.RequestException;
import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.internal.wire.Reply;
import io.stitch.reactive.internal.wire.Requests;
import io.stitch.reactive.internal.wire.Topics;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.JsonNode;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.BiFunction;

/** Who else there is, as a server tells it: who is connected, and who shares what with whom (protocol section 4.10). */
public final class ServerPeople implements People {
    private final Topics topics;
    private final BiFunction<String, byte[], Mono<Reply.Ok>> requests;
    private final Presence presence;
    private final SharedRoots sharedRoots;

    /**
     * Makes one.
     *
     * @param topics the topics
     * @param requests sends a payload on a topic; cold
     * @param presence who is connected
     * @param sharedRoots what others share with the user
     */
    public ServerPeople(
            Topics topics,
            BiFunction<String, byte[], Mono<Reply.Ok>> requests,
            Presence presence,
            SharedRoots sharedRoots) {
        this.topics = topics;
        this.requests = requests;
        this.presence = presence;
        this.sharedRoots = sharedRoots;
    }

    @Override
    public Flux<List<PresentClient>> presence() {
        return presence.lists();
    }

    @Override
    public boolean isShared(String rootId) {
        return sharedRoots.has(rootId);
    }

    @Override
    public Mono<Share> share(String entity, String id, String grantee, SharePermission permission, boolean cascade) {
        String topic = topics.sharing(entity, id, "share");
        return requests.apply(topic, Requests.share(grantee, wordFor(permission), cascade))
                .map(ok -> {
                    JsonNode answer = ok.data();
                    return new Share(
                            textOr(answer.path("grantee"), grantee),
                            answer.has("permission") ? permission(answer.path("permission"), topic) : permission,
                            null,
                            answer.path("status").asString("").equals("pending"));
                });
    }

    @Override
    public Mono<Void> unshare(String entity, String id, String grantee) {
        return requests.apply(topics.sharing(entity, id, "unshare"), Requests.unshare(grantee))
                .then();
    }

    @Override
    public Mono<List<Share>> shares(String entity, String id) {
        String topic = topics.sharing(entity, id, "shares");
        return requests.apply(topic, Requests.nothing()).map(ok -> {
            JsonNode rows = ok.data();
            if (!rows.isArray()) {
                throw unexpected(topic, "it is not an array");
            }
            List<Share> shares = new ArrayList<>();
            rows.forEach(row -> shares.add(shareOf(row, topic)));
            return List.copyOf(shares);
        });
    }

    /** Whom the server does not know yet it names by their e-mail. */
    private static Share shareOf(JsonNode row, String topic) {
        String known = textOrNull(row.path("grantee"));
        String grantee = known == null ? textOrNull(row.path("grantee_email")) : known;
        if (grantee == null) {
            throw unexpected(topic, "it has a share with nobody");
        }
        return new Share(
                grantee, permission(row.path("permission"), topic), textOrNull(row.path("granted_by")), known == null);
    }

    private static String wordFor(SharePermission permission) {
        return permission.name().toLowerCase(Locale.ROOT);
    }

    private static SharePermission permission(JsonNode word, String topic) {
        for (SharePermission permission : SharePermission.values()) {
            if (Json.text(wordFor(permission)).equals(word)) {
                return permission;
            }
        }
        throw unexpected(topic, "it has a permission that is neither view nor edit");
    }

    private static String textOr(JsonNode value, String otherwise) {
        String text = textOrNull(value);
        return text == null ? otherwise : text;
    }

    private static @Nullable String textOrNull(JsonNode value) {
        return value.isString() && !value.stringValue().isEmpty() ? value.stringValue() : null;
    }

    private static RequestException unexpected(String topic, String why) {
        return new RequestException(
                RequestException.Kind.UNEXPECTED_REPLY,
                0,
                "The server's answer to %s cannot be used: %s.".formatted(topic, why));
    }
}
