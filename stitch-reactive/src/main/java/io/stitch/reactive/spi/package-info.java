/**
 * What somebody else may implement, and the values that go through it: a local database ({@link io.stitch.reactive.spi.Persistence}), an
 * MQTT client ({@link io.stitch.reactive.spi.MqttConnector}), a source of tickets ({@link io.stitch.reactive.spi.TicketProvider}), and what
 * watches a store ({@link io.stitch.reactive.spi.StoreObserver}).
 *
 * <p>One flat package for all of it, because an implementation needs few types of each. An application that implements nothing imports
 * nothing from here.
 */
@NullMarked
package io.stitch.reactive.spi;

import org.jspecify.annotations.NullMarked;
