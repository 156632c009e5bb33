package io.github.claudejakarta.web;

import io.github.claudejakarta.claude.ClaudeException;
import java.net.URI;

/**
 * An error with the URL of the resource that it is about. The response has the URL as {@code Location}, so that the
 * client can read the resource.
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
