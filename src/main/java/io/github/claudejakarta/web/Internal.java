package io.github.claudejakarta.web;

import jakarta.inject.Qualifier;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a bean of this module whose type belongs to another library, such as a clock. An application may have a bean of
 * the same type. Without the qualifier, both beans would be ambiguous and the application would not deploy.
 */
@Qualifier
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.FIELD, ElementType.METHOD, ElementType.PARAMETER, ElementType.TYPE})
public @interface Internal {}
