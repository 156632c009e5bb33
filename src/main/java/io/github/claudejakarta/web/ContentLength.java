package io.github.claudejakarta.web;

import jakarta.ws.rs.core.HttpHeaders;

/**
 * The {@code Content-Length} of a request. JAX-RS's own accessor returns an {@code int}, which is too small for some
 * values.
 */
public final class ContentLength {

    private static final int MAX_DIGITS = 18;

    private ContentLength() {}

    /** Returns the length in bytes, or -1 if the header is absent or is not a number. */
    public static long of(HttpHeaders headers) {
        return of(headers.getHeaderString(HttpHeaders.CONTENT_LENGTH));
    }

    /**
     * Reads the value of the header.
     *
     * @param length the value of the header, or null
     * @return bytes; {@link Long#MAX_VALUE} for a number of more than 18 digits; -1 without a number
     */
    public static long of(String length) {
        if (length == null || !length.matches("[0-9]+")) {
            return -1;
        }
        return length.length() <= MAX_DIGITS ? Long.parseLong(length) : Long.MAX_VALUE;
    }
}
