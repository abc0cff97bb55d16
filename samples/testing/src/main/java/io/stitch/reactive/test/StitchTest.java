package io.stitch.reactive.test;

import io.stitch.reactive.StitchSchema;
import io.stitch.server.StitchServerOptions;
import org.junit.jupiter.api.extension.ExtendWith;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * Gives each test of a class, or one test, a reference server of its own on the loopback address, and stores on it as parameters.
 *
 * <pre>{@code
 * @StitchTest
 * class BoardTest {
 *     static final StitchSchema SCHEMA = StitchSchema.root(PROJECT).child(TASK, "projectId").build();
 *
 *     @Test
 *     void anotherUserSeesIt(StitchStore store, @OtherUser StitchStore other, StitchServer server) { … }
 * }
 * }</pre>
 *
 * <p>Parameters of tests and of {@code @BeforeEach} methods: {@code StitchServer}, the server; {@code StitchStore}, a store of the user
 * {@value StitchExtension#USER}; {@link OtherUser} {@code StitchStore}, one of the user {@value StitchExtension#OTHER_USER};
 * {@link TestStores}, which opens more. Stores are started and connected before the test method is called, and all is closed after it.
 * When a test fails, what the stores held is attached to the failure. On a method it overrides what the class says.
 */
@Documented
@Inherited
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(StitchExtension.class)
public @interface StitchTest {
    /** Provides the entities. */
    interface Schema extends Supplier<StitchSchema> {}

    /** Changes the server's options: users, owners, constraints. A user's password is the user's name. */
    interface ServerOptions extends UnaryOperator<StitchServerOptions.Builder> {}

    /** The default provider: the schema is in a static field of the test class, or of a class around it or above it. */
    final class StaticField implements Schema {
        /** For the extension. */
        public StaticField() {}

        /**
         * Is not asked: the extension looks for the field.
         *
         * @return nothing
         * @throws UnsupportedOperationException always
         */
        @Override
        public StitchSchema get() {
            throw new UnsupportedOperationException("the extension reads the field itself");
        }
    }

    /** The default options: those that fit the schema. */
    final class Unchanged implements ServerOptions {
        /** For the extension. */
        public Unchanged() {}

        @Override
        public StitchServerOptions.Builder apply(StitchServerOptions.Builder options) {
            return options;
        }
    }

    /**
     * {@return which server to test with}
     */
    ServerKind server() default ServerKind.NEW;

    /**
     * {@return who provides the entities, a class with a constructor without parameters; by default the only static field of type
     * {@code StitchSchema}}
     */
    Class<? extends Schema> schema() default StaticField.class;

    /**
     * {@return who changes the server's options, a class with a constructor without parameters}
     */
    Class<? extends ServerOptions> options() default Unchanged.class;
}
