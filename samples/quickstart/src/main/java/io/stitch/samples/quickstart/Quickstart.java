package io.stitch.samples.quickstart;

import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;

/**
 * The quickstart: plays the same acts on a new server and on an old one, then something else among three peers without one, and ends by
 * itself. The acts do not know which kind of server it is; the library finds out.
 */
public final class Quickstart {
    private static final List<Act> ACTS = List.of(
            new AdaFillsTheBoard(),
            new BenOpensTheScope(),
            new EditsStreamIn(),
            new AdaWorksOffline(),
            new BothAgree());
    private static final List<Act> ACTS_WITHOUT_A_BROKER = List.of(new AdaStartsAgain());
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Narrator narrator;

    Quickstart(Narrator narrator) {
        this.narrator = narrator;
    }

    /**
     * Tells the story on the console. The process ends with 1 if something did not arrive.
     *
     * @param args none
     */
    public static void main(String[] args) {
        try (Narrator narrator = new Narrator(Quickstart::print)) {
            new Quickstart(narrator).play();
        } catch (RuntimeException failure) {
            System.err.println("The quickstart failed: " + failure.getMessage());
            System.exit(1);
        }
    }

    private static void print(String line) {
        System.out.println(line);
    }

    /** Plays everything; blocks until it is over. */
    void play() {
        try (AdasFolder folder = AdasFolder.create()) {
            perform(
                    "A NEW SERVER",
                    folder.file("on-a-new-server"),
                    StitchServerOptions.builder().build());
            perform(
                    "AN OLD SERVER",
                    folder.file("on-an-old-server"),
                    StitchServerOptions.builder().legacy(true).build());
        }
        ThreePeers.perform(narrator, PATIENCE);
        narrator.heading(
                "On both servers the same code. It is in samples/quickstart: begin with Board, BenOpensTheScope and ThreePeers.");
    }

    private void perform(String title, Path file, StitchServerOptions options) {
        narrator.heading(title);
        String url;
        try (StitchServer server = StitchServer.start(options)) {
            url = server.url();
            perform(url, file, stage -> stage.connect().then(playActs(ACTS, stage)));
        }
        perform(url, file, stage -> playActs(ACTS_WITHOUT_A_BROKER, stage));
    }

    private void perform(String url, Path file, Function<Stage, Mono<Void>> story) {
        Mono.usingWhen(Mono.fromSupplier(() -> Stage.at(url, file, narrator, PATIENCE)), story, Stage::close)
                .block();
    }

    private Mono<Void> playActs(List<Act> acts, Stage stage) {
        return Flux.fromIterable(acts)
                .concatMap(act -> {
                    narrator.heading(act.title());
                    return act.play(stage);
                })
                .then();
    }
}
