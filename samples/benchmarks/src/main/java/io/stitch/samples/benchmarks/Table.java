package io.stitch.samples.benchmarks;

import java.util.List;
import java.util.Locale;

/** Prints figures as one table. */
final class Table {
    private Table() {}

    static String of(List<Figure> figures) {
        StringBuilder table =
                new StringBuilder(row("figure", "median", "unit", "min", "max", "limit", "", "compared with"));
        table.append('\n').append("-".repeat(133));
        figures.forEach(figure -> table.append('\n').append(row(figure)));
        return table.append('\n').toString();
    }

    /** {@return a number with about three digits that say something} */
    static String number(double value) {
        String format = value >= 100 ? "%.0f" : value >= 10 ? "%.1f" : value >= 0.1 ? "%.2f" : "%.4f";
        return String.format(Locale.ROOT, format, value);
    }

    private static String row(Figure figure) {
        Sample sample = figure.sample();
        return row(
                figure.name(),
                number(sample.median()),
                figure.unit(),
                number(sample.min()),
                number(sample.max()),
                figure.limit(),
                !figure.hasLimit() ? "" : figure.ok() ? "ok" : "MISSED",
                figure.note());
    }

    private static String row(Object... cells) {
        return String.format(Locale.ROOT, "%-34s %9s %-6s %9s %9s %10s  %-6s  %s", cells)
                .stripTrailing();
    }
}
