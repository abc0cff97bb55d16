package io.stitch.samples.desktop;

/** What is known of the open board. Nothing said yet is not the same as nothing there. */
enum Condition {
    /** No board is open. */
    NONE(false, ""),
    /** Nothing has come of it, and it may come at any moment. */
    WAITING(true, "Waiting …"),
    /** Nothing has come of it, and there is no connection. */
    NOT_HERE(true, "Not here yet"),
    /** It is here as it was at the last connection, without tasks. */
    EMPTY_SO_FAR(true, "Nothing here so far"),
    /** It is here. */
    HERE(true, "Nothing here"),
    /** Somebody deleted it. */
    DELETED(false, "Deleted"),
    /** This user may not have it, or its creation was refused. */
    REFUSED(false, "");

    private final boolean usable;
    private final String emptyColumn;

    Condition(boolean usable, String emptyColumn) {
        this.usable = usable;
        this.emptyColumn = emptyColumn;
    }

    /**
     * What is known of a board.
     *
     * @param open whether one is open
     * @param refused whether it was refused
     * @param rootHere whether the board itself is here
     * @param rootGone whether it was here, or should be, and is not
     * @param tasksHere whether there are tasks
     * @param answered whether all that there is has come
     * @param connected whether there is a connection
     */
    record Facts(
            boolean open,
            boolean refused,
            boolean rootHere,
            boolean rootGone,
            boolean tasksHere,
            boolean answered,
            boolean connected) {}

    static Condition of(Facts facts) {
        if (!facts.open()) {
            return NONE;
        }
        if (facts.refused()) {
            return REFUSED;
        }
        if (facts.rootGone()) {
            return DELETED;
        }
        if (facts.tasksHere() || (facts.rootHere() && facts.answered())) {
            return HERE;
        }
        if (facts.connected()) {
            return WAITING;
        }
        return facts.rootHere() ? EMPTY_SO_FAR : NOT_HERE;
    }

    /** {@return whether tasks can be written and changed} */
    boolean isUsable() {
        return usable;
    }

    /** {@return what a column without tasks says} */
    String emptyColumn() {
        return emptyColumn;
    }

    /** {@return what is to be said of the board, or nothing} */
    String notice(Mode mode) {
        return switch (this) {
            case NONE -> "No board is open. Choose one on the left, or write the name of a new one there.";
            case WAITING ->
                mode == Mode.PEERS
                        ? "Waiting for a peer who has this board …"
                        : "Waiting for the server to send this board …";
            case NOT_HERE ->
                "This board is not here yet, and there is no connection. It comes as soon as there is one.";
            case EMPTY_SO_FAR ->
                "You are offline. There were no tasks when you were connected last; others' come as soon as you are again.";
            case HERE, REFUSED -> "";
            case DELETED ->
                "This board is not there any more: somebody deleted it. Its tasks cannot be changed; choose another board on the left.";
        };
    }
}
