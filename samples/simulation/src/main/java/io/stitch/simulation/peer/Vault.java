package io.stitch.simulation.peer;

import io.stitch.reactive.peer.ScopeKey;
import io.stitch.reactive.peer.ScopeKeyTable;
import io.stitch.reactive.peer.ScopeKeys;
import io.stitch.server.Message;
import io.stitch.simulation.Run;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The keys of encrypted scopes: which there are, which each peer has, and what is in messages. It looks whether anything of a record can be read
 * at the broker.
 */
final class Vault {
    /** What no message may show, as it would be written in one: names of fields, and values. */
    private static final Pattern SECRET = Pattern.compile(
            "\"(by|a|b|c|%s|%s|projectId|_hlc|_stamps|data|manifest|w[0-9]+|e[0-9]+|red|green|k[0-9]+|t[0-9]+)\""
                    .formatted(Tallies.NUMBER, Tallies.LIST));

    /** Of these none is in a ciphertext by chance, as a shorter one is in many. */
    private static final Pattern LONG_SECRET = Pattern.compile("\"(projectId|manifest|clientId|entity)\"");

    private static final Set<String> ENVELOPE = Set.of("enc", "kid", "iv", "ct");
    private static final Base64.Decoder BASE64 = Base64.getUrlDecoder();

    private final Run run;
    private final boolean encrypts;
    private final Random random;
    private final Map<String, List<ScopeKey>> keys = new HashMap<>();
    private final Map<String, Keyring> keyrings = new HashMap<>();

    /** What one peer has: it outlives its processes. */
    private static final class Keyring {
        final ScopeKeyTable table = new ScopeKeyTable();
        /** The number of the newest key that it knows, and of the one that it writes with; below 0 for none. */
        final Map<String, int[]> known = new HashMap<>();
    }

    Vault(Run run, boolean encrypts) {
        this.run = run;
        this.encrypts = encrypts;
        this.random = new Random(run.random().nextLong());
        List.of(PeerWorld.SCOPES.get(0), PeerWorld.SCOPES.get(1), Members.TEAM).forEach(this::makeKey);
    }

    private void makeKey(String scope) {
        List<ScopeKey> all = keys.computeIfAbsent(scope, name -> new ArrayList<>());
        byte[] secret = new byte[ScopeKey.SECRET_BYTES];
        random.nextBytes(secret);
        all.add(ScopeKey.of(scope + '-' + all.size(), secret));
    }

    private int newest(String scope) {
        return keysOf(scope).size() - 1;
    }

    private List<ScopeKey> keysOf(String scope) {
        return keys.getOrDefault(scope, List.of());
    }

    /** Which keys a peer has. */
    ScopeKeys keysOf(Peer peer) {
        return keyring(peer).table;
    }

    private Keyring keyring(Peer peer) {
        return keyrings.computeIfAbsent(peer.name(), name -> {
            Keyring made = new Keyring();
            for (String scope : keys.keySet()) {
                boolean lacks = !scope.equals(Members.TEAM) && random.nextInt(6) == 0;
                if (!lacks) {
                    set(made, scope, newest(scope), newest(scope), 0);
                }
            }
            return made;
        });
    }

    private void set(Keyring ring, String scope, int newest, int writes, int oldest) {
        ring.known.put(scope, new int[] {newest, writes});
        List<ScopeKey> all = keysOf(scope);
        List<ScopeKey> reads = new ArrayList<>(all.subList(Math.min(oldest, writes), newest + 1));
        reads.remove(all.get(writes));
        ring.table.put(scope, all.get(writes), reads.toArray(new ScopeKey[0]));
    }

    boolean lacks(Peer peer, String scope) {
        return encrypts && !keyring(peer).known.containsKey(scope);
    }

    boolean lacksAny(Peer peer) {
        return PeerWorld.SCOPES.stream().anyMatch(scope -> lacks(peer, scope));
    }

    // ---- what people do with keys ----

    /** There is a new key, and whoever made it has it. */
    void rotate(Peer peer, String scope, boolean writesAtOnce) {
        makeKey(scope);
        handOver(peer, scope, writesAtOnce);
    }

    /** A peer gets the newest key, as one that reads, or one that writes at once. */
    void handOver(Peer peer, String scope, boolean writes) {
        int[] known = keyring(peer).known.get(scope);
        set(keyring(peer), scope, newest(scope), writes || known == null ? newest(scope) : known[1], 0);
    }

    /** A peer writes with the newest key that it knows. */
    void turnOver(Peer peer, String scope) {
        int[] known = keyring(peer).known.get(scope);
        if (known != null) {
            set(keyring(peer), scope, known[0], known[0], 0);
        }
    }

    /** A peer has no old keys any more. */
    void dropOld(Peer peer, String scope) {
        int[] known = keyring(peer).known.get(scope);
        if (known != null) {
            set(keyring(peer), scope, known[0], known[0], known[0]);
        }
    }

    /** A peer has no key any more. */
    void lose(Peer peer, String scope) {
        keyring(peer).known.remove(scope);
        keyring(peer).table.remove(scope);
        peer.world().ledger().forgotten(peer.process());
    }

    /** Whoever has a key has the newest one. */
    void heal(Peer peer, boolean everybody) {
        for (String scope : PeerWorld.SCOPES) {
            if (encrypts && (everybody || !lacks(peer, scope))) {
                handOver(peer, scope, true);
            }
        }
    }

    // ---- what is in messages ----

    /** What a message says, whoever may read it. */
    JsonNode read(Message message) {
        if (!encrypts || !isInScope(message.topic())) {
            return PeerLedger.MAPPER.readTree(message.payload());
        }
        byte[] opened = open(message);
        return opened == null ? PeerLedger.MAPPER.createObjectNode() : PeerLedger.MAPPER.readTree(opened);
    }

    private static boolean isInScope(String topic) {
        return topic.split("/", -1).length > 4;
    }

    private byte @Nullable [] open(Message message) {
        JsonNode envelope = PeerLedger.MAPPER.readTree(message.payload());
        String scope = message.topic().split("/", -1)[3];
        for (ScopeKey key : keysOf(scope)) {
            if (key.kid().equals(envelope.path("kid").asString(""))) {
                return decrypt(key, message.topic(), envelope);
            }
        }
        return null;
    }

    private static byte @Nullable [] decrypt(ScopeKey key, String topic, JsonNode envelope) {
        try {
            Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
            cipher.init(
                    Cipher.DECRYPT_MODE,
                    key.secret(),
                    new GCMParameterSpec(128, BASE64.decode(envelope.path("iv").asString(""))));
            cipher.updateAAD(topic.getBytes(StandardCharsets.UTF_8));
            return cipher.doFinal(BASE64.decode(envelope.path("ct").asString("")));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            return null;
        }
    }

    /** A peer has published something: can anybody read it? */
    void look(String client, Message message) {
        if (!encrypts) {
            return;
        }
        String text = message.text() + message.properties();
        requireNone(SECRET, client, text, text);
        if (!isInScope(message.topic())) {
            return;
        }
        JsonNode envelope = PeerLedger.MAPPER.readTree(message.payload());
        if (!Set.copyOf(envelope.propertyNames()).equals(ENVELOPE) || open(message) == null) {
            run.problem(
                    "not encrypted as it must be",
                    "%s says %s on %s, which no key of the scope reads".formatted(client, text, message.topic()));
            return;
        }
        String hidden = new String(BASE64.decode(envelope.path("ct").asString("")), StandardCharsets.ISO_8859_1);
        requireNone(LONG_SECRET, client, hidden, text);
    }

    private void requireNone(Pattern secrets, String client, String text, String message) {
        Matcher secret = secrets.matcher(text);
        if (secret.find()) {
            run.problem("readable at the broker", "%s has %s in %s".formatted(client, secret.group(), message));
        }
    }
}
