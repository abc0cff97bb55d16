/** A local database in one H2 file: {@link io.stitch.reactive.h2.H2Persistence}. */
@SuppressWarnings("module") // H2 is the name of the database.
module io.stitch.reactive.h2 {
    requires transitive io.stitch.reactive;
    requires static transitive org.jspecify;
    requires com.h2database;
    requires java.sql;

    exports io.stitch.reactive.h2;
}
