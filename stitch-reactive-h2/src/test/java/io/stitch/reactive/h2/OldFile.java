package io.stitch.reactive.h2;

import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes files of earlier versions. What this version writes and reads of pending writes has columns that those do not have: they are there
 * until the file is {@link #finish finished}.
 */
final class OldFile {
    /** The last version in which no write is to be done at one version of its record only. */
    static final int BEFORE_EXPECTED_VERSIONS = 4;
    /** The last version that does not keep when a write was made. */
    static final int BEFORE_TIMES = 5;

    private OldFile() {}

    /** The tables of a version, the first one being 1. */
    static Schema schema(int version) {
        List<List<String>> migrations =
                new ArrayList<>(Schema.CURRENT.migrations().subList(0, version));
        List<String> last = new ArrayList<>(migrations.get(version - 1));
        if (version <= BEFORE_EXPECTED_VERSIONS) {
            last.addAll(Schema.CURRENT.migrations().get(BEFORE_EXPECTED_VERSIONS));
        }
        if (version <= BEFORE_TIMES) {
            last.addAll(Schema.CURRENT.migrations().get(BEFORE_TIMES));
        }
        migrations.set(version - 1, last);
        return new Schema(migrations);
    }

    /** Leaves a closed file as a version leaves it. */
    static void finish(Path file, int version) {
        if (version <= BEFORE_EXPECTED_VERSIONS) {
            execute(file, List.of("ALTER TABLE PENDING DROP COLUMN EXPECTED"));
        }
        if (version <= BEFORE_TIMES) {
            execute(file, List.of("ALTER TABLE PENDING DROP COLUMN WRITTEN_AT"));
        }
    }

    static void execute(Path file, List<String> statements) {
        try (var connection = DriverManager.getConnection("jdbc:h2:file:" + file, "stitch", "");
                Statement statement = connection.createStatement()) {
            for (String each : statements) {
                statement.execute(each);
            }
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }
}
