package io.stitch.simulation.peer.protection;

import io.stitch.reactive.peer.ScopeKey;
import io.stitch.reactive.peer.ScopeKeyTable;
import io.stitch.reactive.peer.ScopeKeys;
import io.stitch.server.Message;
import io.stitch.simulation.Run;
import io.stitch.simulation.peer.wire.Wire;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.ProviderException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
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
public final class Vault {
    /** What no message may show, as it would be written in one: names of fields, and values. */
    private static final Pattern SECRET = Pattern.compile(
            "\"(by|a|b|c|%s|%s|projectId|_hlc|_stamps|data|manifest|w[0-9]+|e[0-9]+|red|green|k[0-9]+|t[0-9]+)\""
                    .formatted(Wire.NUMBER, Wire.LIST));

    /** Of these none is in a ciphertext by chance, as a shorter one is in many. */
    private static final Pattern LONG_SECRET = Pattern.compile("\"(projectId|manifest|clientId|entity)\"");

    private static final int MOST_READ = 1_000;
    private static final Set<String> ENVELOPE = Set.of("enc", "kid", "iv", "ct");
    private static final Base64.Decoder BASE64 = Base64.getUrlDecoder();

    private final Run run;
    private final boolean encrypts;
    private final Random random;
    private final Set<String> kept;
    private final IdentityHashMap<byte[], JsonNode> read = new IdentityHashMap<>();
    private final Map<String, List<ScopeKey>> keys = new LinkedHashMap<>();
    private final Map<String, Keyring> keyrings = new HashMap<>();

    /** What one peer has: it outlives its processes. */
    private static final class Keyring {
        final ScopeKeyTable table = new ScopeKeyTable();
        /** The number of the newest key that it knows, and of the one that it writes with; below 0 for none. */
        final Map<String, int[]> known = new HashMap<>();
    }

    /**
     * Makes a key for each scope.
     *
     * @param run where it belongs
     * @param encrypts whether there are keys at all
     * @param scopes the scopes whose keys come and go
     * @param kept the scopes of which everybody always has the key
     */
    public Vault(Run run, boolean encrypts, List<String> scopes, Set<String> kept) {
        this.run = run;
        this.encrypts = encrypts;
        this.kept = kept;
        this.random = new Random(run.random().nextLong());
        scopes.forEach(this::makeKey);
        kept.forEach(this::makeKey);
    }

    private void makeKey(String scope) {
        List<ScopeKey> all = keys.computeIfAbsent(scope, name -> new ArrayList<>());
        byte[] secret = new byte[ScopeKey.SECRET_BYTES];
        random.nextBytes(secret);
        all.add(ScopeKey.of(scope.replace(Wire.TOP, "top-") + '-' + all.size(), secret));
    }

    private int newest(String scope) {
        return made(scope).size() - 1;
    }

    private List<ScopeKey> made(String scope) {
        return keys.getOrDefault(scope, List.of());
    }

    /**
     * Tells which keys a peer has.
     *
     * @param peer the peer's name
     * @return the keys
     */
    public ScopeKeys keysOf(String peer) {
        return keyring(peer).table;
    }

    private Keyring keyring(String peer) {
        return keyrings.computeIfAbsent(peer, name -> {
            Keyring made = new Keyring();
            for (String scope : keys.keySet()) {
                boolean lacks = !kept.contains(scope) && random.nextInt(6) == 0;
                if (!lacks) {
                    set(made, scope, newest(scope), newest(scope), 0);
                }
            }
            return made;
        });
    }

    private void set(Keyring ring, String scope, int newest, int writes, int oldest) {
        ring.known.put(scope, new int[] {newest, writes});
        List<ScopeKey> all = made(scope);
        List<ScopeKey> reads = new ArrayList<>(all.subList(Math.min(oldest, writes), newest + 1));
        reads.remove(all.get(writes));
        ring.table.put(scope, all.get(writes), reads.toArray(new ScopeKey[0]));
    }

    /**
     * Tells whether a peer reads nothing of a scope.
     *
     * @param peer the peer's name
     * @param scope the scope
     * @return whether it has no key of it
     */
    public boolean lacks(String peer, String scope) {
        return encrypts && !keyring(peer).known.containsKey(scope);
    }

    /**
     * Tells whether a peer reads nothing of some scope.
     *
     * @param peer the peer's name
     * @return whether it has no key of one
     */
    public boolean lacksAny(String peer) {
        return keys.keySet().stream().anyMatch(scope -> lacks(peer, scope));
    }

    // ---- what people do with keys ----

    /**
     * There is a new key, and whoever made it has it.
     *
     * @param peer the peer's name
     * @param scope the scope
     * @param writesAtOnce whether that peer writes with it
     */
    public void rotate(String peer, String scope, boolean writesAtOnce) {
        if (!keys.containsKey(scope)) {
            return; // There is no such scope.
        }
        makeKey(scope);
        handOver(peer, scope, writesAtOnce);
    }

    /**
     * A peer gets the newest key, as one that reads, or one that writes at once.
     *
     * @param peer the peer's name
     * @param scope the scope
     * @param writes whether it writes with it
     */
    public void handOver(String peer, String scope, boolean writes) {
        if (!keys.containsKey(scope)) {
            return;
        }
        int[] known = keyring(peer).known.get(scope);
        set(keyring(peer), scope, newest(scope), writes || known == null ? newest(scope) : known[1], 0);
    }

    /**
     * A peer writes with the newest key that it knows.
     *
     * @param peer the peer's name
     * @param scope the scope
     */
    public void turnOver(String peer, String scope) {
        int[] known = keyring(peer).known.get(scope);
        if (known != null) {
            set(keyring(peer), scope, known[0], known[0], 0);
        }
    }

    /**
     * A peer has no old keys any more.
     *
     * @param peer the peer's name
     * @param scope the scope
     */
    public void dropOld(String peer, String scope) {
        int[] known = keyring(peer).known.get(scope);
        if (known != null) {
            set(keyring(peer), scope, known[0], known[0], known[0]);
        }
    }

    /**
     * A peer has no key any more.
     *
     * @param peer the peer's name
     * @param scope the scope
     */
    public void lose(String peer, String scope) {
        keyring(peer).known.remove(scope);
        keyring(peer).table.remove(scope);
    }

    /**
     * Whoever has a key has the newest one.
     *
     * @param peer the peer's name
     * @param everybody whether those have it, too, who have none
     */
    public void heal(String peer, boolean everybody) {
        for (String scope : keys.keySet()) {
            if (encrypts && !kept.contains(scope) && (everybody || !lacks(peer, scope))) {
                handOver(peer, scope, true);
            }
        }
    }

    // ---- what is in messages ----

    /**
     * Reads a message, whoever may read it.
     *
     * @param topic its topic
     * @param payload its payload, of which nothing is changed
     * @return what it says: an empty object if no key of the scope reads it; not to be changed
     */
    public JsonNode read(String topic, byte[] payload) {
        JsonNode known = read.get(payload);
        if (known != null) { // Many hear one message.
            return known;
        }
        if (read.size() >= MOST_READ) {
            read.clear();
        }
        byte[] opened = encrypts && Wire.isInScope(topic) ? open(topic, payload) : payload;
        JsonNode said = opened == null ? Wire.MAPPER.createObjectNode() : Wire.MAPPER.readTree(opened);
        read.put(payload, said);
        return said;
    }

    private byte @Nullable [] open(String topic, byte[] payload) {
        JsonNode envelope = Wire.MAPPER.readTree(payload);
        for (ScopeKey key : made(Wire.scopeOf(topic))) {
            if (key.kid().equals(envelope.path("kid").asString(""))) {
                return decrypt(key, topic, envelope);
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
        } catch (GeneralSecurityException | IllegalArgumentException | ProviderException e) { // Too short, too.
            return null;
        }
    }

    /**
     * A peer has published something: can anybody read it?
     *
     * @param client who
     * @param message what
     */
    public void look(String client, Message message) {
        if (!encrypts) {
            return;
        }
        String text = message.text() + message.properties();
        requireNone(SECRET, client, text, text);
        if (!Wire.isInScope(message.topic())) {
            return;
        }
        JsonNode envelope = Wire.MAPPER.readTree(message.payload());
        if (!Set.copyOf(envelope.propertyNames()).equals(ENVELOPE)
                || open(message.topic(), message.payload()) == null) {
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
