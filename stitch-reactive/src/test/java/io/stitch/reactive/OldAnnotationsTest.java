package io.stitch.reactive;

import org.junit.jupiter.api.Test;

import java.io.File;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Spring Boot 3 chooses annotations that are too old for Jackson 3: whoever meets that is told what to do. */
class OldAnnotationsTest {
    /** What an application does first; loaded again, by a class loader that does not know the newest annotations. */
    public static final class Application implements Callable<StitchStoreBuilder> {
        /** Made by reflection. */
        public Application() {}

        @Override
        public StitchStoreBuilder call() {
            return StitchStore.builder();
        }
    }

    /** The class path with annotations as they were before 2.21. */
    private static final class OldClassPath extends URLClassLoader {
        OldClassPath() {
            super(
                    Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                            .map(OldClassPath::url)
                            .toArray(URL[]::new),
                    ClassLoader.getPlatformClassLoader());
        }

        private static URL url(String entry) {
            try {
                return Path.of(entry).toUri().toURL();
            } catch (MalformedURLException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        protected Class<?> findClass(String name) throws ClassNotFoundException {
            if (name.equals("com.fasterxml.jackson.annotation.JsonSerializeAs")) {
                throw new ClassNotFoundException(name);
            }
            return super.findClass(name);
        }
    }

    @Test
    void aStoreSaysWhichDependencyIsTooOldEachTime() throws IOException, ReflectiveOperationException {
        try (OldClassPath old = new OldClassPath()) {
            Callable<?> application = (Callable<?>)
                    old.loadClass(Application.class.getName()).getConstructor().newInstance();
            for (int i = 0; i < 2; i++) {
                assertThatThrownBy(application::call)
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("jackson-annotations")
                        .hasMessageContaining("docs/start.md")
                        .hasCauseInstanceOf(LinkageError.class);
            }
        }
    }
}
