package io.stitch.reactive.spi;

/**
 * A broker's acknowledgement of a publish.
 *
 * @param noSubscribers whether the broker said that nobody subscribes to the topic (reason 0x10); that is a success
 */
public record PublishResult(boolean noSubscribers) {}
