package io.stitch.samples.consumers;

import io.stitch.reactive.StitchStore;
import io.stitch.reactive.h2.H2Persistence;
import io.stitch.reactive.peer.PeerSync;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

/** What the libraries declare for native images, compared with what their classes do. */
class NativeImageTest {
    /** What stands in an entry beside the type's name and what of it is reached. */
    private static final Set<String> KNOWN = Set.of("condition", "name", "fields", "methods");

    /** What looks into the types of an application's records, which the application registers itself. */
    private static final Set<String> OF_APPLICATIONS = Set.of(
            "io.stitch.reactive.internal.runtime.Immutability", "io.stitch.reactive.internal.runtime.RecordMapper$1");

    static List<Arguments> libraries() {
        return List.of(
                Arguments.of("stitch-reactive", StitchStore.class),
                Arguments.of("stitch-reactive-h2", H2Persistence.class),
                Arguments.of("stitch-reactive-peer", PeerSync.class));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("libraries")
    void eachClassThatFindsSomethingByNameHasItDeclared(String artifact, Class<?> type) {
        in(type, root -> {
            Set<String> declared = new TreeSet<>();
            entries(root, artifact)
                    .forEach(entry -> declared.add(
                            entry.path("condition").path("typeReachable").asString()));

            assertThat(ByName.callers(root))
                    .filteredOn(caller -> !OF_APPLICATIONS.contains(caller))
                    .containsExactlyInAnyOrderElementsOf(declared);
        });
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("libraries")
    void whatIsDeclaredIsThere(String artifact, Class<?> type) {
        in(
                type,
                root -> assertThat(entries(root, artifact)).allSatisfy(entry -> {
                    assertThat(entry.propertyNames()).isSubsetOf(KNOWN);
                    Class<?> named = Class.forName(entry.path("name").asString(), false, type.getClassLoader());
                    for (JsonNode field : entry.path("fields")) {
                        assertThatCode(() -> named.getDeclaredField(
                                        field.path("name").asString()))
                                .doesNotThrowAnyException();
                    }
                    for (JsonNode method : entry.path("methods")) {
                        assertThat(reachedByName(named)).contains(signature(method));
                    }
                }));
    }

    /** A resource that is loaded would have to be declared in a file that there is not; a jar has none but its licence and this. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("libraries")
    void thereIsNoResourceThatCouldBeLoaded(String artifact, Class<?> type) {
        in(type, root -> {
            try (Stream<Path> files = Files.walk(root)) {
                assertThat(files.filter(Files::isRegularFile)
                                .map(file -> root.relativize(file).toString().replace('\\', '/')))
                        .filteredOn(file -> !file.endsWith(".class") && !file.startsWith("META-INF/maven/"))
                        .isSubsetOf(
                                "META-INF/LICENSE",
                                "META-INF/NOTICE",
                                "META-INF/MANIFEST.MF",
                                "META-INF/native-image/io.stitch/" + artifact + "/reflect-config.json");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    @Test
    void aClassThatFindsAnotherByNameIsSeen(@TempDir Path folder) throws IOException {
        for (Class<?> type : List.of(Loads.class, LoadsNothing.class)) {
            String file = type.getName().replaceAll(".*\\.", "") + ".class";
            try (InputStream content = type.getResourceAsStream(file)) {
                Files.write(folder.resolve(file), content.readAllBytes());
            }
        }

        assertThat(ByName.callers(folder)).containsExactly("NativeImageTest$Loads");
    }

    static final class Loads {
        static Class<?> driver(String name) throws ClassNotFoundException {
            return Class.forName(name);
        }
    }

    static final class LoadsNothing {
        static String name(Object any) {
            return any.getClass().getName();
        }
    }

    private static Set<String> reachedByName(Class<?> type) {
        return Stream.concat(
                        Stream.of(type.getDeclaredConstructors())
                                .map(constructor -> signature("<init>", constructor.getParameterTypes())),
                        Stream.of(type.getDeclaredMethods())
                                .map(method -> signature(method.getName(), method.getParameterTypes())))
                .collect(Collectors.toSet());
    }

    private static String signature(JsonNode method) {
        return method.path("name").asString()
                + method.path("parameterTypes")
                        .valueStream()
                        .map(JsonNode::asString)
                        .toList();
    }

    private static String signature(String name, Class<?>[] parameters) {
        return name + Stream.of(parameters).map(Class::getName).toList();
    }

    private static List<JsonNode> entries(Path root, String artifact) {
        Path file = root.resolve("META-INF/native-image/io.stitch/" + artifact + "/reflect-config.json");
        try {
            return JsonMapper.shared()
                    .readTree(Files.readString(file))
                    .valueStream()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** In the jar that a class is of, or in the folder when nothing has been packaged. */
    private static void in(Class<?> type, Consumer<Path> check) {
        try {
            URI place = type.getProtectionDomain().getCodeSource().getLocation().toURI();
            Path path = Path.of(place);
            if (Files.isDirectory(path)) {
                check.accept(path);
            } else {
                try (FileSystem jar = FileSystems.newFileSystem(path, Map.of())) {
                    check.accept(jar.getPath("/"));
                }
            }
        } catch (URISyntaxException | IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
