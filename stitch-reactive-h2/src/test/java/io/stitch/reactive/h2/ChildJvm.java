package io.stitch.reactive.h2;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.spi.ToolProvider;

/** Another process with this test's class path. */
final class ChildJvm implements AutoCloseable {
    private final Process process;
    private final BufferedReader output;

    private ChildJvm(Process process) {
        this.process = process;
        this.output = process.inputReader(StandardCharsets.UTF_8);
    }

    static ChildJvm run(Class<?> main, List<String> options, String... arguments) throws IOException {
        return run(System.getProperty("java.class.path"), main, options, arguments);
    }

    private static ChildJvm run(String classPath, Class<?> main, List<String> options, String... arguments)
            throws IOException {
        List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current().info().command().orElseThrow());
        command.addAll(options);
        command.addAll(List.of("-cp", classPath, main.getName()));
        command.addAll(List.of(arguments));
        return new ChildJvm(new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start());
    }

    /**
     * Processes that start fast, because their classes come from an archive that the first one left.
     *
     * @param classPath jars only, for the archive takes no folders
     * @param options the options of the first one and of all others
     * @param archive the archive
     */
    record Fast(String classPath, List<String> options, Path archive) {
        /** Runs the first one, which must end by itself. */
        static Fast after(Path folder, Class<?> main, List<String> options, String... arguments) throws Exception {
            List<String> jars = new ArrayList<>();
            for (String each : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
                jars.add(
                        Files.isDirectory(Path.of(each)) && !each.isEmpty() ? packed(each, folder, jars.size()) : each);
            }
            Fast fast = new Fast(String.join(File.pathSeparator, jars), options, folder.resolve("classes.jsa"));
            try (ChildJvm first = fast.run("-XX:ArchiveClassesAtExit=", main, arguments)) {
                while (first.line() != null) {
                    // It ends by itself.
                }
                first.exitCode();
            }
            return fast;
        }

        private static String packed(String classes, Path folder, int number) {
            String jar = folder.resolve(number + ".jar").toString();
            int code = ToolProvider.findFirst("jar")
                    .orElseThrow()
                    .run(System.out, System.err, "--create", "--file", jar, "-C", classes, ".");
            if (code != 0) {
                throw new IllegalStateException("Cannot pack " + classes);
            }
            return jar;
        }

        ChildJvm run(Class<?> main, String... arguments) throws IOException {
            return run("-XX:SharedArchiveFile=", main, arguments);
        }

        private ChildJvm run(String option, Class<?> main, String... arguments) throws IOException {
            List<String> all = new ArrayList<>(options);
            // Without a word to the output if this Java has no archives.
            all.addAll(List.of(option + archive, "-Xshare:auto", "-Xlog:disable"));
            return ChildJvm.run(classPath, main, all, arguments);
        }
    }

    /** The next line it printed, or {@code null} at the end. */
    String line() throws IOException {
        return output.readLine();
    }

    long pid() {
        return process.pid();
    }

    void kill() throws InterruptedException {
        // Not the process itself, which would close its output before everything is read.
        process.toHandle().destroyForcibly();
        process.waitFor();
    }

    int exitCode() throws InterruptedException {
        return process.waitFor();
    }

    @Override
    public void close() throws InterruptedException, IOException {
        kill();
        output.close();
    }
}
