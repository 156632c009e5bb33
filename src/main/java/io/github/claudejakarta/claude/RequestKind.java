package io.github.claudejakarta.claude;

/**
 * The operations of Claude's API. They do not define paths, methods or the format of answers, because these differ
 * between Claude's platforms.
 */
public enum RequestKind {
    /** Create a message and receive it as a whole. */
    CREATE_MESSAGE,
    /** Create a message and receive it as events. */
    STREAM_MESSAGE,
    COUNT_TOKENS,
    LIST_MODELS,
    GET_MODEL,
    /**
     * Create a message batch. It must not be created twice, so it is sent again only if Claude cannot have accepted it.
     */
    CREATE_BATCH,
    LIST_BATCHES,
    GET_BATCH,
    CANCEL_BATCH,
    DELETE_BATCH,
    /** Download the results of a message batch, which may have any length. */
    GET_BATCH_RESULTS;

    /** Whether the operation requests a message, streamed or not. */
    public boolean isMessage() {
        return this == CREATE_MESSAGE || this == STREAM_MESSAGE;
    }

    /** Whether the operation only reads, so that it changes nothing at Claude. */
    public boolean isRead() {
        return switch (this) {
            case LIST_MODELS, GET_MODEL, LIST_BATCHES, GET_BATCH, GET_BATCH_RESULTS -> true;
            case CREATE_MESSAGE, STREAM_MESSAGE, COUNT_TOKENS, CREATE_BATCH, CANCEL_BATCH, DELETE_BATCH -> false;
        };
    }
}
