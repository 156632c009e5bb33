package io.github.claudejakarta.web;

import io.github.claudejakarta.claude.ClaudeException;
import java.net.URI;

/**
 * An error that is told together with where the thing is that it is about: whoever gets it in place of the thing may
 * want to look.
 */
public final class LocatedError extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final transient URI location;

    public LocatedError(ClaudeException failure, URI location) {
        super(failure.getMessage(), failure, false, false);
        this.location = location;
    }

    public ClaudeException failure() {
        return (ClaudeException) getCause();
    }

    public URI location() {
        return location;
    }
}
