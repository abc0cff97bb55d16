package io.stitch.reactive.docs;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What the Java of a page imports, and what it has to: the types of this project that are not internal, and those of the libraries that
 * readers would have to look up. Of {@code java}, everybody knows them.
 */
final class Imports {
    private static final Pattern IMPORT = Pattern.compile("^import (static )?([\\w.]+);\n", Pattern.MULTILINE);
    private static final Pattern NOT_CODE =
            Pattern.compile("\"(?:\\\\.|[^\"\\\\])*\"|//[^\n]*|/\\*.*?\\*/", Pattern.DOTALL);
    /** A name that is not a member of what is before it, and whether it is called. */
    private static final Pattern NAME = Pattern.compile("(?<![.\\w])([A-Za-z_]\\w*)(\\(?)");

    private static final Pattern DECLARED = Pattern.compile("\\b(?:class|interface|record|enum) (\\w+)");
    private static final Pattern NESTED = Pattern.compile(
            "^ +(?:public |static |final |sealed |abstract )*(?:class|interface|record|enum) (\\w+)",
            Pattern.MULTILINE);
    private static final Pattern LIBRARY = Pattern.compile(
            "(?:reactor|tools\\.jackson|com\\.fasterxml|io\\.micrometer|org\\.jspecify|org\\.junit|org\\.assertj)\\..*");
    private static final String MAIN = Path.of("src", "main", "java").toString();

    /** What may be imported under a simple name, and whatever else tests import. */
    private final Map<String, Set<String>> bySimpleName = new TreeMap<>();

    private final Set<String> staticNames = new TreeSet<>();
    private final Set<String> inTests = new TreeSet<>();

    /**
     * Reads the sources of all modules.
     *
     * @param tests the sources of the tests
     */
    Imports(List<String> tests) throws IOException {
        for (Path file : Pages.filesIn(Pages.REPOSITORY, ".java")) {
            if (file.toString().contains(MAIN)) {
                readMain(file);
            }
        }
        tests.stream()
                .flatMap(source -> IMPORT.matcher(source).results())
                .forEach(each -> readImport(each.group(2), each.group(1) != null));
    }

    private void readMain(Path file) {
        String type = file.getFileName().toString().replace(".java", "");
        String source = Pages.read(file);
        String name = inPackage(source, type);
        if (name.startsWith("io.stitch.samples.")
                || name.startsWith("io.stitch.simulation.")
                || name.contains(".internal.")
                || !source.matches("(?s).*\npublic [^\n]*\\b(class|interface|record|enum) " + type + "\\b.*")) {
            return;
        }
        add(type, name);
        NESTED.matcher(source).results().map(each -> each.group(1)).forEach(nested -> add(nested, name + '.' + nested));
    }

    private static String inPackage(String source, String type) {
        return Pattern.compile("^package ([\\w.]+);", Pattern.MULTILINE)
                .matcher(source)
                .results()
                .map(each -> each.group(1) + '.' + type)
                .findFirst()
                .orElse(type);
    }

    private void readImport(String name, boolean isStatic) {
        inTests.add(name);
        String owner = name.substring(0, name.lastIndexOf('.'));
        boolean ours = bySimpleName.getOrDefault(simple(owner), Set.of()).contains(owner);
        if (isStatic && (ours || LIBRARY.matcher(name).matches())) {
            staticNames.add(simple(name));
        } else if (!isStatic && LIBRARY.matcher(name).matches()) {
            add(simple(name), name);
        }
    }

    private void add(String simpleName, String name) {
        bySimpleName.computeIfAbsent(simpleName, each -> new TreeSet<>()).add(name);
    }

    private static String simple(String name) {
        return name.substring(name.lastIndexOf('.') + 1);
    }

    /** A block without its imports. */
    static String without(String block) {
        return IMPORT.matcher(block).replaceAll("");
    }

    private static List<String> of(String block) {
        return IMPORT.matcher(block).results().map(each -> each.group(2)).toList();
    }

    /**
     * Reads a page from its beginning.
     *
     * @param blocks its Java
     * @return what is wrong with its imports
     */
    List<String> problems(List<String> blocks) {
        List<String> problems = new ArrayList<>();
        Set<String> declared = blocks.stream()
                .flatMap(block -> DECLARED.matcher(code(block)).results())
                .map(each -> each.group(1))
                .collect(Collectors.toSet());
        Set<String> imported = new LinkedHashSet<>();
        for (String block : blocks) {
            Set<String> used = used(block);
            for (String name : of(block)) {
                if (!inTests.contains(name) && !isOurs(name)) {
                    problems.add("imports " + name + ", which neither this project has nor a test imports");
                }
                if (!used.contains(simple(name))) {
                    problems.add("imports " + name + " in a block that does not use it");
                }
                if (!imported.add(simple(name))) {
                    problems.add("imports " + name + " once more");
                }
            }
            used.stream()
                    .filter(name -> bySimpleName.containsKey(name) || staticNames.contains(name))
                    .filter(name -> !declared.contains(name) && imported.add(name))
                    .forEach(name -> problems.add("uses " + name + " and has not imported it, one of "
                            + bySimpleName.getOrDefault(name, Set.of("static " + name))));
        }
        return problems;
    }

    private boolean isOurs(String name) {
        return bySimpleName.getOrDefault(simple(name), Set.of()).contains(name);
    }

    /** Types, wherever they are named, and what is called without an object before it. */
    private Set<String> used(String block) {
        return NAME.matcher(code(block))
                .results()
                .filter(each -> !each.group(2).isEmpty() || !staticNames.contains(each.group(1)))
                .map(each -> each.group(1))
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    private static String code(String block) {
        return NOT_CODE.matcher(without(block)).replaceAll(" ");
    }
}
