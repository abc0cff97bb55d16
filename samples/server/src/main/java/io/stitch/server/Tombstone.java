package io.stitch.server;

/** What is remembered of a deleted record. The scope is empty for a top-level record. */
record Tombstone(Key key, String scope, long version, long deletedAt) {}
