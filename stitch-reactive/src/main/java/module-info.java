/**
 * Scopes of records in sync over MQTT 5, as Reactive Streams. Applications import {@link io.stitch.reactive}; who implements a database, a
 * connector, a source of tickets or an observer also imports {@link io.stitch.reactive.spi}.
 *
 * <p>A module whose records are read and written with Jackson opens their package to {@code tools.jackson.databind}.
 */
@SuppressWarnings("module") // The peer module is built after this one.
module io.stitch.reactive {
    requires transitive org.reactivestreams;
    requires transitive reactor.core;
    requires transitive tools.jackson.core;
    requires transitive tools.jackson.databind;
    requires static transitive org.jspecify;
    requires static transitive com.google.errorprone.annotations;
    // Only StitchMetrics needs them: who uses it requires them as well.
    requires static micrometer.core;
    requires static micrometer.observation;
    requires static micrometer.commons;
    requires static context.propagation;
    requires com.hivemq.client.mqtt;
    requires io.reactivex.rxjava2;
    requires org.slf4j;
    requires reactor.netty.core;
    // The MQTT client and Reactor Netty are automatic modules, which cannot say that they need these.
    requires io.netty.buffer;
    requires io.netty.codec;
    requires io.netty.codec.dns;
    requires io.netty.codec.http;
    requires io.netty.codec.socks;
    requires io.netty.common;
    requires io.netty.handler;
    requires io.netty.handler.proxy;
    requires io.netty.resolver;
    requires io.netty.resolver.dns;
    requires io.netty.transport;
    requires io.netty.transport.unix.common;
    requires jdk.unsupported;
    requires org.jctools.core;

    exports io.stitch.reactive;
    exports io.stitch.reactive.spi;
    exports io.stitch.reactive.internal to
            io.stitch.reactive.peer;
    exports io.stitch.reactive.internal.digest to
            io.stitch.reactive.peer;
    exports io.stitch.reactive.internal.lanes to
            io.stitch.reactive.peer;
    exports io.stitch.reactive.internal.mode to
            io.stitch.reactive.peer;
    exports io.stitch.reactive.internal.records to
            io.stitch.reactive.peer;
    exports io.stitch.reactive.internal.wire to
            io.stitch.reactive.peer;
    exports io.stitch.reactive.internal.writes to
            io.stitch.reactive.peer;
}
