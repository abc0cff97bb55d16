package io.stitch.server;

import org.jspecify.annotations.Nullable;

/** Who published a message, as the broker authenticated it. */
record Caller(String clientId, @Nullable String user) {}
