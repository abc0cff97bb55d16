package io.stitch.reactive.internal.local;

import io.stitch.reactive.internal.connection.Authentication;
import io.stitch.reactive.internal.writes.Journal;
import io.stitch.reactive.spi.Persistence;
import org.jspecify.annotations.Nullable;

import java.util.Map;

/**
 * Who a store is: its client id and its user, as they are kept and as they are now. What is kept follows what is now, from when it is known
 * what was kept. Changed on the worker, read from any thread.
 */
final class StoreIdentity {
    private final Authentication authentication;
    private final Journal journal;
    private final boolean keeps;
    private final @Nullable String givenClientId;
    /** Who is kept as the user, as soon as that is known; nobody is the empty text. */
    private @Nullable String keptUser;

    private volatile String clientId;
    private volatile Map<String, String> facts = Map.of();

    /**
     * Begins with what is known before anything was read.
     *
     * @param given the client id that the application gave, or {@code null}
     * @param clientId that one, or one that was made up and counts until another one is found to be kept
     */
    StoreIdentity(
            Authentication authentication, Journal journal, boolean keeps, @Nullable String given, String clientId) {
        this.authentication = authentication;
        this.journal = journal;
        this.keeps = keeps;
        this.givenClientId = given;
        this.clientId = clientId;
    }

    String clientId() {
        return clientId;
    }

    /** All that was kept, as names and values. */
    Map<String, String> facts() {
        return facts;
    }

    @Nullable
    String user() {
        return authentication.user().orElse(null);
    }

    /** Takes up what was kept. */
    void restore(Map<String, String> kept) {
        facts = kept;
        String known = kept.get(Persistence.CLIENT_ID);
        if (known != null && givenClientId == null) {
            clientId = known;
        } else if (keeps && !clientId.equals(known)) {
            journal.put(Persistence.CLIENT_ID, clientId);
        }
        String lastUser = kept.getOrDefault(Persistence.USER, "");
        if (!lastUser.isEmpty()) {
            authentication.assume(lastUser);
        }
        keptUser = lastUser;
        keepUser();
    }

    /** Offline and with tickets, nobody says who the user is; what they wrote is shown all the same after a restart. */
    void keepUser() {
        String now = authentication.user().orElse("");
        if (keeps && keptUser != null && !now.equals(keptUser)) {
            keptUser = now;
            journal.put(Persistence.USER, now);
        }
    }
}
