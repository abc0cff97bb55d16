package io.stitch.reactive.peer.internal;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class ConnectionsTest {
    @Test
    void theConnectionsOfTenThousandPeersAreRemembered() {
        Connections connections = new Connections();
        connections.heard("first", 5);
        for (int i = 1; i < Connections.BOUND; i++) {
            connections.heard("peer" + i, 5);
        }
        assertThat(connections.ended("first", 4)).isFalse();
        connections.heard("first", 5);
        connections.heard("one more", 5);
        assertThat(connections.ended("first", 4)).isFalse();
        assertThat(connections.ended("peer1", 4)).as("forgotten").isTrue();
    }
}
