package io.github.claudejakarta.job;

import io.github.claudejakarta.durable.StoredHeaders;
import io.github.claudejakarta.durable.TaskKey;

/**
 * A job that is due to run.
 *
 * @param isAbandoned whether the server of its last attempt stopped or died during the attempt
 * @param attempts number of attempts so far
 */
record DueJob(TaskKey key, String owner, StoredHeaders headers, boolean isAbandoned, int attempts) {}
