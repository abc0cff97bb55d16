package io.stitch.samples.webflux;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.jackson.JacksonComponent;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.deser.std.StdScalarDeserializer;

/**
 * Reads the texts in the bodies of requests. A number is not made one, as Jackson would, because a change of a task does not take it either; and
 * half a pair of surrogates, which JSON can say, is no text: nothing could write it again.
 */
@JacksonComponent
class Texts extends StdScalarDeserializer<String> {
    Texts() {
        super(String.class);
    }

    /** {@return whether something is well-formed Unicode} */
    static boolean isWellFormed(String text) {
        return text.codePoints().noneMatch(letter -> Character.getType(letter) == Character.SURROGATE);
    }

    @Override
    public @Nullable String deserialize(JsonParser parser, DeserializationContext context) {
        if (!parser.hasToken(JsonToken.VALUE_STRING)) {
            return (String) context.handleUnexpectedToken(getValueType(context), parser);
        }
        String text = parser.getString();
        if (!isWellFormed(text)) {
            throw context.weirdStringException(text, String.class, "it is not well-formed Unicode");
        }
        return text;
    }
}
