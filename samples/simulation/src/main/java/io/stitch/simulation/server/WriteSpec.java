package io.stitch.simulation.server;

import io.stitch.reactive.WriteKind;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * What somebody writes, whatever is there.
 *
 * @param entity the entity
 * @param scope the scope that it is written in, if the entity belongs to one
 * @param number which of the few ids
 * @param style how
 * @param extra what is special about it
 * @param manner how it is asked for
 * @param marked whether it has a field of its own
 * @param variant decides about details
 */
record WriteSpec(
        String entity, String scope, int number, Style style, Extra extra, Manner manner, boolean marked, int variant) {
    private static final int IDS = 3;
    private static final int PROBED = 1_000;

    /** How it is written. */
    enum Style {
        CREATE(WriteKind.CREATE),
        TYPED_CREATE(WriteKind.CREATE),
        PATCH(WriteKind.UPDATE),
        FUNCTION(WriteKind.UPDATE),
        TYPED_FUNCTION(WriteKind.UPDATE),
        DELETE(WriteKind.DELETE);

        private final WriteKind kind;

        Style(WriteKind kind) {
            this.kind = kind;
        }

        WriteKind kind() {
            return kind;
        }

        boolean isFunction() {
            return this == FUNCTION || this == TYPED_FUNCTION;
        }
    }

    /** What is special about it. */
    enum Extra {
        NONE(false, false),
        /** It names another record. */
        REFERENCE(false, false),
        /** It has a value that no other record may have. */
        UNIQUE(false, false),
        /** It adds to a number and to a list that others add to, too. */
        COUNTS(false, false),
        /** It clears a field. */
        CLEARS(false, false),
        /** It is nested deeper than a message may be. */
        DEEP(true, false),
        /** It has a number that JSON does not know. */
        NAN(true, false),
        /** It has a value that does not fit the Java type. */
        MISFIT(true, false),
        /** The function throws. */
        THROWS(true, true),
        /** The function overflows the stack. */
        OVERFLOWS(true, true),
        /** The function takes its time. */
        WORKS(true, true);

        private final boolean isStrange;
        private final boolean forFunctions;

        Extra(boolean isStrange, boolean forFunctions) {
            this.isStrange = isStrange;
            this.forFunctions = forFunctions;
        }
    }

    /** How it is asked for. */
    enum Manner {
        WAITS,
        /** Goes away at once. */
        CANCELS,
        /** Through a handle that was closed, if there is one. */
        CLOSED_HANDLE,
        /** Whoever is told of the result throws. */
        THROWS
    }

    /** Whether it is to be done at one version only. */
    enum Compare {
        NEVER,
        /** It fails when it cannot be done at once. */
        FAIL,
        /** It waits when it cannot be done at once. */
        QUEUE
    }

    /** What is strange in a run: little in most, for what is strange hides what else goes wrong. */
    record Strangeness(List<Extra> extras, List<Manner> manners) {
        private static final int RARE = 20;

        static final Strangeness NONE = new Strangeness(List.of(), List.of());

        static Strangeness of(Random random) {
            List<Extra> extras = new ArrayList<>();
            for (Extra extra : Extra.values()) {
                if (extra.isStrange && random.nextInt(RARE) == 0) {
                    extras.add(extra);
                }
            }
            List<Manner> manners = new ArrayList<>();
            for (Manner manner : Manner.values()) {
                if (manner != Manner.WAITS && random.nextInt(4) == 0) {
                    manners.add(manner);
                }
            }
            return new Strangeness(extras, manners);
        }
    }

    /** What people mostly write, and now and then something strange. */
    static WriteSpec any(Random random, String scope, Strangeness strangeness) {
        String entity = entity(random);
        Style style = style(random, entity);
        int number = 1 + random.nextInt(IDS);
        Extra extra = extra(random, style, strangeness.extras());
        return new WriteSpec(
                entity,
                scope,
                number,
                style,
                extra,
                manner(random, strangeness.manners()),
                random.nextInt(10) < 7 || extra == Extra.COUNTS,
                random.nextInt(1_000));
    }

    private static String entity(Random random) {
        int choice = random.nextInt(100);
        if (choice < 45) {
            return "task";
        }
        if (choice < 58) {
            return "link";
        }
        if (choice < 70) {
            return "project";
        }
        if (choice < 78) {
            return "member";
        }
        if (choice < 86) {
            return "note";
        }
        return choice < 95 ? "person" : "draft";
    }

    private static Style style(Random random, String entity) {
        boolean typed = entity.equals("task") && random.nextBoolean();
        int choice = random.nextInt(100);
        if (choice < 40) {
            return typed ? Style.TYPED_CREATE : Style.CREATE;
        }
        if (choice < 65) {
            return Style.PATCH;
        }
        if (choice < 83) {
            return typed ? Style.TYPED_FUNCTION : Style.FUNCTION;
        }
        return Style.DELETE;
    }

    private static Extra extra(Random random, Style style, List<Extra> strange) {
        int choice = random.nextInt(100);
        if (style == Style.PATCH && choice < 30) {
            return Extra.COUNTS;
        }
        if (style == Style.DELETE || choice < 50) {
            return Extra.NONE;
        }
        if (choice < 78) {
            return Extra.REFERENCE;
        }
        if (choice < 86) {
            return Extra.UNIQUE;
        }
        if (choice < 90 || strange.isEmpty()) {
            return Extra.CLEARS;
        }
        Extra extra = strange.get(random.nextInt(strange.size()));
        return extra.forFunctions && !style.isFunction() ? Extra.NONE : extra;
    }

    private static Manner manner(Random random, List<Manner> strange) {
        return random.nextInt(10) > 0 || strange.isEmpty() ? Manner.WAITS : strange.get(random.nextInt(strange.size()));
    }

    /** What somebody may write who has seen one of the records, of which the first that is there is meant. */
    static List<WriteSpec> compared(Random random, String scope) {
        List<WriteSpec> specs = new ArrayList<>();
        Style style = random.nextInt(4) == 0 ? Style.DELETE : Style.PATCH;
        boolean marked = random.nextInt(10) < 7;
        int variant = random.nextInt(1_000) / 24 * 24 + random.nextInt(12); // Of those that are compared.
        for (String entity : List.of("task", "link", "member", "note", "person")) {
            for (int number = 1; number <= IDS; number++) {
                specs.add(new WriteSpec(entity, scope, number, style, Extra.NONE, Manner.WAITS, marked, variant));
            }
        }
        Collections.shuffle(specs, random);
        return specs;
    }

    /** What somebody may add to who has seen one of the records, of which the first that is there is meant. */
    static List<WriteSpec> counting(Random random, String scope) {
        List<WriteSpec> specs = new ArrayList<>();
        int variant = random.nextInt(1_000);
        for (String entity : List.of("task", "link", "member", "note", "person", "project")) {
            for (int number = 1; number <= IDS; number++) {
                specs.add(new WriteSpec(entity, scope, number, Style.PATCH, Extra.COUNTS, Manner.WAITS, true, variant));
            }
        }
        Collections.shuffle(specs, random);
        return specs;
    }

    /** A record that is created, changed and deleted, a few times over. */
    static List<WriteSpec> lives(Random random, String scope) {
        List<WriteSpec> specs = new ArrayList<>();
        String entity = entity(random);
        int number = 1 + random.nextInt(IDS);
        int lives = 2 + random.nextInt(2);
        for (int life = 0; life < lives; life++) {
            List<Style> styles = new ArrayList<>(List.of(Style.CREATE));
            styles.addAll(Collections.nCopies(random.nextInt(4), Style.PATCH));
            styles.add(Style.DELETE);
            styles.forEach(style -> specs.add(new WriteSpec(
                    entity,
                    scope,
                    number,
                    style,
                    Extra.NONE,
                    Manner.WAITS,
                    random.nextInt(10) < 7,
                    random.nextInt(1_000))));
        }
        return specs;
    }

    /** The create of a task that nobody else writes. */
    static WriteSpec probe(String scope, int number) {
        return new WriteSpec("task", scope, PROBED + number, Style.TYPED_CREATE, Extra.NONE, Manner.WAITS, true, 0);
    }

    WriteSpec numbered(int other) {
        return new WriteSpec(entity, scope, other, style, extra, manner, marked, variant);
    }

    /** Of a few of those that can be. */
    Compare compare() {
        boolean comparable = style == Style.PATCH || style == Style.DELETE;
        if (!comparable || extra == Extra.COUNTS || entity.equals("project") || entity.equals("draft")) {
            return Compare.NEVER;
        }
        return switch (variant / 4 % 6) {
            case 0, 1 -> Compare.FAIL;
            case 2 -> Compare.QUEUE;
            default -> Compare.NEVER;
        };
    }

    /** The version that whoever writes has seen, who may have looked away since. */
    long expected(long known) {
        return variant % 5 == 0 ? Math.max(1, known - 1) : Math.max(1, known);
    }

    /** What it adds to a number: a little, or takes away. */
    int adds() {
        return extra == Extra.COUNTS ? variant % 4 - (variant % 4 == 0 ? 1 : 0) : 0;
    }

    String id() {
        return Entities.id(entity, scope, number);
    }

    WriteKind kind() {
        return style.kind();
    }

    @Override
    public String toString() {
        String where = Entities.isScoped(entity) ? " in " + scope : "";
        String special = extra == Extra.NONE ? "" : ", " + word(extra);
        String compared = compare() == Compare.NEVER ? "" : ", compared or " + word(compare());
        String how = manner == Manner.WAITS ? "" : ", " + word(manner);
        return word(style)
                + ' '
                + entity
                + ' '
                + id()
                + where
                + special
                + compared
                + how
                + (marked ? "" : ", unmarked");
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
