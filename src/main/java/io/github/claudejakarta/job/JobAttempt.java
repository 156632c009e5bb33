package io.github.claudejakarta.job;

import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.durable.Lease;
import io.github.claudejakarta.durable.TaskKey;
import io.github.claudejakarta.stream.CallerRunStream;
import io.github.claudejakarta.stream.ClaudeStream;

/**
 * An attempt that runs on this server.
 *
 * @param lease the right to make it
 * @param call to Claude; its answer is the stream
 * @param streamRun the stream
 * @param thread that runs the stream
 */
record JobAttempt(AttemptId id, Lease lease, ClaudeCall call, CallerRunStream streamRun, Thread thread) {

    ClaudeStream stream() {
        return streamRun.stream();
    }

    TaskKey key() {
        return id.key();
    }

    String jobId() {
        return id.key().id();
    }
}
