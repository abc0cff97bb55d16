package io.stitch.reactive.test;

/** Which server a {@link StitchTest} runs on. */
public enum ServerKind {
    /** One that replays what a client lacks, and never lets a version go back. */
    NEW,
    /** One as they were before: scopes are listed page by page, and writes in doubt are read back. */
    OLD
}
