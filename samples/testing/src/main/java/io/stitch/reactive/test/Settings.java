package io.stitch.reactive.test;

import io.stitch.reactive.StitchSchema;
import io.stitch.server.StitchServerOptions;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.commons.support.HierarchyTraversalMode;
import org.junit.platform.commons.support.ModifierSupport;
import org.junit.platform.commons.support.ReflectionSupport;

import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;

/** What the annotations of a test ask for. */
record Settings(StitchSchema schema, StitchServerOptions options) {
    static Settings of(ExtensionContext context) {
        Class<?> testClass = context.getRequiredTestClass();
        List<StitchTest> annotations = new ArrayList<>();
        context.getTestMethod()
                .flatMap(method -> AnnotationSupport.findAnnotation(method, StitchTest.class))
                .ifPresent(annotations::add);
        for (Class<?> each = testClass; each != null; each = each.getEnclosingClass()) {
            AnnotationSupport.findAnnotation(each, StitchTest.class).ifPresent(annotations::add);
        }
        StitchSchema schema = annotations.stream()
                .map(StitchTest::schema)
                .filter(type -> type != StitchTest.StaticField.class)
                .findFirst()
                .map(type -> ReflectionSupport.newInstance(type).get())
                .orElseGet(() -> fieldOf(testClass));
        StitchServerOptions.Builder options = ServerSetup.optionsFor(schema)
                .legacy(!annotations.isEmpty() && annotations.get(0).server() == ServerKind.OLD);
        return new Settings(
                schema,
                annotations.stream()
                        .map(StitchTest::options)
                        .filter(type -> type != StitchTest.Unchanged.class)
                        .findFirst()
                        .map(type -> ReflectionSupport.newInstance(type).apply(options))
                        .orElse(options)
                        .build());
    }

    private static StitchSchema fieldOf(Class<?> testClass) {
        for (Class<?> each = testClass; each != null; each = each.getEnclosingClass()) {
            List<Field> fields = ReflectionSupport.findFields(
                    each,
                    field -> field.getType() == StitchSchema.class && ModifierSupport.isStatic(field),
                    HierarchyTraversalMode.BOTTOM_UP);
            if (fields.size() > 1) {
                throw new ExtensionConfigurationException(
                        "%s has more than one static StitchSchema: name the right one with @StitchTest(schema = …)."
                                .formatted(each.getName()));
            }
            if (!fields.isEmpty()) {
                return read(fields.get(0));
            }
        }
        throw new ExtensionConfigurationException(
                "%s has no schema: give it a static field of type StitchSchema, or name a provider with @StitchTest(schema = …)."
                        .formatted(testClass.getName()));
    }

    private static StitchSchema read(Field field) {
        return ReflectionSupport.tryToReadFieldValue(field, null)
                .toOptional()
                .map(StitchSchema.class::cast)
                .orElseThrow(() -> new ExtensionConfigurationException("%s is null.".formatted(field)));
    }
}
