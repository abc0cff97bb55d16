package io.stitch.reactive.spring;

import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.core.type.AnnotatedTypeMetadata;
import org.springframework.util.StringUtils;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.Objects;

/** Where a property is set, and not to an empty text: that is how a variable of a container is left out. */
@Target({ElementType.METHOD, ElementType.TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Conditional(ConditionalOnText.IsSet.class)
@interface ConditionalOnText {
    /** {@return the property} */
    String value();

    /** Looks. */
    final class IsSet extends SpringBootCondition {
        @Override
        public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
            String property = String.valueOf(
                    Objects.requireNonNull(metadata.getAnnotationAttributes(ConditionalOnText.class.getName()))
                            .get("value"));
            ConditionMessage.Builder message = ConditionMessage.forCondition(ConditionalOnText.class);
            // The value stays out of the report: somebody may have written a password into it.
            return StringUtils.hasText(context.getEnvironment().getProperty(property))
                    ? ConditionOutcome.match(message.foundExactly(property))
                    : ConditionOutcome.noMatch(message.didNotFind(property).atAll());
        }
    }
}
