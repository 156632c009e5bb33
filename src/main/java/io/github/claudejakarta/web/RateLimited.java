package io.github.claudejakarta.web;

import jakarta.ws.rs.NameBinding;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a request that uses Claude, now or later. It counts against the caller's limits. Requests that only read state
 * do not count.
 */
@NameBinding
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.METHOD, ElementType.TYPE})
public @interface RateLimited {

    /**
     * Whether the request uses the caller's tokens, so that a caller with no tokens left gets 429. The tokens of
     * batches are not counted.
     */
    boolean tokens() default true;
}
