package io.github.claudejakarta.lane;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;

/**
 * Marks a unit test, or all tests of a class, that {@code mvn test} skips and {@code mvn verify} runs, because it needs
 * PostgreSQL or more than a second.
 */
@Documented
@Inherited
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD})
@Tag("slow")
public @interface Slow {

    /** The reason, in a few words. */
    String value();
}
