package io.stitch.samples.consumers;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

class LinkageTest {
    @TempDir
    Path folder;

    private Path user;

    @BeforeEach
    void compileAUserOfTheOldLibrary() throws IOException {
        Path old = jar("old", "", "Library", """
                public class Library extends java.util.ArrayList<String> {
                    public static int count;
                    public Library(String name) {}
                    public void greet(CharSequence whom) {}
                    public static class Inner {}
                }""");
        user = jar("user", old.toString(), "User", """
                public class User {
                    Object use() {
                        Library library = new Library("old");
                        library.greet("Ada");
                        library.add("one");
                        Runnable later = library::clear;
                        later.run();
                        return new Library.Inner().toString() + Library.count + library;
                    }
                }""");
    }

    private Path jar(String name, String classPath, String type, String source) throws IOException {
        Path sources = Files.createDirectories(folder.resolve(name));
        Path file = Files.writeString(sources.resolve(type + ".java"), source);
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        ByteArrayOutputStream errors = new ByteArrayOutputStream();
        int result = compiler.run(null, null, errors, "-cp", classPath, "-d", sources.toString(), file.toString());
        assertThat(result).as(errors.toString(StandardCharsets.UTF_8)).isZero();
        Path jar = folder.resolve(name + ".jar");
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar));
                Stream<Path> classes = Files.list(sources)) {
            for (Path each :
                    classes.filter(path -> path.toString().endsWith(".class")).toList()) {
                out.putNextEntry(new JarEntry(each.getFileName().toString()));
                Files.copy(each, out);
            }
        }
        return jar;
    }

    @Test
    void nothingIsMissingInTheLibraryThatItWasCompiledWith() {
        assertThat(Linkage.missing(List.of(user), List.of(folder.resolve("old.jar"))))
                .isEmpty();
    }

    @Test
    void aMethodWhoseSignatureBecameAnotherOneIsMissingAndSoIsWhatIsGone() throws IOException {
        Path changed = jar("changed", "", "Library", """
                public class Library extends java.util.ArrayList<String> {
                    public static long count;
                    public Library(Object name) {}
                    public void greet(String whom) {}
                }""");

        assertThat(Linkage.missing(List.of(user), List.of(changed)))
                .containsExactlyInAnyOrder(
                        "User.class needs Library.<init> (Ljava/lang/String;)V",
                        "User.class needs Library.greet (Ljava/lang/CharSequence;)V",
                        "User.class needs Library.count I",
                        "User.class needs Library$Inner",
                        "User.class needs Library$Inner.<init> ()V");
    }
}
