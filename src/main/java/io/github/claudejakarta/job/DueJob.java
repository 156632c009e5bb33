package io.github.claudejakarta.job;

import io.github.claudejakarta.durable.StoredHeaders;
import io.github.claudejakarta.durable.TaskKey;

/**
 * A job that is to be run.
 *
 * @param isLeftBehind whether its last attempt ended with the server that made it
 * @param attempts how many there were
 */
record DueJob(TaskKey key, String owner, StoredHeaders headers, boolean isLeftBehind, int attempts) {}
