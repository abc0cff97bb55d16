package io.stitch.reactive.transport;

/** What a client shows a broker to log in. */
public sealed interface Login permits Credentials, Ticket {}
