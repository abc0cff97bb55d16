package io.stitch.reactive.internal.mode;

import io.stitch.reactive.internal.digest.DigestTree;
import io.stitch.reactive.internal.digest.VersionSearch;
import io.stitch.reactive.internal.wire.DigestNode;
import io.stitch.reactive.internal.wire.Hello;
import io.stitch.reactive.internal.wire.ManifestEntry;
import io.stitch.reactive.spi.StoredRecord;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;

/**
 * One comparison with somebody who answers (protocol sections 4.8 and 4.9): what is to be said next, and how much of what was said is
 * answered. On the worker.
 */
final class HelloRound {
    /** Leaves room for what a message has beside its entries: 256 prefixes of up to 16 digits, above all. */
    private static final int ROOM = 8_192;

    private static final int ENTRY_BYTES = 48;

    private final String id;
    private final Hello hello;
    private final int largest;
    private final VersionSearch search =
            new VersionSearch((record, step) -> Long.toString(ManifestEntry.versionOf(record) + step));
    private int said;
    private int unanswered;
    private boolean cutShort;
    private long promised;
    private long replayed;

    HelloRound(String id, Hello hello, int largestMessage) {
        this.id = id;
        this.hello = hello;
        this.largest = Math.min(DigestNode.MAX_BYTES, largestMessage) - ROOM;
    }

    String id() {
        return id;
    }

    /** The first message, with all that there is. */
    byte[] whole(Collection<StoredRecord> records) {
        say();
        return hello.whole(id, records.stream().map(ManifestEntry::of).toList());
    }

    /** The first message: how much there is, and its fingerprint; or all of it where that is less. */
    byte[] first(DigestTree tree) {
        if (tree.size() <= DigestNode.MAX_ITEMS) {
            return whole(tree.below(""));
        }
        say();
        return hello.digest(id, tree.node(""));
    }

    private void say() {
        said++;
        unanswered++;
    }

    /** Takes an answer, if it is one to something that was said. */
    boolean answers(String round) {
        if (!id.equals(round) || unanswered == 0) {
            return false;
        }
        unanswered--;
        return true;
    }

    /** So many events will come, or have come already. */
    void promise(int events) {
        promised += events;
    }

    void replayed() {
        replayed++;
    }

    /** {@return whether all that was said is answered} */
    boolean isAnswered() {
        return unanswered == 0;
    }

    /** {@return how many events are to come yet; below 0 if more came than were promised, which answer something else} */
    long missing() {
        return promised - replayed;
    }

    /** {@return whether some of what was promised came} */
    boolean broughtSomething() {
        return replayed > 0 && replayed <= promised;
    }

    /** {@return whether there was more to say than one round takes} */
    boolean isCutShort() {
        return cutShort;
    }

    /** What is to be said where the other side holds something else. */
    List<byte[]> next(Map<String, List<DigestNode>> theirs, DigestTree tree) {
        DigestTree.Difference difference =
                tree.difference(theirs, (prefix, their) -> search.narrower(tree, prefix, their));
        List<String> asks = difference.branches();
        Deque<String> within = new ArrayDeque<>(difference.parts());
        List<byte[]> messages = new ArrayList<>();
        for (int from = 0; from < asks.size() && mayStillSay(); from += DigestNode.MAX_PREFIXES) {
            List<String> part = asks.subList(from, Math.min(asks.size(), from + DigestNode.MAX_PREFIXES));
            say();
            messages.add(hello.ask(id, part));
        }
        while (!within.isEmpty() && mayStillSay()) {
            say();
            messages.add(part(within, tree));
        }
        return messages;
    }

    private boolean mayStillSay() {
        cutShort |= said >= DigestNode.MAX_MESSAGES;
        return said < DigestNode.MAX_MESSAGES;
    }

    /** As many of the prefixes as go into one message; one that does not is said in parts. */
    private byte[] part(Deque<String> within, DigestTree tree) {
        List<String> prefixes = new ArrayList<>();
        List<ManifestEntry> entries = new ArrayList<>();
        int bytes = 0;
        while (!within.isEmpty() && prefixes.size() < DigestNode.MAX_PREFIXES) {
            String prefix = within.remove();
            List<ManifestEntry> below =
                    tree.below(prefix).stream().map(ManifestEntry::of).toList();
            int more = below.stream().mapToInt(HelloRound::bytes).sum();
            if (bytes + more <= largest) {
                prefixes.add(prefix);
                entries.addAll(below);
                bytes += more;
            } else if (prefixes.isEmpty() && prefix.length() < DigestNode.MAX_DIGITS) {
                for (int digit = DigestNode.CHILDREN - 1; digit >= 0; digit--) {
                    within.addFirst(DigestNode.child(prefix, digit));
                }
            } else {
                within.addFirst(prefix);
                break;
            }
        }
        return hello.within(id, prefixes, entries);
    }

    /** No fewer than it takes as JSON. */
    private static int bytes(ManifestEntry entry) {
        return ENTRY_BYTES + bytes(entry.entity()) + bytes(entry.id());
    }

    private static int bytes(String text) {
        return text.chars()
                .map(letter -> letter == '"' || letter == '\\' ? 2 : letter < 0x80 ? 1 : letter < 0x800 ? 2 : 3)
                .sum();
    }
}
