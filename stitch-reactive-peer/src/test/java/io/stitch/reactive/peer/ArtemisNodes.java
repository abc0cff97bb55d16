package io.stitch.reactive.peer;

import org.apache.activemq.artemis.api.core.TransportConfiguration;
import org.apache.activemq.artemis.core.config.ClusterConnectionConfiguration;
import org.apache.activemq.artemis.core.config.Configuration;
import org.apache.activemq.artemis.core.config.impl.ConfigurationImpl;
import org.apache.activemq.artemis.core.remoting.impl.netty.NettyConnectorFactory;
import org.apache.activemq.artemis.core.server.cluster.impl.MessageLoadBalancingType;
import org.apache.activemq.artemis.core.server.embedded.EmbeddedActiveMQ;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Embedded Artemis brokers on the loopback address, without persistence. Several are a cluster in which each node knows the others and
 * passes on what they have subscribers for. Peers are spread over the nodes in turn. Not thread-safe.
 */
final class ArtemisNodes implements TestBroker {
    private final List<Integer> ports;
    private final List<EmbeddedActiveMQ> nodes = new ArrayList<>();

    private ArtemisNodes(List<Integer> ports) {
        this.ports = ports;
    }

    static ArtemisNodes start(int count) {
        var brokers = new ArtemisNodes(freePorts(count));
        IntStream.range(0, count).forEach(node -> brokers.nodes.add(brokers.startNode(node)));
        return brokers;
    }

    @Override
    public int port(int peer) {
        return ports.get(peer % ports.size());
    }

    void stop(int node) {
        try {
            nodes.get(node).stop();
        } catch (Exception e) {
            throw new IllegalStateException("node " + node + " does not stop", e);
        }
    }

    /** Starts a stopped node on its port, with nothing in it. */
    void restart(int node) {
        nodes.set(node, startNode(node));
    }

    private EmbeddedActiveMQ startNode(int node) {
        EmbeddedActiveMQ broker = new EmbeddedActiveMQ().setConfiguration(configuration(node));
        try {
            return broker.start();
        } catch (Exception e) {
            throw new IllegalStateException("node " + node + " does not start", e);
        }
    }

    private Configuration configuration(int node) {
        try {
            Configuration configuration = new ConfigurationImpl()
                    .setName("node" + node)
                    .setPersistenceEnabled(false)
                    .setSecurityEnabled(false)
                    .setJMXManagementEnabled(false)
                    .addAcceptorConfiguration(
                            "node", "tcp://127.0.0.1:%d?protocols=MQTT,CORE".formatted(ports.get(node)));
            if (ports.size() > 1) {
                cluster(configuration, node);
            }
            return configuration;
        } catch (Exception e) {
            throw new IllegalStateException("node " + node + " is not configured", e);
        }
    }

    private void cluster(Configuration configuration, int self) {
        List<String> others = new ArrayList<>();
        for (int node = 0; node < ports.size(); node++) {
            configuration.addConnectorConfiguration(
                    "node" + node,
                    new TransportConfiguration(
                            NettyConnectorFactory.class.getName(),
                            Map.of("host", "127.0.0.1", "port", ports.get(node))));
            if (node != self) {
                others.add("node" + node);
            }
        }
        configuration
                .setClusterUser("cluster")
                .setClusterPassword("cluster")
                .addClusterConfiguration(new ClusterConnectionConfiguration()
                        .setName("cluster")
                        .setConnectorName("node" + self)
                        .setStaticConnectors(others)
                        .setRetryInterval(100)
                        .setMaxHops(1)
                        .setMessageLoadBalancingType(MessageLoadBalancingType.ON_DEMAND));
    }

    @Override
    public void close() {
        IntStream.range(0, nodes.size()).forEach(this::stop);
    }

    private static List<Integer> freePorts(int count) {
        List<ServerSocket> sockets = new ArrayList<>();
        try {
            List<Integer> ports = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                sockets.add(socket);
                ports.add(socket.getLocalPort());
            }
            for (ServerSocket socket : sockets) {
                socket.close();
            }
            return ports;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
