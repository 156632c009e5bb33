package io.github.claudejakarta.web;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import java.util.Optional;

/**
 * A request for one page of a list. Without {@code after} and {@code before} it is the first page.
 *
 * @param limit the maximum number of items on the page, from 1 to 1000
 * @param after the id of the item before the page ({@code after_id})
 * @param before the id of the item after the page ({@code before_id})
 */
public record PageRequest(int limit, Optional<String> after, Optional<String> before) {

    private static final int DEFAULT_LIMIT = 20;
    private static final int MAX_LIMIT = 1000;

    /**
     * Checks the limit and the ids.
     *
     * @throws ClaudeException {@code invalid_request_error} for a limit out of range, or if both ids are given
     */
    public PageRequest {
        requireLimit(limit >= 1 && limit <= MAX_LIMIT);
        if (after.isPresent() && before.isPresent()) {
            throw ClaudeException.of(
                    ErrorType.INVALID_REQUEST, "after_id and before_id cannot be combined. Send one of them.");
        }
    }

    /** Returns the request for the first page. */
    public static PageRequest first(int limit) {
        return new PageRequest(limit, Optional.empty(), Optional.empty());
    }

    /**
     * Reads the parameters of a request. Each may be null. The default of the limit is 20.
     *
     * @throws ClaudeException {@code invalid_request_error} for a limit that is not a number from 1 to 1000, or if both
     *     ids are given
     */
    public static PageRequest of(String limit, String afterId, String beforeId) {
        requireLimit(limit == null || limit.matches("[0-9]{1,4}"));
        return new PageRequest(
                limit == null ? DEFAULT_LIMIT : Integer.parseInt(limit),
                Optional.ofNullable(afterId),
                Optional.ofNullable(beforeId));
    }

    private static void requireLimit(boolean isValid) {
        if (!isValid) {
            throw ClaudeException.of(
                    ErrorType.INVALID_REQUEST, "limit: Input should be a whole number between 1 and " + MAX_LIMIT);
        }
    }
}
