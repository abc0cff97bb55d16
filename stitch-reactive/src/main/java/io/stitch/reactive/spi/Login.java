package io.stitch.reactive.spi;

/** What a client shows a broker to log in. */
public sealed interface Login permits Credentials, Ticket {}
