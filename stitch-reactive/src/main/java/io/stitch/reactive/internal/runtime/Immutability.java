package io.stitch.reactive.internal.runtime;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.time.temporal.Temporal;
import java.time.temporal.TemporalAmount;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;

/**
 * Tells of which types one object may be given to many: those whose fields are final, and of such types again. What it cannot tell, such
 * as a list, counts as mutable.
 */
final class Immutability {
    private static final Set<Class<?>> KNOWN = Set.of(
            String.class,
            Boolean.class,
            Byte.class,
            Short.class,
            Integer.class,
            Long.class,
            Float.class,
            Double.class,
            Character.class,
            BigDecimal.class,
            BigInteger.class,
            UUID.class,
            URI.class,
            Locale.class);

    private Immutability() {}

    static boolean of(Class<?> type) {
        return of(type, new HashSet<>());
    }

    private static boolean of(Class<?> type, Set<Class<?>> seen) {
        if (type.isPrimitive() || type.isEnum() || KNOWN.contains(type) || isOfTime(type) || !seen.add(type)) {
            return true;
        }
        if (!Modifier.isFinal(type.getModifiers())
                || type.isArray()
                || type.getName().startsWith("java.")) {
            return false; // A class that extends it may have what it has not.
        }
        for (Class<?> each = type;
                each != null && each != Object.class && each != Record.class;
                each = each.getSuperclass()) {
            for (Field field : each.getDeclaredFields()) {
                boolean counts = !Modifier.isStatic(field.getModifiers());
                if (counts && !(Modifier.isFinal(field.getModifiers()) && of(field.getType(), seen))) {
                    return false;
                }
            }
        }
        return true;
    }

    private static boolean isOfTime(Class<?> type) {
        return type.getName().startsWith("java.time.")
                && (Temporal.class.isAssignableFrom(type)
                        || TemporalAmount.class.isAssignableFrom(type)
                        || java.time.ZoneId.class.isAssignableFrom(type));
    }
}
