package io.stitch.reactive.spring;

import org.jspecify.annotations.Nullable;

/** The store cannot be made as it is configured. Ends the start of the application with a description and what to do. */
final class StitchSettingException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** What to do about it. */
    private final String action;

    /**
     * A setting that cannot work.
     *
     * @param description which property, and what is wrong with it; never a secret's value
     * @param action what to do
     * @param cause what noticed it, if anything
     */
    StitchSettingException(String description, String action, @Nullable Throwable cause) {
        super(description, cause);
        this.action = action;
    }

    StitchSettingException(String description, String action) {
        this(description, action, null);
    }

    String action() {
        return action;
    }
}
