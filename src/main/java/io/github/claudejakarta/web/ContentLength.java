package io.github.claudejakarta.web;

import jakarta.ws.rs.core.HttpHeaders;

/** The {@code Content-Length} of a request, which may be more than JAX-RS's own accessor can count. */
public final class ContentLength {

    private static final int LONGEST = 18;

    private ContentLength() {
    }

    /** Bytes; -1 where the request does not say. */
    public static long of(HttpHeaders headers) {
        String length = headers.getHeaderString(HttpHeaders.CONTENT_LENGTH);
        return length != null && length.matches("[0-9]{1," + LONGEST + "}") ? Long.parseLong(length) : -1;
    }
}
