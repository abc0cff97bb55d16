package io.stitch.reactive.internal.wire;

import org.jspecify.annotations.Nullable;

/** What a change event says happened to a record. */
public enum Operation {
    /** The record is new. */
    CREATE("Create", "created"),
    /** The record changed. */
    UPDATE("Update", "updated"),
    /** The record is gone. */
    DELETE("Delete", "deleted");

    private final String payloadName;
    private final String topicSuffix;

    Operation(String payloadName, String topicSuffix) {
        this.payloadName = payloadName;
        this.topicSuffix = topicSuffix;
    }

    /**
     * {@return the name in the payload's {@code operation} field}
     */
    public String payloadName() {
        return payloadName;
    }

    /**
     * {@return the last level of a scoped event topic}
     */
    public String topicSuffix() {
        return topicSuffix;
    }

    static @Nullable Operation ofPayloadName(String name) {
        for (Operation operation : values()) {
            if (operation.payloadName.equals(name)) {
                return operation;
            }
        }
        return null;
    }

    static @Nullable Operation ofTopicSuffix(String suffix) {
        for (Operation operation : values()) {
            if (operation.topicSuffix.equals(suffix)) {
                return operation;
            }
        }
        return null;
    }
}
