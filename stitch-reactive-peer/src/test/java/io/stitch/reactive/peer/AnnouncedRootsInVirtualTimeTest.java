package io.stitch.reactive.peer;

import io.stitch.reactive.Patch;
import io.stitch.reactive.Scope;
import io.stitch.reactive.peer.Peers.Peer;
import io.stitch.reactive.spi.Persistence;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/** What there is can be listed without opening it. */
class AnnouncedRootsInVirtualTimeTest {
    private final Peers peers = new Peers();

    @AfterEach
    void end() {
        peers.close();
    }

    private static List<List<AnnouncedRoot>> watch(Peer peer) {
        List<List<AnnouncedRoot>> lists = new ArrayList<>();
        peer.sync.announcedRoots().subscribe(lists::add);
        return lists;
    }

    private static List<AnnouncedRoot> last(List<List<AnnouncedRoot>> lists) {
        return lists.get(lists.size() - 1);
    }

    private Peer telling(String name) {
        return peers.peer(name, Persistence.none(), builder -> builder.announceRoots("name"));
    }

    @Test
    void aNewcomerListsByNameWithinASecondWhatOthersHaveOpen() {
        Peer ada = telling("ada");
        Scope scope = ada.open("p1");
        ada.write(scope.create(Peers.PROJECT, new Peers.Project("p1", "Apollo")));
        peers.pass(Duration.ofMinutes(1));

        Peer ben = peers.peer("ben");
        List<List<AnnouncedRoot>> lists = watch(ben);
        ben.open("p2");
        ada.open("p2");
        peers.pass(Duration.ofSeconds(1));
        assertThat(last(lists)).contains(new AnnouncedRoot("p2", null));

        ben.open("p1");
        peers.pass(Duration.ofSeconds(1));
        assertThat(last(lists)).containsExactly(new AnnouncedRoot("p1", "Apollo"), new AnnouncedRoot("p2", null));
    }

    @Test
    void whatIsCalledOtherwiseIsListedSoWithTheNextHello() {
        Peer ada = telling("ada");
        Scope scope = ada.open("p1");
        ada.write(scope.create(Peers.PROJECT, new Peers.Project("p1", "Apollo")));
        List<List<AnnouncedRoot>> lists = watch(peers.peer("ben"));
        peers.pass(Duration.ofMinutes(6));
        assertThat(last(lists)).containsExactly(new AnnouncedRoot("p1", "Apollo"));
        ada.write(scope.update(Peers.PROJECT, "p1", Patch.of("name", "Gemini")));
        peers.pass(Duration.ofMinutes(6));
        assertThat(last(lists)).containsExactly(new AnnouncedRoot("p1", "Gemini"));
    }

    @Test
    void whoWasNotToldToSaysNoName() {
        Peer ada = peers.peer("ada");
        ada.write(ada.open("p1").create(Peers.PROJECT, new Peers.Project("p1", "Apollo")));
        List<List<AnnouncedRoot>> lists = watch(peers.peer("ben"));
        peers.pass(Duration.ofMinutes(6));
        assertThat(last(lists)).containsExactly(new AnnouncedRoot("p1", null));
        assertThat(peers.sent("p1/hello")).noneMatch(said -> said.toString().contains("Apollo"));
    }

    @Test
    void whatOthersMadeUpIsBoundedAndFitToBeShown() {
        List<List<AnnouncedRoot>> lists = watch(peers.peer("ben"));
        String hostile = "a\\u202eb\\u0000" + "x".repeat(1_000);
        peers.deliver("p1/hello", "{'clientId':'mallory','rootName':'" + hostile + "','manifest':[]}");
        assertThat(last(lists)).hasSize(1);
        assertThat(last(lists).get(0).name())
                .startsWith("a\uFFFDb")
                .hasSizeLessThanOrEqualTo(257)
                .doesNotContain("\u202e", "\u0000");
        peers.deliver("p2/hello", "{'clientId':'mallory','rootName':{'a':[1]},'manifest':[]}");
        assertThat(last(lists)).contains(new AnnouncedRoot("p2", null));
    }

    @Test
    void aFieldOfTheProtocolIsNoName() {
        assertThatIllegalArgumentException().isThrownBy(() -> PeerSync.builder().announceRoots("_hlc"));
        assertThatIllegalArgumentException().isThrownBy(() -> PeerSync.builder().announceRoots(""));
    }
}
