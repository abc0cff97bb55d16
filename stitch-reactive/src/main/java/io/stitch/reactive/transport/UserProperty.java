package io.stitch.reactive.transport;

/**
 * An MQTT 5 user property.
 *
 * @param name its name
 * @param value its value
 */
public record UserProperty(String name, String value) {}
