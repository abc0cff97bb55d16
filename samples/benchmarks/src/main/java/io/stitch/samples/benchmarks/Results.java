package io.stitch.samples.benchmarks;

import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Writes the figures that have a limit for machines to read; {@code ok} says on which side of it the value is. */
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
                        .put("limit", figure.limit().value())
                        .put("ok", figure.ok()));
        return rows;
    }
}
