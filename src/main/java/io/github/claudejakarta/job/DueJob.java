package io.github.claudejakarta.job;

import io.github.claudejakarta.durable.KeptHeaders;
import io.github.claudejakarta.durable.TaskKey;

/**
 * A job that is to be run.
 *
 * @param isLeftBehind whether its last attempt ended with the server that made it
 * @param attempts how many there were
 */
record DueJob(TaskKey key, String owner, KeptHeaders headers, boolean isLeftBehind, int attempts) {}
