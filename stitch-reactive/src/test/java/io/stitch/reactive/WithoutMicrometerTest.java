package io.stitch.reactive;

import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

import java.io.File;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Micrometer is optional: a store that is not observed runs where no class of it can be loaded. */
class WithoutMicrometerTest {
    /** What an application does; loaded again, by a class loader that does not know Micrometer. */
    public static final class Application implements Callable<String> {
        record Note(String id, String text) {}

        /** Made by reflection. */
        public Application() {}

        @Override
        public String call() {
            EntityType<Note> type = EntityType.of("note", Note.class);
            StitchStore store = StitchStore.builder()
                    .schema(StitchSchema.root(EntityType.json("project"))
                            .localOnly(type)
                            .build())
                    .remote(RemoteOptions.to("mqtt://127.0.0.1:1"))
                    .autoConnect(false)
                    .build();
            store.start().block(Board.LIMIT);
            Note note = store.collection(type).create(new Note("n1", "Hello")).block(Board.LIMIT);
            store.batch(Flux.just(store.collection(type).delete("n1"))).blockLast(Board.LIMIT);
            store.close().block(Board.LIMIT);
            return String.valueOf(note);
        }
    }

    @Test
    void aStoreThatIsNotObservedRunsWithoutIt() throws Exception {
        try (URLClassLoader without = classPathWithoutMicrometer()) {
            assertThatThrownBy(() -> without.loadClass("io.micrometer.core.instrument.MeterRegistry"))
                    .isInstanceOf(ClassNotFoundException.class);
            assertThatThrownBy(() -> without.loadClass("io.micrometer.observation.Observation"))
                    .isInstanceOf(ClassNotFoundException.class);

            Class<?> application = without.loadClass(Application.class.getName());

            assertThat(application).isNotEqualTo(Application.class);
            assertThat(((Callable<?>) application.getConstructor().newInstance()).call())
                    .isEqualTo("Note[id=n1, text=Hello]");
        }
    }

    private static URLClassLoader classPathWithoutMicrometer() throws IOException {
        URL[] urls = Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.contains("micrometer"))
                .map(WithoutMicrometerTest::url)
                .toArray(URL[]::new);
        return new URLClassLoader(urls, ClassLoader.getPlatformClassLoader());
    }

    private static URL url(String entry) {
        try {
            return Path.of(entry).toUri().toURL();
        } catch (MalformedURLException e) {
            throw new IllegalStateException(e);
        }
    }
}
