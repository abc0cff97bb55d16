package io.stitch.simulation.peer;

import io.stitch.reactive.Mutation;
import io.stitch.reactive.Patch;
import io.stitch.reactive.Scope;
import io.stitch.reactive.peer.Trust;
import io.stitch.simulation.peer.PeerWrite.Kind;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.spec.NamedParameterSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Who signs with which key, and whose writes count: by a list, or by grants in a scope of their own, which are given and taken back while
 * everything runs. In the end it says for itself what must count, by what all peers hold of the grants.
 */
final class Members {
    /** The scope with the grants. */
    static final String TEAM = "team";

    private static final int FINGERPRINT = 16;
    private static final String ADMIN = "admin-";
    private static final String MEMBER = "member-";
    private static final String FROM = "from";
    private static final String UNTIL = "until";
    private static final String BY = PeerLedger.BY;
    /** Keys cost time to make, and nothing depends on what they are. */
    private static final Map<String, KeyPair> KEYS = new ConcurrentHashMap<>();

    private final PeerWorld world;
    private final Protection protection;
    private final List<String> trusted = new ArrayList<>();
    private final String owner;
    /** What all hold of the grants, when that is known. */
    private @Nullable Map<String, JsonNode> grants;

    Members(PeerWorld world, Protection protection, int peers) {
        this.world = world;
        this.protection = protection;
        this.owner = protection.signs() ? fingerprint(PeerWorld.name(0)) : "";
        for (int i = 0; protection.signs() && i < peers; i++) {
            trusted.add(fingerprint(PeerWorld.name(i)));
        }
    }

    /** Always the same ones, so that a run can be repeated. */
    private static KeyPair keys(String name) {
        return KEYS.computeIfAbsent(name, Members::newKeys);
    }

    private static KeyPair newKeys(String name) {
        Random random = new Random(name.hashCode());
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("Ed25519");
            RememberedSignatures.install();
            generator.initialize(NamedParameterSpec.ED25519, new SecureRandom() {
                private static final long serialVersionUID = 1;

                @Override
                public void nextBytes(byte[] bytes) {
                    random.nextBytes(bytes);
                }
            });
            KeyPair pair = generator.generateKeyPair();
            RememberedSignatures.know(pair);
            return pair;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Every Java has Ed25519.", e);
        }
    }

    static String fingerprint(String name) {
        return Trust.fingerprint(keys(name).getPublic());
    }

    /** Signs with somebody's key, as a record carries it. */
    static ObjectNode sign(String name, String text) {
        KeyPair pair = keys(name);
        try {
            Signature signature = Signature.getInstance("Ed25519");
            signature.initSign(pair.getPrivate());
            signature.update(text.getBytes(StandardCharsets.UTF_8));
            byte[] encoded = pair.getPublic().getEncoded();
            Base64.Encoder base64 = Base64.getUrlEncoder().withoutPadding();
            return JsonNodeFactory.instance
                    .objectNode()
                    .put("key", base64.encodeToString(Arrays.copyOfRange(encoded, encoded.length - 32, encoded.length)))
                    .put("sig", base64.encodeToString(signature.sign()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Every Java has Ed25519.", e);
        }
    }

    KeyPair keysOf(Peer peer) {
        return keys(peer.signer());
    }

    /** Whom a peer trusts. Somebody from outside trusts everybody but a relay, whose own key nobody has agreed to, and is trusted by nobody. */
    Trust trustOf(Peer peer) {
        PublicKey ofOwner = keys(PeerWorld.name(0)).getPublic();
        if (peer.isOutsider()) {
            String relay = fingerprint(Relay.NAME);
            return write -> !write.author().equals(relay);
        }
        List<String> known = List.copyOf(trusted);
        return protection.grants()
                ? Trust.membership(TEAM, PeerProcess.GRANT.name(), ofOwner)
                : write -> known.contains(write.author());
    }

    // ---- what people do with grants ----

    /** The owner lets most in. */
    void begin(Random random) {
        List<Peer> peers = world.peers();
        for (Peer peer : peers.subList(1, peers.size())) {
            if (!peer.isOutsider() && random.nextInt(5) > 0) {
                grant(peers.get(0), peer, random.nextInt(4) == 0, false);
            }
        }
    }

    private static String id(Peer of, boolean admin) {
        return (admin ? ADMIN : MEMBER) + fingerprint(of.signer());
    }

    /**
     * Grants, or takes back what was withdrawn.
     *
     * @param late whether what was written before does not count
     */
    void grant(Peer by, Peer to, boolean admin, boolean late) {
        Scope team = team(by);
        if (team == null || to.isOutsider()) {
            return;
        }
        String id = id(to, admin);
        JsonNode known = team.get(PeerProcess.GRANT, id).orElse(null);
        PeerWrite write = issue(by, known == null ? Kind.CREATE : Kind.UPDATE, id, known);
        Long from = late ? (Long) clock(by) : null;
        if (known == null) {
            ObjectNode record = JsonNodeFactory.instance
                    .objectNode()
                    .put("id", id)
                    .put(BY, write.tag())
                    .put(PeerProcess.SCOPE_FIELD, TEAM);
            if (from != null) {
                record.put(FROM, from);
            }
            write(by, write, team.create(PeerProcess.GRANT, record));
        } else {
            Patch patch = Patch.of(BY, write.tag()).and(UNTIL, null).and(FROM, from);
            write(by, write, team.update(PeerProcess.GRANT, id, patch));
        }
        world.ledger().count("a grant");
    }

    /**
     * Withdraws trust as of a stamp: that of something which is shown, so that there is something on both sides of it, or of now.
     *
     * @param choice decides
     */
    void withdraw(Peer by, Peer from, boolean admin, Random choice) {
        Scope team = team(by);
        String id = id(from, admin);
        JsonNode known = team == null ? null : team.get(PeerProcess.GRANT, id).orElse(null);
        if (team == null || known == null) {
            return;
        }
        List<Long> times = new ArrayList<>(List.of(clock(by)));
        for (String scope : PeerWorld.SCOPES) {
            by.process().held(scope).values().forEach(record -> {
                Stamp stamp = Stamp.of(record.path(PeerLedger.STAMP));
                if (stamp != null && stamp.node().endsWith(fingerprint(from.signer()))) {
                    times.add(stamp.ts());
                }
            });
        }
        PeerWrite write = issue(by, Kind.UPDATE, id, known);
        Patch patch = Patch.of(BY, write.tag()).and(UNTIL, times.get(choice.nextInt(times.size())));
        write(by, write, team.update(PeerProcess.GRANT, id, patch));
        world.ledger().count("trust withdrawn");
    }

    /** A grant that is deleted never was. */
    void delete(Peer by, Peer of, boolean admin) {
        Scope team = team(by);
        String id = id(of, admin);
        JsonNode known = team == null ? null : team.get(PeerProcess.GRANT, id).orElse(null);
        if (team != null && known != null) {
            write(by, issue(by, Kind.DELETE, id, known), team.delete(PeerProcess.GRANT, id));
            world.ledger().count("a grant deleted");
        }
    }

    private static long clock(Peer by) {
        return by.process().lane().now(TimeUnit.MILLISECONDS);
    }

    private static @Nullable Scope team(Peer by) {
        return by.process().isRunning() ? by.process().scope(TEAM) : null;
    }

    private PeerWrite issue(Peer by, Kind kind, String id, @Nullable JsonNode known) {
        String record = TEAM + '/' + PeerProcess.GRANT.name() + '/' + id;
        return world.ledger().issue(by.process(), kind, record, BY, null, known);
    }

    private static void write(Peer by, PeerWrite write, Mutation<?> mutation) {
        by.process().write(write, mutation, false);
    }

    // ---- what must count ----

    /**
     * Everybody knows the same grants now.
     *
     * @param held what all hold of the scope with the grants
     */
    void agree(Map<String, JsonNode> held) {
        grants = protection.grants() ? held : null;
    }

    /** Whether a write counts, by what all hold of the grants; before that is known, whether it may. */
    boolean counts(String record, Stamp stamp) {
        if (!protection.signs()) {
            return true;
        }
        String author = author(stamp);
        Map<String, JsonNode> known = grants;
        if (!protection.grants() || known == null || author.equals(owner)) {
            return trusted.contains(author);
        }
        if (record.startsWith(TEAM + '/' + PeerProcess.GRANT.name() + '/')) {
            return record.contains('/' + MEMBER) && covers(known, ADMIN, author, stamp.ts());
        }
        return covers(known, ADMIN, author, stamp.ts()) || covers(known, MEMBER, author, stamp.ts());
    }

    /** A node id ends with its key's fingerprint. */
    private static String author(Stamp stamp) {
        return stamp.node().substring(Math.max(0, stamp.node().length() - FINGERPRINT));
    }

    private static boolean covers(Map<String, JsonNode> known, String role, String author, long time) {
        JsonNode grant = known.get(TEAM + '/' + PeerProcess.GRANT.name() + '/' + role + author);
        return grant != null
                && grant.path(FROM).asLong(0) <= time
                && time <= grant.path(UNTIL).asLong(Long.MAX_VALUE);
    }

    /**
     * Whether a peer is heard by all: comparisons are heard from those who are trusted at present, so that nobody else learns what it missed. By
     * whichever clock, so whoever was trusted until some time, or from some time on, does not count here.
     */
    boolean isHeard(Peer peer) {
        Map<String, JsonNode> known = grants;
        if (peer.isOutsider()) {
            return false;
        }
        String author = protection.grants() ? fingerprint(peer.signer()) : owner;
        return author.equals(owner)
                || (known != null && (coversAlways(known, ADMIN, author) || coversAlways(known, MEMBER, author)));
    }

    /** Whether a peer is heard where the grants are: whoever they name, member or no more. */
    boolean isNamed(Peer peer) {
        Map<String, JsonNode> known = grants;
        String author = protection.grants() ? fingerprint(peer.signer()) : owner;
        String grant = TEAM + '/' + PeerProcess.GRANT.name() + '/';
        return !peer.isOutsider()
                && (author.equals(owner)
                        || (known != null
                                && (known.containsKey(grant + ADMIN + author)
                                        || known.containsKey(grant + MEMBER + author))));
    }

    private static boolean coversAlways(Map<String, JsonNode> known, String role, String author) {
        return covers(known, role, author, 0) && covers(known, role, author, Long.MAX_VALUE - 1);
    }

    /** Whether what a peer writes counts at any time, so that nothing of it is ever taken back. */
    boolean countsAlways(Peer peer) {
        if (!protection.grants()) {
            return !peer.isOutsider();
        }
        return fingerprint(peer.signer()).equals(owner);
    }
}
