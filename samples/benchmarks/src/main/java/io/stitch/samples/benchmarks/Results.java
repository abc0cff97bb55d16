package io.stitch.samples.benchmarks;

import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Writes the figures that have a limit for machines to read. */
final class Results {
    private static final JsonMapper MAPPER = JsonMapper.shared();

    private Results() {}

    static void write(List<Figure> figures, Path file) throws IOException {
        Files.write(file, MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(json(figures)));
    }

    static ArrayNode json(List<Figure> figures) {
        ArrayNode rows = MAPPER.createArrayNode();
        figures.stream()
                .filter(Figure::hasLimit)
                .forEach(figure -> rows.addObject()
                        .put("name", figure.name())
                        .put("value", figure.sample().median())
                        .put("unit", figure.unit())
                        .put("limit", figure.limit())
                        .put("ok", figure.ok()));
        return rows;
    }
}
