package io.github.claudejakarta.claude;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a type that applications may use. Types that are nested in a marked type and are public belong to the API too.
 *
 * <p>The {@code api} artifact and the javadoc contain the marked types and no others. Public types without this mark
 * are internal: they may change or disappear in any version.
 */
@Documented
@Retention(RetentionPolicy.CLASS)
@Target(ElementType.TYPE)
@PublicApi
public @interface PublicApi {}
