package io.stitch.reactive.spring;

import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.core.type.AnnotatedTypeMetadata;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.Objects;

/** Where {@code stitch.mode} is this one, read as the properties read it: whatever its letters' case, and server mode if it is empty or not set. */
@Target({ElementType.METHOD, ElementType.TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Conditional(ConditionalOnMode.IsSet.class)
@interface ConditionalOnMode {
    /** {@return the mode} */
    StitchProperties.Mode value();

    /** Looks. */
    final class IsSet extends SpringBootCondition {
        @Override
        public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
            StitchProperties.Mode set = Binder.get(context.getEnvironment())
                    .bind("stitch.mode", StitchProperties.Mode.class)
                    .orElse(StitchProperties.Mode.SERVER);
            Object wanted = Objects.requireNonNull(metadata.getAnnotationAttributes(ConditionalOnMode.class.getName()))
                    .get("value");
            return new ConditionOutcome(
                    set.equals(wanted),
                    ConditionMessage.forCondition(ConditionalOnMode.class).because("the mode is " + set));
        }
    }
}
