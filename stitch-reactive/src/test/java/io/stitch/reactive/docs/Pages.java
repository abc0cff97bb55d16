package io.stitch.reactive.docs;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** The repository's pages of Markdown, and what is in one. */
final class Pages {
    static final Path REPOSITORY = Path.of("..");
    static final Path DOCS = REPOSITORY.resolve("docs");

    /** What is in {@code it} are other people's projects. */
    private static final Set<String> NOT_SOURCES = Set.of("target", "node_modules", "it");

    private static final Pattern FENCED = Pattern.compile("^```(\\w*)\n(.*?)^```", Pattern.DOTALL | Pattern.MULTILINE);
    private static final Pattern CODE = Pattern.compile("`[^`\n]+`");
    private static final Pattern LINK = Pattern.compile("]\\(([^)\\s]+)\\)");
    private static final Pattern HEADING = Pattern.compile("^#+ (.*)$", Pattern.MULTILINE);

    private Pages() {}

    /** The files below a folder whose names end so, without what is built or hidden. */
    static List<Path> filesIn(Path folder, String end) throws IOException {
        List<Path> found = new ArrayList<>();
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path visited, BasicFileAttributes attributes) {
                String name = visited.getFileName().toString();
                boolean skipped = NOT_SOURCES.contains(name) || (name.startsWith(".") && !name.equals(".."));
                return skipped ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                if (file.toString().endsWith(end)) {
                    found.add(file);
                }
                return FileVisitResult.CONTINUE;
            }
        });
        Collections.sort(found);
        return found;
    }

    static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static List<String> blocks(Path page, String language) {
        return FENCED.matcher(read(page))
                .results()
                .filter(match -> match.group(1).equals(language))
                .map(match -> match.group(2))
                .toList();
    }

    /** The links to other places of the repository. */
    static List<String> links(Path page) {
        return LINK.matcher(CODE.matcher(prose(page)).replaceAll("code"))
                .results()
                .map(match -> match.group(1))
                .filter(link -> !link.contains("://"))
                .toList();
    }

    /** The anchors that headings get, as the usual sites make them. */
    static List<String> anchors(Path page) {
        List<String> anchors = new ArrayList<>();
        List<String> names = new ArrayList<>();
        HEADING.matcher(prose(page)).results().forEach(heading -> {
            String name = heading.group(1)
                    .toLowerCase(Locale.ROOT)
                    .replaceAll("[^\\p{L}\\p{N} _-]", "")
                    .replace(' ', '-');
            int before = Collections.frequency(names, name);
            names.add(name);
            anchors.add(before == 0 ? name : name + '-' + before);
        });
        return anchors;
    }

    private static String prose(Path page) {
        return FENCED.matcher(read(page)).replaceAll("");
    }
}
