package io.stitch.reactive.peer;

import io.stitch.reactive.Patch;
import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;
import org.junit.jupiter.api.Test;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

import static io.stitch.reactive.peer.Peers.TASK;
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
    void theBrokerSeesNoFieldAndNoValueOfAnEncryptedScope() {
        byte[] secret = new byte[ScopeKey.SECRET_BYTES];
        Arrays.fill(secret, (byte) 5);
        ScopeKeyTable keys = new ScopeKeyTable().put("p1", ScopeKey.of("k1", secret));
        PeerOnABroker ada = peer("ada", builder -> builder.encrypted(keys));
        ada.fill(40);
        PeerOnABroker ben = peer("ben", builder -> builder.encrypted(keys));
        ben.awaitRecords(40);
        ben.scope.update(TASK, "t7", Patch.of("title", "confidential words")).block(PATIENCE);
        ada.awaitTitle("t7", "confidential words");
        ada.scope.delete(TASK, "t8").block(PATIENCE);
        peer("cleo", builder -> builder.encrypted(keys)).awaitRecords(39);

        List<StitchServer.Published> traffic = broker.server().clientPublishes();
        assertThat(traffic).hasSizeGreaterThan(80).allSatisfy(each -> {
            String sent = each.message().topic()
                    + ' '
                    + new String(each.message().payload(), StandardCharsets.UTF_8)
                    + ' '
                    + each.message().properties();
            assertThat(sent)
                    .doesNotContain(
                            "title", "projectId", "\"id\"", "_hlc", "nodeId", "counter", "operation", "manifest")
                    .doesNotContain("confidential", "\"t7\"", "digest", "\"fp\"", "sender")
                    .doesNotContain(Base64.getUrlEncoder().withoutPadding().encodeToString(secret));
        });
        assertThat(traffic).anyMatch(each -> each.message().topic().endsWith("/hello"));
    }

    @Test
    void nineOfTenPeersHoldAThousandRecordsAndMostOfThemLeaveTheReplayToOthers() {
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
                // Not 9 000. How many more than 1 000 it takes is a matter of how soon they hear each other; a
                // benchmark counts it.
                .hasSizeBetween(1_000, 4_500);
    }
}
