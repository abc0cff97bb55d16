package io.stitch.samples.consumers;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Which classes find others, members of them, or resources by a name: in a native image there is only what can be seen without running the
 * program, and what somebody declared.
 */
final class ByName {
    private static final List<Pattern> LOOKUPS = Stream.of(
                    "java/lang/Class\\.(forName|newInstance|get(Declared)?(Fields?|Methods?|Constructors?|Classes)|getRecordComponents)",
                    "java/lang/(Class|ClassLoader|Module)\\.get(System)?Resources?(AsStream)?",
                    "java/lang/ClassLoader\\.(loadClass|findClass|resources)",
                    "java/lang/invoke/MethodHandles\\$Lookup\\.(find|unreflect).*",
                    "java/lang/reflect/(Field|Method|Constructor|Proxy|Array)\\..+",
                    "java/util/(ServiceLoader|ResourceBundle)\\..+",
                    "java/util/concurrent/atomic/Atomic(Integer|Long|Reference)FieldUpdater\\.newUpdater",
                    "java/io/Object(Input|Output)Stream\\..+",
                    "java/sql/DriverManager\\..+",
                    // Makes instances of its subclasses by itself, by reflection: what calls its constructor is one of
                    // them.
                    "org/h2/store/fs/FilePathWrapper\\.<init>")
            .map(Pattern::compile)
            .toList();

    private ByName() {}

    /**
     * Looks through classes.
     *
     * @param root the folder, or the root of the jar, that they are in
     * @return the names of those that look something up
     */
    static Set<String> callers(Path root) {
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(file -> file.toString().endsWith(".class"))
                    .filter(ByName::looksUp)
                    .map(file -> root.relativize(file).toString())
                    .map(name ->
                            name.substring(0, name.length() - ".class".length()).replaceAll("[/\\\\]", "."))
                    .collect(Collectors.toSet());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean looksUp(Path file) {
        try (InputStream content = Files.newInputStream(file)) {
            return ConstantPool.read(content).references().stream()
                    .map(reference -> reference.owner() + '.' + reference.member())
                    .anyMatch(member -> LOOKUPS.stream()
                            .anyMatch(lookup -> lookup.matcher(member).matches()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
