package io.stitch.reactive.h2;

import io.stitch.reactive.PersistenceException;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.StreamStore;
import org.h2.mvstore.WriteBuffer;
import org.h2.mvstore.db.LobStorageMap;
import org.h2.mvstore.db.LobStorageMap.BlobMeta;
import org.h2.mvstore.db.ValueDataType;
import org.h2.mvstore.tx.Transaction;
import org.h2.mvstore.tx.TransactionMap;
import org.h2.mvstore.tx.TransactionStore;
import org.h2.mvstore.type.BasicDataType;
import org.h2.mvstore.type.DataType;
import org.h2.mvstore.type.MetaType;
import org.h2.mvstore.type.StringDataType;
import org.h2.result.SearchRow;
import org.h2.value.Value;
import org.h2.value.ValueLob;
import org.h2.value.lob.LobDataDatabase;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The maps of a file, read without SQL: nothing that the file says is executed, not even by the name of a class. For reading only.
 */
final class RawStore implements AutoCloseable {
    /** Where H2 keeps what it executes when it opens a file. */
    private static final String META = "table.0";
    /** Where it keeps the names of the classes that read its maps. */
    private static final String TYPES = "_";

    private final MVStore store;
    private final TransactionStore transactions;
    /** One for all reading: a store has room for few. */
    private final Transaction reading;

    /**
     * What H2 executes when it opens a file.
     *
     * @param id the object that it makes
     * @param sql how
     */
    record Definition(int id, String sql) {}

    private RawStore(MVStore store) {
        this.store = store;
        this.transactions = new TransactionStore(store, new MetaType<>(null, null), new ValueDataType(), 0);
        transactions.init();
        this.reading = transactions.begin();
    }

    /**
     * Opens a file.
     *
     * @param database the file without its ending
     * @param fileSystem the file system of H2's in which it lies
     * @param key its key, or {@code null} if it is not encrypted
     * @return the store
     * @throws org.h2.mvstore.MVStoreException if it cannot be read
     * @throws PersistenceException if it names classes that no database of this library's does
     */
    static RawStore open(Path database, String fileSystem, @Nullable Passphrase key) {
        return read(() -> {
            try (MVStore store = store(database, fileSystem, key)) {
                requireKnownTypes(database, store);
            }
            MVStore store = store(database, fileSystem, key);
            try {
                return new RawStore(store);
            } catch (RuntimeException | AssertionError e) {
                store.closeImmediately();
                throw e;
            }
        });
    }

    /** Where H2 checks itself, what it finds in a damaged file is its own mistake to it. */
    private static <T> T read(Supplier<T> reading) {
        try {
            return reading.get();
        } catch (AssertionError e) {
            throw DataUtils.newMVStoreException(DataUtils.ERROR_FILE_CORRUPT, "It contradicts itself: {0}", e);
        }
    }

    private static MVStore store(Path database, String fileSystem, @Nullable Passphrase key) {
        Path data = Database.data(database);
        MVStore.Builder builder =
                new MVStore.Builder().fileName(fileSystem + data).readOnly();
        if (key != null) {
            try {
                builder.encryptionKey(key.filePassword(data));
            } catch (IOException e) {
                throw Failures.of(database, e);
            }
        }
        return builder.open();
    }

    private static void requireKnownTypes(Path database, MVStore store) {
        if (!store.hasMap(TYPES)) {
            return;
        }
        KnownTypes known = new KnownTypes();
        try {
            MVMap<String, Object> types = store.openMap(
                    TYPES,
                    new MVMap.Builder<String, Object>()
                            .keyType(StringDataType.INSTANCE)
                            .valueType(known));
            types.values().forEach(Objects::requireNonNull);
        } catch (RuntimeException e) {
            if (known.foreign != null) {
                throw SchemaGuard.foreign(database, "the class " + known.foreign, e);
            }
            throw e;
        }
    }

    /** {@return what H2 would execute; empty if the file has nothing in it} */
    List<Definition> definitions() {
        List<Definition> definitions = new ArrayList<>();
        if (store.hasMap(META)) {
            for (Value[] row : rows(0, 0, Long.MAX_VALUE)) {
                definitions.add(new Definition(row[0].getInt(), String.valueOf(row[3].getString())));
            }
        }
        return definitions;
    }

    /** {@return whether a table has rows, or had} */
    boolean has(int table) {
        return store.hasMap("table." + table);
    }

    /** {@return the number of the last row of a table, 0 if it has none} */
    long lastRow(int table) {
        Long last = read(() -> map(table).lastKey());
        return last == null ? 0 : last;
    }

    /** {@return the rows of a table with numbers in a range} */
    List<Value[]> rows(int table, long first, long last) {
        return read(() -> rowsOf(table, first, last));
    }

    private List<Value[]> rowsOf(int table, long first, long last) {
        List<Value[]> rows = new ArrayList<>();
        Iterator<Map.Entry<Long, SearchRow>> found = map(table).entryIterator(first, last);
        while (found.hasNext()) {
            SearchRow row = found.next().getValue();
            Value[] values = new Value[row.getColumnCount()];
            for (int i = 0; i < values.length; i++) {
                values[i] = row.getValue(i);
            }
            rows.add(values);
        }
        return rows;
    }

    private TransactionMap<Long, SearchRow> map(int table) {
        return reading.openMap("table." + table);
    }

    /** {@return the bytes of a value, also where they lie beside their table} */
    byte[] bytes(Value value) throws IOException {
        if (value instanceof ValueLob lob && lob.getLobData() instanceof LobDataDatabase beside) {
            BlobMeta found = LobStorageMap.openLobMap(transactions).get(beside.getLobId());
            if (found == null) {
                throw new IOException("a value that lies beside its table is missing");
            }
            try (InputStream in =
                    new StreamStore(LobStorageMap.openLobDataMap(transactions)).get(found.streamStoreId)) {
                return in.readAllBytes();
            }
        }
        return value.getBytes();
    }

    boolean isClosed() {
        return store.isClosed();
    }

    @Override
    public void close() {
        store.closeImmediately();
    }

    /** Reads the names of classes, and makes one only if it is among those that H2 names for tables like ours. */
    private static final class KnownTypes extends BasicDataType<Object> {
        private static final String VERSIONED = "org.h2.mvstore.tx.VersionedValueType$Factory";
        private static final Set<String> KNOWN = Set.of(
                VERSIONED,
                "org.h2.mvstore.db.RowDataType$Factory",
                "org.h2.mvstore.db.ValueDataType$Factory",
                "org.h2.mvstore.db.NullValueDataType",
                "org.h2.mvstore.db.LobStorageMap$BlobMeta$Type",
                "org.h2.mvstore.db.LobStorageMap$BlobReference$Type",
                "org.h2.mvstore.type.ByteArrayDataType",
                "org.h2.mvstore.type.LongDataType",
                "org.h2.mvstore.type.StringDataType");

        private final MetaType<?> types = new MetaType<>(null, null);
        private @Nullable String foreign;

        @Override
        public Object read(ByteBuffer buffer) {
            int start = buffer.position();
            String name = name(buffer);
            // One that keeps versions names that of what it keeps right behind itself.
            while (name.equals(VERSIONED)) {
                name = name(buffer);
            }
            buffer.position(start);
            return types.read(buffer);
        }

        private String name(ByteBuffer buffer) {
            String name = DataUtils.readString(buffer, DataUtils.readVarInt(buffer));
            if (!KNOWN.contains(name)) {
                foreign = name;
                throw new IllegalStateException("The file names the class " + name);
            }
            return name;
        }

        @Override
        public void write(WriteBuffer buffer, Object value) {
            throw new UnsupportedOperationException("It is open for reading only.");
        }

        @Override
        public int getMemory(Object value) {
            return 100;
        }

        @Override
        public Object[] createStorage(int size) {
            return new DataType<?>[size];
        }
    }
}
