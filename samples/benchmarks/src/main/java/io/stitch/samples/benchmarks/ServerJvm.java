package io.stitch.samples.benchmarks;

import io.stitch.server.PlainBroker;
import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;

/** A server in a JVM of its own, so that it shares neither heap nor garbage collector with what is measured. */
final class ServerJvm implements AutoCloseable {
    private static final Duration TIME_TO_START = Duration.ofSeconds(60);

    private final ChildJvm child;
    private final String url;

    private ServerJvm(ChildJvm child, String url) {
        this.child = child;
        this.url = url;
    }

    static ServerJvm start(ServerSpec spec) throws IOException {
        List<String> args = Stream.concat(
                        Stream.of(spec.kind().name()), spec.sizes().stream().map(String::valueOf))
                .toList();
        ChildJvm child = ChildJvm.start(ServerJvm.class, ChildJvm.WARM_GIGABYTE, args);
        return new ServerJvm(child, child.address("mqtt", TIME_TO_START));
    }

    String url() {
        return url;
    }

    @Override
    public void close() {
        child.close();
    }

    /**
     * The child: starts the server, fills it, says where it is, and stays until its parent is gone.
     *
     * @param args which kind of server, then the size of each scope
     * @throws InterruptedException if it is interrupted
     */
    public static void main(String[] args) throws InterruptedException {
        ChildJvm.endWithParent();
        ServerSpec.Kind kind = ServerSpec.Kind.valueOf(args[0]);
        System.out.println(
                kind == ServerSpec.Kind.PLAIN_BROKER
                        ? startBroker()
                        : startServer(kind == ServerSpec.Kind.OLD, List.of(args).subList(1, args.length)));
        new CountDownLatch(1).await();
    }

    private static String startBroker() {
        PlainBroker broker = PlainBroker.start();
        Runtime.getRuntime().addShutdownHook(new Thread(broker::close));
        return broker.url();
    }

    private static String startServer(boolean legacy, List<String> sizes) {
        // Each round opens the same scope anew, so the usual spacing of hellos must not apply.
        StitchServer server = StitchServer.start(StitchServerOptions.builder()
                .legacy(legacy)
                .root(Workload.PROJECT.name())
                .scopeField(Workload.SCOPE_FIELD)
                .helloSpacing(Duration.ZERO)
                .build());
        Runtime.getRuntime().addShutdownHook(new Thread(server::close));
        for (String size : sizes) {
            int records = Integer.parseInt(size);
            server.seed(Workload.PROJECT.name(), List.of(Workload.project(records)));
            server.seed(Workload.TASK.name(), Workload.tasks(records).toList());
        }
        return server.url();
    }
}
