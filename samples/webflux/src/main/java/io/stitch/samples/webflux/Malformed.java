package io.stitch.samples.webflux;

import org.jspecify.annotations.Nullable;
import org.springframework.core.MethodParameter;
import org.springframework.web.server.ServerWebInputException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.exc.InvalidFormatException;
import tools.jackson.databind.exc.UnrecognizedPropertyException;

import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Says what is wrong with a request that cannot be read, and what can be read. The parser's own words stay out: they name Java types. */
final class Malformed {
    private static final int LONGEST_SHOWN = 40;
    private static final char REPLACEMENT = '\uFFFD';

    private Malformed() {}

    static String detail(ServerWebInputException error) {
        MethodParameter parameter = error.getMethodParameter();
        Class<?> type = parameter == null ? Object.class : parameter.getParameterType();
        JacksonException json = cause(error, JacksonException.class);
        if (json != null) {
            return "%s Send a JSON object with %s.".formatted(wrong(json), fields(type));
        }
        if (type == boolean.class || type == Boolean.class) {
            return "The parameter '%s' must be true or false."
                    .formatted(Objects.requireNonNull(parameter).getParameterName());
        }
        return "The request has no body. Send a JSON object with %s.".formatted(fields(type));
    }

    private static <T extends Throwable> @Nullable T cause(Throwable error, Class<T> type) {
        return Stream.iterate(error, Objects::nonNull, Throwable::getCause)
                .filter(type::isInstance)
                .map(type::cast)
                .findFirst()
                .orElse(null);
    }

    private static String wrong(JacksonException error) {
        if (error instanceof UnrecognizedPropertyException unknown) {
            return "There is no field '%s' here.".formatted(shown(unknown.getPropertyName()));
        }
        if (error instanceof InvalidFormatException format
                && format.getTargetType().isEnum()) {
            return "The field '%s' cannot be '%s': it is one of %s."
                    .formatted(
                            path(format), shown(String.valueOf(format.getValue())), constants(format.getTargetType()));
        }
        if (error instanceof InvalidFormatException format && format.getTargetType() == String.class) {
            return "The field '%s' has half of a pair of surrogates in it, which is no letter.".formatted(path(format));
        }
        if (error instanceof DatabindException mismatch && !mismatch.getPath().isEmpty()) {
            return "The field '%s' has a value of the wrong kind.".formatted(path(mismatch));
        }
        TokenStreamLocation place = error.getLocation();
        if (error instanceof StreamReadException && place != null) {
            return "The body is not JSON: it goes wrong in line %d at column %d."
                    .formatted(place.getLineNr(), place.getColumnNr());
        }
        return error instanceof DatabindException ? "The body is not a JSON object." : "The body is not JSON.";
    }

    private static String path(DatabindException error) {
        return error.getPath().stream()
                .map(JacksonException.Reference::getPropertyName)
                .filter(Objects::nonNull)
                .map(Malformed::shown)
                .collect(Collectors.joining("."));
    }

    private static String constants(Class<?> type) {
        return Arrays.stream(type.getEnumConstants()).map(String::valueOf).collect(Collectors.joining(", "));
    }

    /** The fields of a body; of a change, which is read as JSON, those that can be changed. */
    private static String fields(Class<?> type) {
        return type.isRecord()
                ? Arrays.stream(type.getRecordComponents())
                        .map(RecordComponent::getName)
                        .collect(Collectors.joining(", "))
                : TaskPatch.FIELDS;
    }

    /** Half a pair of surrogates, which a body may have and a cut may make, cannot be written in an answer. */
    static String shown(String text) {
        String shown = text.codePoints()
                .limit(LONGEST_SHOWN)
                .map(letter -> Character.getType(letter) == Character.SURROGATE ? REPLACEMENT : letter)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
        return text.codePointCount(0, text.length()) <= LONGEST_SHOWN ? shown : shown + '…';
    }
}
