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

/** Where there is a broker to connect to. An empty address is none: that is how a variable of a container is left out. */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@Conditional(ConditionalOnUrl.IsSet.class)
@interface ConditionalOnUrl {
    /** Looks. */
    final class IsSet extends SpringBootCondition {
        private static final String PROPERTY = "stitch.url";

        @Override
        public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
            ConditionMessage.Builder message = ConditionMessage.forCondition(ConditionalOnUrl.class);
            // The value stays out of the report: somebody may have written a password into it.
            return StringUtils.hasText(context.getEnvironment().getProperty(PROPERTY))
                    ? ConditionOutcome.match(message.foundExactly(PROPERTY))
                    : ConditionOutcome.noMatch(message.didNotFind(PROPERTY).atAll());
        }
    }
}
