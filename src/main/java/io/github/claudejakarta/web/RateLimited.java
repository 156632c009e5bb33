package io.github.claudejakarta.web;

import jakarta.ws.rs.NameBinding;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * A request that asks something of Claude, now or later: it counts against the caller's limits. Looking at what is
 * there does not.
 */
@NameBinding
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.METHOD, ElementType.TYPE})
public @interface RateLimited {

    /**
     * Whether it leads to messages whose tokens are counted, so that it is refused where the caller has none left;
     * those of batches are not.
     */
    boolean tokens() default true;
}
