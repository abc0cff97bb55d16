package io.stitch.reactive.peer;

import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;
import org.junit.jupiter.api.Test;

import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

/** Peers on HiveMQ CE: the reference server's broker, which passes on what is below another prefix than its own. */
class PeersOnHiveMqTest extends PeersOnABroker<PeersOnHiveMqTest.HiveMq> {
    record HiveMq(StitchServer server) implements TestBroker {
        @Override
        public int port(int peer) {
            return server.port();
        }

        @Override
        public void close() {
            server.close();
        }
    }

    @Override
    HiveMq startBroker() {
        return new HiveMq(
                StitchServer.start(StitchServerOptions.builder().root("project").build()));
    }

    @Test
    void nineOfTenPeersHoldAThousandRecordsAndMostlyOneOfThemReplaysThem() {
        peer("peer0").fill(1_000);
        for (int i = 1; i < 9; i++) {
            peer("peer" + i).awaitRecords(1_000);
        }
        peer("fresh").awaitRecords(1_000);
        List<StitchServer.Published> published = broker.server().clientPublishes();
        int asked = 0;
        while (!published.get(asked).clientId().equals("fresh")) {
            asked++;
        }
        assertThat(published.subList(asked, published.size()).stream()
                        .filter(each -> each.message().topic().contains("/events/")))
                .hasSizeBetween(1_000, 2_000);
    }
}
