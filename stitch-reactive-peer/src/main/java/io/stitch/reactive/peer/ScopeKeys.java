package io.stitch.reactive.peer;

import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Says with which keys the messages of a scope are encrypted: supplied by the application, which alone knows how its users come by keys.
 * {@link ScopeKeyTable} is one to put keys into.
 *
 * <p>Of a scope one key writes, and that one and any number of others read. To change keys, first hand the new one to every peer as one that
 * reads, then have it write, and take the old one away when nobody writes with it any more. A peer that gets these steps in another order
 * misses messages meanwhile, and compares the scope when its keys change, which brings what it has missed.
 */
@FunctionalInterface
public interface ScopeKeys {
    /**
     * Says what holds for a scope now. Asked for each message, on the network's threads and on the store's worker, so it must answer at once,
     * from memory, and be safe on any thread. If it throws, the scope is one whose key is missing.
     *
     * @param scopeId the scope; that of anybody's message, open here or not
     * @return what holds
     */
    Choice of(String scopeId);

    /**
     * Tells that {@link #of} may answer otherwise than before. Open scopes are looked at again then: one whose key has come is opened, one
     * whose key has gone shows nothing any more, and one with other keys is compared. Hot, on any thread; what is emitted does not matter,
     * and signals that come faster than the store takes them are taken as one. After an error, which is reported, no more is heard.
     *
     * @return the signals; by default there are none, for keys that never change
     */
    default Publisher<?> changes() {
        return Flux.never();
    }

    /** What holds for a scope. */
    sealed interface Choice {}

    /**
     * Its messages are encrypted; one that is not is not taken.
     *
     * @param writes the key that this peer encrypts with, which it also reads with
     * @param reads other keys that messages may be encrypted with
     */
    record Encrypted(ScopeKey writes, List<ScopeKey> reads) implements Choice {
        /** How many keys may read beside the one that writes. */
        public static final int MOST_READERS = 64;

        /**
         * Checks that the keys can be told apart.
         *
         * @param writes the key that this peer encrypts with
         * @param reads other keys that messages may be encrypted with
         * @throws IllegalArgumentException if two keys have one name, or there are more than {@value #MOST_READERS}
         */
        public Encrypted {
            reads = List.copyOf(reads);
            Set<String> names = new HashSet<>(Set.of(writes.kid()));
            for (ScopeKey key : reads) {
                if (!names.add(key.kid())) {
                    throw new IllegalArgumentException(
                            "Two keys of a scope are named '%s'. Give each secret a name of its own."
                                    .formatted(key.kid()));
                }
            }
            if (reads.size() > MOST_READERS) {
                throw new IllegalArgumentException(
                        "%d keys are to read a scope; at most %d may. Take away those that nobody writes with any more."
                                .formatted(reads.size(), MOST_READERS));
            }
        }

        /**
         * One key that writes and reads.
         *
         * @param key the key
         */
        public Encrypted(ScopeKey key) {
            this(key, List.of());
        }
    }

    /** Its messages are as anybody can read them; one that is encrypted is not taken. */
    record Plain() implements Choice {}

    /**
     * They are encrypted, and the key is not here, or not yet: the scope shows nothing, takes no writes, and nothing of it is published. The
     * answer for what is not known: never {@link Plain}, which would publish in the clear what others encrypt.
     */
    record Missing() implements Choice {}
}
