package io.stitch.server;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

import java.util.Queue;
import java.util.concurrent.TimeUnit;

/** Answers hellos: limits their rate, compares digests or manifests with the records, and replays the difference. Worker only. */
final class Hello {
    private static final Logger LOG = LoggerFactory.getLogger(Hello.class);
    /** With digests a client may come back at once, several times. */
    private static final int AT_ONCE_WITH_DIGESTS = 4;

    private static final int SILENT = 2;
    private static final int MAX_ROUND = 128;
    private static final int MAX_PART = 256 << 10;
    private final StitchServerOptions options;
    private final ServerHost host;
    private final Access access;
    private final ScopeDigests digests;
    private final EventCounts counts;
    private final Comparison comparison;
    private final Worker worker;
    private final Outbox outbox;
    private final HelloLimits limits;

    /** Who asks, for which scope, and in which round; null where the hello is in none. */
    private record Asker(
            Caller caller, String scopeId, @Nullable String round) {}

    Hello(
            StitchServerOptions options,
            ServerHost host,
            Access access,
            ScopeDigests digests,
            EventCounts counts,
            Comparison comparison,
            Worker worker,
            Outbox outbox) {
        this.options = options;
        this.host = host;
        this.access = access;
        this.digests = digests;
        this.counts = counts;
        this.comparison = comparison;
        this.worker = worker;
        this.outbox = outbox;
        this.limits = new HelloLimits(options.has(Feature.DIGEST) ? AT_ONCE_WITH_DIGESTS : 1, options.helloSpacing());
    }

    void answer(Caller caller, String scopeId, Message message) {
        Asker asker = new Asker(caller, scopeId, null);
        try {
            ObjectNode hello = readable(message);
            asker = new Asker(caller, scopeId, hello == null ? null : round(hello));
            if (admitted(asker, hello != null && isPart(hello))) {
                Names.checkId(scopeId);
                access.checkScope(scopeId, caller);
                answer(asker, hello == null ? Json.read(message.payload()) : hello, message.payload().length);
            }
        } catch (Refusal e) {
            refuse(asker, e);
        } catch (RuntimeException e) {
            LOG.error("a hello on {} failed", message.topic(), e);
            refuse(asker, new Refusal(500, "internal error: see the server's log"));
        }
    }

    /** Answers a hello that came to nothing, because what it had to write could not be written. */
    void unavailable(Caller caller, String scopeId, Message message) {
        ObjectNode hello = readable(message);
        refuseNow(new Asker(caller, scopeId, hello == null ? null : round(hello)), Refusal.unavailable());
    }

    /** A hello, or null if it is no JSON object: what is wrong with it is told only if it is not one too many. */
    private static @Nullable ObjectNode readable(Message message) {
        try {
            return Json.read(message.payload());
        } catch (Refusal e) {
            return null;
        }
    }

    /** The round of a hello; null where it has none that can be said again. */
    private @Nullable String round(ObjectNode hello) {
        JsonNode round = isDigest(hello) ? hello.path("digest").path("round") : hello.path("round");
        String text = round.asString("");
        return options.has(Feature.ANSWERS) && round.isString() && !text.isEmpty() && text.length() <= MAX_ROUND
                ? text
                : null;
    }

    private boolean isDigest(ObjectNode hello) {
        return options.has(Feature.DIGEST) && hello.has("digest");
    }

    private boolean isPartial(ObjectNode hello) {
        return options.has(Feature.DIGEST) && hello.has("within");
    }

    private boolean isPart(ObjectNode hello) {
        return isDigest(hello) || isPartial(hello);
    }

    /** Without a round the first two hellos too many pass in silence, and the third is told. */
    private boolean admitted(Asker asker, boolean part) {
        String who = asker.caller().clientId() + "/" + asker.scopeId();
        long wait = limits.take(who, part ? asker.round() : null, host.nanos());
        if (wait == 0) {
            return true;
        }
        if (asker.round() == null && limits.excess(who) <= SILENT) {
            return false;
        }
        // Rounded up: who comes a moment too soon would have to come once more.
        long millis = TimeUnit.NANOSECONDS.toMillis(wait) + 1;
        throw new Refusal(429, "too many hellos for this scope: wait " + millis + " ms", millis);
    }

    private void answer(Asker asker, ObjectNode hello, int bytes) {
        checkForm(asker, hello, bytes);
        if (isDigest(hello)) {
            answerDigest(asker, hello.path("digest"));
            return;
        }
        boolean direct = options.has(Feature.DIRECT_REPLAY)
                && hello.path("replay").asString("").equals("direct");
        // The inbox is the authenticated client's, whatever the payload says.
        String base = direct ? inbox(asker) + "/replay" : options.prefix();
        Comparison.Question question = new Comparison.Question(
                asker.caller(),
                asker.scopeId(),
                new Key(options.root(), asker.scopeId()),
                Manifest.read(hello, options.root(), asker.scopeId(), options.matchById()),
                isPartial(hello) ? Within.read("within", hello.path("within"), Digest.MAX_DIGITS) : Within.ALL,
                base,
                direct);
        // The number as of now: whoever counts on from it must get each event that the replay may have come too early for.
        ObjectNode answer = counted(asker, Json.object().put("round", asker.round()));
        Queue<Replay.Step> first = comparison.ofRoot(question);
        Replay.Ending ending = ending(asker, answer);
        new Replay(worker, outbox, options.replayWindow(), first, () -> comparison.ofOthers(question), ending).run();
    }

    private void checkForm(Asker asker, ObjectNode hello, int bytes) {
        boolean needsRound = isDigest(hello) || (options.has(Feature.ANSWERS) && hello.has("round"));
        if (needsRound && asker.round() == null) {
            throw new Refusal(400, "invalid hello: round must be a string of 1 to " + MAX_ROUND + " characters");
        }
        if (isDigest(hello) && isPartial(hello)) {
            throw new Refusal(400, "invalid hello: it has a digest or a manifest within prefixes, not both");
        }
        if (isPart(hello) && bytes > MAX_PART) {
            throw new Refusal(400, "invalid hello: a part of a round is at most 256 KiB");
        }
    }

    private Replay.Ending ending(Asker asker, ObjectNode answer) {
        return new Replay.Ending() {
            @Override
            public void whole(int events) {
                if (asker.round() != null) {
                    outbox.answer(topic(asker), answer.put("events", events));
                }
            }

            @Override
            public void broken(Refusal why) {
                refuseNow(asker, why);
            }
        };
    }

    private void answerDigest(Asker asker, JsonNode asked) {
        Digest ours = digests.of(asker.scopeId(), asker.caller());
        ObjectNode answer = Json.object().put("round", asker.round());
        if (asked.has("ask")) {
            ObjectNode nodes = answer.putObject("nodes");
            Within.read("ask", asked.path("ask"), Digest.MAX_DIGITS - 1)
                    .prefixes()
                    .forEach(prefix -> addChildren(nodes, prefix, ours));
        } else if (isEqual(asked, ours.node(""))) {
            answer.put("events", 0);
        } else {
            addChildren(answer.putObject("nodes"), "", ours);
        }
        counted(asker, answer);
        worker.afterCommit(() -> outbox.answer(topic(asker), answer));
    }

    private static boolean isEqual(JsonNode asked, Digest.Node ours) {
        JsonNode n = asked.path("n");
        JsonNode fp = asked.path("fp");
        if (!n.isIntegralNumber() || n.bigIntegerValue().signum() < 0 || !fp.isString()) {
            throw new Refusal(400, "invalid hello: digest must have a number n and a text fp, or an array ask");
        }
        return n.canConvertToInt() && n.asInt() == ours.n() && fp.asString().equals(ours.fp());
    }

    private static void addChildren(ObjectNode nodes, String prefix, Digest digest) {
        ArrayNode children = nodes.putArray(prefix);
        digest.children(prefix)
                .forEach(child -> children.addArray().add(child.n()).add(child.fp()));
    }

    private ObjectNode counted(Asker asker, ObjectNode answer) {
        if (options.has(Feature.EVENT_COUNT)) {
            counts.newest(asker.scopeId(), answer);
        }
        return answer;
    }

    private String topic(Asker asker) {
        return inbox(asker) + "/hello/" + asker.scopeId();
    }

    private String inbox(Asker asker) {
        return options.responsePrefix() + "/" + asker.caller().clientId();
    }

    private void refuse(Asker asker, Refusal why) {
        worker.afterCommit(() -> refuseNow(asker, why));
    }

    private void refuseNow(Asker asker, Refusal why) {
        if (asker.round() == null) {
            ObjectNode error = Json.object().put("scopeId", asker.scopeId());
            outbox.replyNow(inbox(asker) + "/scope-open-error", null, told(error, why));
            return;
        }
        ObjectNode answer = told(Json.object().put("round", asker.round()), why);
        if (why.retryAfterMillis() > 0) {
            answer.put("retryAfter", why.retryAfterMillis());
        }
        outbox.answer(topic(asker), answer);
    }

    private static ObjectNode told(ObjectNode error, Refusal why) {
        return error.put("code", why.code()).put("message", why.reason());
    }
}
