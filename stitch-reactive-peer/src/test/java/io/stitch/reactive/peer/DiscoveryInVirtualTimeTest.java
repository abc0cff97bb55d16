package io.stitch.reactive.peer;

import io.stitch.reactive.Scope;
import io.stitch.reactive.peer.Peers.Peer;
import io.stitch.reactive.spi.Persistence;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

/** Who asks which scopes there are need not wait until others say so by themselves. */
class DiscoveryInVirtualTimeTest {
    private final Peers peers = new Peers();

    @AfterEach
    void end() {
        peers.close();
    }

    private Peer telling(String name) {
        return peers.peer(name, Persistence.none(), builder -> builder.announceRoots("name"));
    }

    private static List<List<AnnouncedRoot>> watch(Peer peer) {
        List<List<AnnouncedRoot>> lists = new ArrayList<>();
        peer.sync.announcedRoots().subscribe(lists::add);
        return lists;
    }

    private void holders(int count) {
        for (int i = 0; i < count; i++) {
            Peer holder = telling("holder-" + i);
            for (String id : List.of("p1", "p2", "p3")) {
                Scope scope = holder.open(id);
                if (i == 0) {
                    holder.write(scope.create(Peers.PROJECT, new Peers.Project(id, "Name of " + id)));
                }
            }
        }
        peers.pass(Duration.ofMinutes(2));
    }

    private void ask(String name, String payload) {
        peers.network.deliver("stitch/peer/_who/" + name, payload.getBytes(StandardCharsets.UTF_8));
    }

    private int hellos() {
        return peers.sent("/hello").stream()
                .filter(said -> said.has("digest") || said.has("manifest"))
                .toList()
                .size();
    }

    @Test
    void aNewcomerThatHasNothingOpenListsEverythingByNameWithinASecond() {
        holders(1);
        List<List<AnnouncedRoot>> lists = watch(peers.peer("ben"));
        peers.pass(Duration.ofSeconds(1));
        assertThat(lists.get(lists.size() - 1))
                .containsExactly(
                        new AnnouncedRoot("p1", "Name of p1"),
                        new AnnouncedRoot("p2", "Name of p2"),
                        new AnnouncedRoot("p3", "Name of p3"));
    }

    @Test
    void ofManyWhoHoldTheSameFewAnswer() {
        holders(8);
        int before = hellos();
        List<List<AnnouncedRoot>> lists = watch(peers.peer("ben"));
        peers.pass(Duration.ofSeconds(1));
        assertThat(lists.get(lists.size() - 1)).hasSize(3);
        assertThat(hellos() - before).isBetween(3, 12);
    }

    @Test
    void questionsUnderMadeUpNamesAreAnsweredTogetherAndAFewTimes() {
        holders(1);
        int before = hellos();
        for (int i = 0; i < 2_000; i++) {
            ask("made-up-" + i, "{}");
            peers.pass(Duration.ofMillis(5));
        }
        assertThat(hellos() - before).isBetween(3, 9);
    }

    @Test
    void whatAQuestionCarriesIsNotReadAndOneOfNobodyIsDropped() {
        holders(1);
        int before = hellos();
        ask("", "{}");
        peers.pass(Duration.ofSeconds(1));
        assertThat(hellos()).isEqualTo(before);
        ask("cleo", "[[[not json");
        peers.pass(Duration.ofSeconds(1));
        assertThat(hellos() - before).isEqualTo(3);
    }
}
