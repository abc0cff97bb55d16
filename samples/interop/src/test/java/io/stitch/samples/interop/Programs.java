package io.stitch.samples.interop;

import org.jspecify.annotations.Nullable;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Builds the two Rust programs, once for each version of their sources: what cargo makes stays in the user's cache folder, so that the next
 * run of the tests takes seconds. The dependencies are those of {@code pins.lock}, by version and checksum.
 */
final class Programs {
    private static final Path SOURCES = Path.of("src/main/rust").toAbsolutePath();
    private static final long FETCH_SECONDS = 300;
    /** On two cores that others use too, from nothing. */
    private static final long BUILD_SECONDS = 1_800;

    private static @Nullable String unavailable;
    private static boolean built;

    private Programs() {}

    /** {@return why the programs cannot be tried here, which is no failure; empty once they are built} */
    static synchronized Optional<String> build() {
        if (!built) {
            unavailable = fetched();
            if (unavailable == null) {
                Result result = cargo(BUILD_SECONDS, "build", "--release", "--locked", "--offline");
                if (result.code != 0) {
                    throw new AssertionError("The Rust programs do not compile.\n" + result.text);
                }
            }
            built = true;
        }
        return Optional.ofNullable(unavailable);
    }

    static Path server() {
        return target().resolve("release/interop-server");
    }

    static Path client() {
        return target().resolve("release/interop-client");
    }

    /** {@return the folder in which cargo works} It stands beside the repository, where no build cleans it. */
    private static Path cache() {
        String folder = System.getenv("XDG_CACHE_HOME");
        Path caches = folder == null || folder.isEmpty()
                ? Path.of(System.getProperty("user.home"), ".cache")
                : Path.of(folder);
        return caches.resolve("stitch-reactive").resolve("interop");
    }

    private static Path target() {
        return cache().resolve("target");
    }

    private static Path workspace() {
        return cache().resolve("workspace");
    }

    static boolean cargoIsThere() {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, "cargo")));
    }

    /** Has the crates here, or says why not. Nothing of this needs a network once it was done. */
    private static @Nullable String fetched() {
        copySources();
        Path lock = workspace().resolve("Cargo.lock");
        String pins = read(SOURCES.resolve("pins.lock"));
        if (!Files.exists(lock) || !withoutSources(read(lock)).equals(withoutSources(pins))) {
            delete(lock);
            // The registry's address is cargo's to say: no file of this repository names one, and a lock file has to.
            Result resolved = cargo(FETCH_SECONDS, "generate-lockfile");
            if (resolved.code != 0) {
                return "The crates' registry cannot be reached: " + resolved.lastLine();
            }
            write(lock, withSources(pins, sourceIn(read(lock))));
        }
        Result fetched = cargo(FETCH_SECONDS, "fetch", "--locked");
        return fetched.code == 0 ? null : "The crates cannot be fetched: " + fetched.lastLine();
    }

    private static String sourceIn(String lock) {
        return lock.lines()
                .filter(line -> line.startsWith("source = "))
                .findFirst()
                .orElseThrow(() -> new AssertionError("cargo resolved no crate of a registry."));
    }

    /** Every crate with a checksum comes from the registry; the two programs have none. */
    private static String withSources(String pins, String source) {
        return pins.lines()
                .map(line -> line.startsWith("checksum = ") ? source + "\n" + line : line)
                .collect(Collectors.joining("\n", "", "\n"));
    }

    private static String withoutSources(String lock) {
        return lock.lines()
                .filter(line -> !line.startsWith("source = ") && !line.startsWith("#") && !line.isBlank())
                .collect(Collectors.joining("\n"));
    }

    /** Touches only what has changed, so that cargo builds only that. */
    private static void copySources() {
        try (Stream<Path> files = Files.walk(SOURCES)) {
            for (Path file : files.filter(Files::isRegularFile)
                    .filter(file -> !file.endsWith("Cargo.lock"))
                    .toList()) {
                Path copy = workspace().resolve(SOURCES.relativize(file).toString());
                Files.createDirectories(copy.getParent());
                if (!Files.exists(copy) || Files.mismatch(file, copy) >= 0) {
                    Files.writeString(copy, Files.readString(file));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Result cargo(long seconds, String... arguments) {
        List<String> command = new ArrayList<>(List.of("cargo"));
        command.addAll(List.of(arguments));
        try {
            Path said = Files.createTempFile("cargo", ".log");
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(workspace().toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(said.toFile());
            builder.environment().put("CARGO_TARGET_DIR", target().toString());
            builder.environment().put("CARGO_TERM_COLOR", "never");
            Process process = builder.start();
            boolean ended = process.waitFor(seconds, TimeUnit.SECONDS);
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
            String text = Files.readString(said);
            Files.delete(said);
            return ended
                    ? new Result(process.exitValue(), text)
                    : new Result(-1, text + "\nIt took more than " + seconds + " s.");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while cargo works.", e);
        }
    }

    private record Result(int code, String text) {
        String lastLine() {
            return text.lines()
                    .filter(line -> !line.isBlank())
                    .reduce((first, last) -> last)
                    .orElse("");
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void write(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
