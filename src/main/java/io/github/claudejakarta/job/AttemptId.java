package io.github.claudejakarta.job;

import io.github.claudejakarta.durable.TaskKey;

/**
 * Identifies one attempt at a job in the database.
 *
 * @param number from 1
 * @param token of the server that makes the attempt; only a server with the current token may store its outcome
 */
record AttemptId(TaskKey key, int number, long token) {}
