package io.github.claudejakarta.web;

import jakarta.ws.rs.core.HttpHeaders;

/** The {@code Content-Length} of a request, which may be more than JAX-RS's own accessor can count. */
public final class ContentLength {

    private static final int MOST_DIGITS = 18;

    private ContentLength() {}

    /** Bytes; -1 where the request does not say. */
    public static long of(HttpHeaders headers) {
        return of(headers.getHeaderString(HttpHeaders.CONTENT_LENGTH));
    }

    /**
     * Reads the value of the header.
     *
     * @param length may be null
     * @return bytes; {@link Long#MAX_VALUE} if there are more; -1 without a number
     */
    public static long of(String length) {
        if (length == null || !length.matches("[0-9]+")) {
            return -1;
        }
        return length.length() <= MOST_DIGITS ? Long.parseLong(length) : Long.MAX_VALUE;
    }
}
