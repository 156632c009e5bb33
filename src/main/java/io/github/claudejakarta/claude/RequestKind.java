package io.github.claudejakarta.claude;

/**
 * The operations of Claude's API. Paths, methods and the form of answers are decided where requests are sent, because
 * they differ between Claude's platforms.
 */
public enum RequestKind {
    /** A message, answered as a whole. */
    CREATE_MESSAGE,
    /** A message, answered by events. */
    STREAM_MESSAGE,
    COUNT_TOKENS,
    LIST_MODELS,
    GET_MODEL,
    /** A message batch. It must not be created twice, so it is sent again only if Claude cannot have accepted it. */
    CREATE_BATCH,
    LIST_BATCHES,
    GET_BATCH,
    CANCEL_BATCH,
    DELETE_BATCH,
    /** A download of any length. */
    GET_BATCH_RESULTS;

    /** Whether it asks for a message, streamed or not. */
    public boolean isMessage() {
        return this == CREATE_MESSAGE || this == STREAM_MESSAGE;
    }

    /** Whether it only reads, so that nothing at Claude depends on whether it arrived. */
    public boolean isRead() {
        return switch (this) {
            case LIST_MODELS, GET_MODEL, LIST_BATCHES, GET_BATCH, GET_BATCH_RESULTS -> true;
            case CREATE_MESSAGE, STREAM_MESSAGE, COUNT_TOKENS, CREATE_BATCH, CANCEL_BATCH, DELETE_BATCH -> false;
        };
    }
}
