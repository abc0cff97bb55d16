package io.stitch.simulation.model;

import java.util.Arrays;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What some peers hold of one record, and what is under way between them. A stamp is a number: a time, and behind it the writer. A message stays
 * under way after it has come, so that it may come again, later, or never.
 */
final class State {
    /** A record of no peer, a delete that nobody remembers. */
    static final int NONE = 0;

    /** The stamp of each field, by peer; all {@link #NONE} if the peer has no record. */
    final int[][] fields;
    /** The stamp of the delete that a peer remembers. */
    final int[] tombstones;
    /** The highest time that a peer has heard of. */
    final int[] clocks;
    /** By peer, who among the others is known to hold nothing that it remembers as deleted. */
    final int[] clean;

    final SortedSet<Message> underWay;
    /** What each has ever heard of, or written: the last stamp of each field. */
    final int[][] heard;
    /** The last delete that each has ever heard of. */
    final int[] heardDeleted;
    /** Who has left, and never comes back. */
    int gone;

    int writes;

    /**
     * An event.
     *
     * @param deleted the stamp of a delete; {@link #NONE} if it is a record
     * @param fields the stamps of the record's fields, one behind the other
     */
    record Message(int deleted, String fields) implements Comparable<Message> {
        @Override
        public String toString() {
            return deleted == NONE ? Arrays.toString(stamps()) : "delete " + deleted;
        }

        static Message of(int[] fields) {
            StringBuilder text = new StringBuilder();
            for (int stamp : fields) {
                text.append((char) stamp);
            }
            return new Message(NONE, text.toString());
        }

        static Message ofDelete(int stamp) {
            return new Message(stamp, "");
        }

        int[] stamps() {
            return fields.chars().toArray();
        }

        int latest() {
            return deleted == NONE ? State.latest(stamps()) : deleted;
        }

        @Override
        public int compareTo(Message other) {
            int order = Integer.compare(deleted, other.deleted);
            return order == 0 ? fields.compareTo(other.fields) : order;
        }
    }

    State(int peers, int fieldCount) {
        this.fields = new int[peers][fieldCount];
        this.tombstones = new int[peers];
        this.clocks = new int[peers];
        this.clean = new int[peers];
        this.underWay = new TreeSet<>();
        this.heard = new int[peers][fieldCount];
        this.heardDeleted = new int[peers];
    }

    State(State from) {
        this.fields = copy(from.fields);
        this.heard = copy(from.heard);
        this.heardDeleted = from.heardDeleted.clone();
        this.gone = from.gone;
        this.tombstones = from.tombstones.clone();
        this.clocks = from.clocks.clone();
        this.clean = from.clean.clone();
        this.underWay = new TreeSet<>(from.underWay);
        this.writes = from.writes;
    }

    private static int[][] copy(int[][] from) {
        return Arrays.stream(from).map(int[]::clone).toArray(int[][]::new);
    }

    boolean isThere(int peer) {
        return (gone & 1 << peer) == 0;
    }

    int peers() {
        return fields.length;
    }

    boolean has(int peer) {
        return latest(fields[peer]) != NONE;
    }

    /** The stamp of the whole record, which is the highest of its fields. */
    int stamp(int peer) {
        return latest(fields[peer]);
    }

    static int latest(int[] stamps) {
        return Arrays.stream(stamps).max().orElse(NONE);
    }

    /** All of it, to be compared with others. */
    String text() {
        return held() + Arrays.toString(clocks) + Arrays.toString(clean) + underWay + writes;
    }

    /** What peers hold and have heard of, without what is under way. */
    String held() {
        return Arrays.deepToString(fields)
                + Arrays.toString(tombstones)
                + Arrays.deepToString(heard)
                + Arrays.toString(heardDeleted)
                + gone;
    }

    @Override
    public String toString() {
        return "fields %s, tombstones %s, under way %s"
                .formatted(Arrays.deepToString(fields), Arrays.toString(tombstones), underWay);
    }
}
