package io.stitch.reactive;

/** What a user may do with a record that its owner shares with them. */
public enum SharePermission {
    /** Read it, and what is in its scope. */
    VIEW,
    /** Read and change it, and create, change and delete what is in its scope. Not to delete it, nor to share it. */
    EDIT
}
