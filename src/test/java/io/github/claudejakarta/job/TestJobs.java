package io.github.claudejakarta.job;

import io.github.claudejakarta.durable.TaskQueue;

/** What other packages need of the jobs of a test. */
public final class TestJobs {

    private TestJobs() {}

    /** Runs the jobs of a bean. */
    public static TaskQueue queue(JobManagerBean jobs) {
        return jobs.queue();
    }

    public static JobTransactions transactions(JobManagerBean jobs) {
        return jobs.transactions();
    }

    /** The settings of a server that has a key. */
    public static JobSettings settings() {
        JobSettings defaults = JobSettings.DEFAULTS;
        return new JobSettings(
                true,
                defaults.maxConcurrent(),
                1,
                defaults.backoff(),
                defaults.maxBackoff(),
                java.time.Duration.ofMillis(250),
                defaults.retention(),
                defaults.maxBytes(),
                defaults.recovery());
    }
}
