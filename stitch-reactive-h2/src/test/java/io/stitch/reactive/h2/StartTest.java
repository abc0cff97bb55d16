package io.stitch.reactive.h2;

import io.stitch.reactive.spi.Batch;
import io.stitch.reactive.spi.KeptEntity;
import io.stitch.reactive.spi.OpenRequest;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Set;

import static org.assertj.core.api.Assertions.assertThat;

/** What starting costs does not depend on how much is kept: counted in reads of the file, not in time. */
class StartTest {
    private static final OpenRequest OPEN =
            new OpenRequest("server", Map.of("task", new KeptEntity("projectId", Set.of("title"))));
    private static final int FEW = 200;
    private static final int MANY = 100 * FEW;
    /** The trees of the larger file are a level or two deeper. */
    private static final long DEEPER = 16;

    @TempDir
    Path folder;

    private void keep(Path file, int records) {
        H2Persistence persistence = H2Persistence.file(file);
        persistence.open(OPEN).block();
        Batch batch = new Batch();
        for (int i = 0; i < records; i++) {
            String json = "{\"id\":\"t%d\",\"projectId\":\"p\",\"title\":\"%0200d\"}".formatted(i, i);
            batch.put(new StoredRecord(new RecordKey("task", "t" + i), "p", 1, RecordWriter.bytes(json)));
        }
        persistence.apply(batch).block();
        persistence.close().block();
    }

    private static long readsOfStart(Path file) {
        Database database = new Database(file, "file:", Schema.CURRENT, null);
        database.open();
        long reads = database.write(connection -> {
            Records records = new Records();
            records.open(connection, OPEN);
            Tables.opened(connection, records.rows());
            return reads(connection);
        });
        database.close();
        return reads;
    }

    private static long reads(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT SETTING_VALUE FROM INFORMATION_SCHEMA.SETTINGS WHERE SETTING_NAME = 'info.FILE_READ'")) {
            assertThat(row.next()).isTrue();
            return Long.parseLong(row.getString(1));
        }
    }

    @Test
    void startingReadsAsMuchOfALargeFileAsOfASmallOne() {
        Path small = folder.resolve("small");
        Path large = folder.resolve("large");
        keep(small, FEW);
        keep(large, MANY);

        assertThat(readsOfStart(large)).isBetween(1L, readsOfStart(small) + DEEPER);
    }
}
