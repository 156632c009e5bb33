package io.github.claudejakarta.job;

/**
 * CDI event: a job is over, seen by the server that ended it. A job that is revived ends again. After a crash an event
 * may be lost; ask {@link JobManagerBean#find} for what has to be certain.
 *
 * @param job as it is now, with its message or error
 */
public record JobEnded(Job job) {}
