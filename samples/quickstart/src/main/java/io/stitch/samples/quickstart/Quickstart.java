package io.stitch.samples.quickstart;

import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import java.time.Duration;
import java.util.List;

/**
 * The quickstart: plays the same acts on a new server and on an old one, and ends by itself. The acts do not know which
 * kind it is; the library finds out.
 */
public final class Quickstart {
    private static final List<Act> ACTS = List.of(
            new AdaFillsTheBoard(),
            new BenOpensTheScope(),
            new EditsStreamIn(),
            new AdaWorksOffline(),
            new BothAgree());
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
        perform("A NEW SERVER", StitchServerOptions.builder().build());
        perform("AN OLD SERVER", StitchServerOptions.builder().legacy(true).build());
        narrator.heading(
                "Both times the same code. It is in samples/quickstart: begin with Board and BenOpensTheScope.");
    }

    private void perform(String title, StitchServerOptions options) {
        narrator.heading(title);
        try (StitchServer server = StitchServer.start(options)) {
            Mono.usingWhen(
                            Mono.fromSupplier(() -> Stage.at(server.url(), narrator, PATIENCE)),
                            this::playActs,
                            Stage::close)
                    .block();
        }
    }

    private Mono<Void> playActs(Stage stage) {
        Flux<Void> acts = Flux.fromIterable(ACTS).concatMap(act -> {
            narrator.heading(act.title());
            return act.play(stage);
        });
        return stage.connect().thenMany(acts).then();
    }
}
