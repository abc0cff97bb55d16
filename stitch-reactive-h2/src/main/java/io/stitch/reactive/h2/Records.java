package io.stitch.reactive.h2;

import io.stitch.reactive.spi.Batch;
import io.stitch.reactive.spi.JsonBounds;
import io.stitch.reactive.spi.ListRequest;
import io.stitch.reactive.spi.OpenRequest;
import io.stitch.reactive.spi.RecordKey;
import io.stitch.reactive.spi.StoredRecord;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/** The records of an open database: gives them numbers and keeps the indexes of their fields. One thread writes and one reads. */
final class Records {
    /** How records are read here: within the bounds of all reading, and with every digit of their numbers, which a double has not. */
    static final JsonMapper JSON = JsonMapper.builder(
                    JsonBounds.factory(JsonBounds.MAX_TOKENS).build())
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    private final FieldIndexes indexes = new FieldIndexes();
    private volatile RecordRows rows = new RecordRows(OpenRequest.of(""));
    private long nextNumber;

    void open(Connection connection, OpenRequest request) throws SQLException {
        rows = new RecordRows(request);
        indexes.agree(connection, request.entities());
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT MAX(K) FROM RECORD")) {
            nextNumber = row.next() ? row.getLong(1) + 1 : 1;
        }
    }

    /** {@return reads what is kept, for the store that has it open} Any thread. */
    RecordRows rows() {
        return rows;
    }

    void forget() {
        indexes.forget();
        nextNumber = 1;
    }

    void apply(Connection connection, Batch batch) throws SQLException {
        if (!batch.changesRecords()) {
            return;
        }
        try (RecordWriter writer = new RecordWriter(connection, indexes)) {
            if (batch.forgetsRecords()) {
                writer.removeAll();
            }
            for (StoredRecord record : batch.keptRecords()) {
                if (writer.put(record, nextNumber)) {
                    // Never given again, also if this is rolled back.
                    nextNumber++;
                }
            }
            for (RecordKey key : batch.removedRecords()) {
                writer.remove(key);
            }
        }
    }

    List<StoredRecord> list(Connection connection, ListRequest request) throws SQLException {
        return new ListSql(request, indexes, rows).run(connection);
    }

    /** For tests: how H2 would run a list. */
    String plan(Connection connection, ListRequest request) throws SQLException {
        return new ListSql(request, indexes, rows).plan(connection);
    }

    boolean needFilling() {
        return indexes.areUnfinished();
    }

    void fillSome(Connection connection) throws SQLException {
        indexes.fillSome(connection);
    }
}
