package io.stitch.simulation.soak;

import javax.management.JMException;
import javax.management.ObjectName;
import java.lang.management.ManagementFactory;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The live objects of this JVM after a full collection, which a HotSpot JVM tells by class. The heap's size alone is of little use: most of
 * what it differs by from one rest to the next is how many pages each database has cached since it was opened, which H2 bounds by the
 * size of the heap.
 *
 * @param bytes all of them but the databases'
 * @param stores those of the stores' own classes, and of what they connect and signal with
 */
record LiveObjects(long bytes, long stores) {
    /** Number, instances, bytes, class: {@code 12: 345 6789 [Ljava.lang.Object; (java.base@17)}. */
    private static final Pattern LINE = Pattern.compile("^ *\\d+: +\\d+ +(\\d+) +\\[*L?([^ ;]+)", Pattern.MULTILINE);

    private static final String DATABASE = "org.h2.";
    /** The database has one for each page in its cache, and hardly anybody else has any. */
    private static final String PAGE_REFERENCE = "java.lang.ref.WeakReference";

    private static final Set<String> STORES =
            Set.of("io.stitch.reactive.", "reactor.", "com.hivemq.", "io.reactivex.", "io.netty.");

    static LiveObjects now() {
        long bytes = 0;
        long stores = 0;
        Matcher lines = LINE.matcher(histogram());
        while (lines.find()) {
            long size = Long.parseLong(lines.group(1));
            String type = lines.group(2);
            if (!type.startsWith(DATABASE) && !type.equals(PAGE_REFERENCE)) {
                bytes += size;
            }
            if (STORES.stream().anyMatch(type::startsWith)) {
                stores += size;
            }
        }
        if (stores == 0) {
            throw new IllegalStateException("this JVM tells its live objects in another way than a HotSpot JVM does");
        }
        return new LiveObjects(bytes, stores);
    }

    private static String histogram() {
        try {
            return (String) ManagementFactory.getPlatformMBeanServer()
                    .invoke(
                            new ObjectName("com.sun.management:type=DiagnosticCommand"),
                            "gcClassHistogram",
                            new Object[] {new String[0]},
                            new String[] {String[].class.getName()});
        } catch (JMException e) {
            throw new IllegalStateException("this JVM does not tell its live objects; a HotSpot JVM does", e);
        }
    }
}
