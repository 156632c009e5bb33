package io.github.claudejakarta.batch;

/**
 * CDI event: a batch ended or failed, seen by this server. With several servers on one database it is fired on one of
 * them. A batch that is resubmitted ends again.
 *
 * @param batch as it is now; its results can be read
 */
public record BatchEnded(Batch batch) {}
