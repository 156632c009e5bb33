package io.github.claudejakarta.claude;

/**
 * The ways in which a request can fail: {@link ClaudeException#kind()}, for a {@code switch}.
 * {@link ClaudeException#type()} is Anthropic's name of the error, which HTTP callers see. Several kinds share a type.
 */
@PublicApi
public enum ErrorKind {

    /**
     * The stream, job or call was canceled, or the thread that waited was interrupted. An interrupted thread keeps its
     * interrupt status.
     */
    CANCELED,

    /**
     * Claude could not be reached: no address for the host, a refused or lost connection, a failed TLS handshake, or a
     * refusal of the proxy. No attempt may have reached Claude.
     */
    UNREACHABLE,

    /** A time limit passed. Claude may have processed the request. */
    TIMED_OUT,

    /**
     * A limit of this application refused the request: connections, streams, memory, the circuit breaker, storage, or a
     * limit of the caller. {@link ClaudeException#retryAfter()} says when to try again, if that is known.
     */
    LIMITED,

    /** Claude, or a gateway in front of it, answered with an error. {@link ClaudeException#type()} says which. */
    REFUSED,

    /**
     * The connection was lost after the request was sent, or an answer began and is incomplete or unreadable. This
     * happened in the last attempt, or in an earlier attempt before Claude became unreachable. Claude may have charged
     * for the request. The {@code messageSoFar()} of a stream has the part that arrived.
     */
    BROKEN,

    /**
     * The request was rejected here before it was sent: it is not valid, not allowed, or in conflict with the state.
     */
    INVALID,

    /** This application has no stream, batch, job or other object with the id. */
    NOT_FOUND,

    /** The database is not available or not configured, or the server is shutting down. */
    UNAVAILABLE,

    /** A fault of this module, its configuration or its server. The log has the details. */
    INTERNAL;

    /** Returns the kind of an error that this server created, unless the code that created it sets another kind. */
    static ErrorKind ofLocal(int status, ErrorType type) {
        if (status == UNAVAILABLE_STATUS) {
            return UNAVAILABLE;
        }
        return switch (type.status()) {
            case 404 -> NOT_FOUND;
            case 429, 529 -> LIMITED;
            case 504 -> TIMED_OUT;
            case 500 -> INTERNAL;
            default -> INVALID;
        };
    }

    private static final int UNAVAILABLE_STATUS = 503;
}
