package io.github.claudejakarta.batch;

/** A message batch belongs to another part. The message names both. */
final class MessageBatchConflict extends RuntimeException {

    private static final long serialVersionUID = 1;

    MessageBatchConflict(String message) {
        super(message, null, false, false);
    }
}
