package io.github.claudejakarta.job;

import io.github.claudejakarta.claude.MessageDefaults;
import io.github.claudejakarta.durable.Database;
import io.github.claudejakarta.durable.DurableTasks;
import io.github.claudejakarta.durable.TaskQueue;
import io.github.claudejakarta.runtime.MemoryBudget;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.stream.Streams;
import io.github.claudejakarta.webhook.Webhooks;
import jakarta.enterprise.event.Event;
import java.time.Clock;
import java.time.Duration;

/** Jobs for tests of other packages. */
public final class TestJobs {

    private TestJobs() {}

    /** Starts to run the jobs of a bean. */
    public static TaskQueue queue(JobManagerBean jobs) {
        return jobs.queue();
    }

    public static JobTransactions transactions(JobManagerBean jobs) {
        return jobs.transactions();
    }

    /** Returns a bean without limits, in a test's database. */
    public static JobManagerBean bean(
            Streams streams,
            Webhooks webhooks,
            Database database,
            DurableTasks tasks,
            Watchdog watchdog,
            Clock clock,
            Event<JobEnded> ended) {
        return new JobManagerBean(
                settings(),
                streams,
                webhooks,
                MessageDefaults.NONE,
                (caller, isForTokens) -> {},
                MemoryBudget.unlimited(),
                database,
                tasks,
                watchdog,
                clock,
                ended);
    }

    /** Returns the settings of a server that has a key. */
    public static JobSettings settings() {
        JobSettings defaults = JobSettings.DEFAULTS;
        return new JobSettings(
                true,
                defaults.maxConcurrent(),
                1,
                defaults.backoff(),
                defaults.maxBackoff(),
                Duration.ofMillis(250),
                defaults.retention(),
                defaults.maxBytes(),
                defaults.recovery());
    }
}
