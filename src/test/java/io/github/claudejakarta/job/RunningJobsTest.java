package io.github.claudejakarta.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.RequestBody;
import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.claude.http.UnguardedClient;
import io.github.claudejakarta.durable.FakeLease;
import io.github.claudejakarta.durable.TaskKey;
import io.github.claudejakarta.recovery.RecoverySettings;
import io.github.claudejakarta.runtime.MemoryBudget;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.runtime.WorkerThreads;
import io.github.claudejakarta.stream.CallerRunStream;
import io.github.claudejakarta.stream.ClaudeStream;
import io.github.claudejakarta.stream.LocalStreams;
import io.github.claudejakarta.stream.StreamSettings;
import io.github.claudejakarta.stream.StreamStatus;
import io.github.claudejakarta.stream.TestThreads;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RunningJobsTest {

    private final Watchdog watchdog = new Watchdog(System::nanoTime);
    private final UnguardedClient client =
            new UnguardedClient(UnguardedClient.settings(URI.create("http://localhost:1")), watchdog);
    private final WorkerThreads threads = TestThreads.of(Thread::new, 1);
    private final LocalStreams streams = new LocalStreams(
            client,
            new StreamSettings(Duration.ofMinutes(1), Duration.ofSeconds(10), Duration.ofSeconds(10), 1 << 20, 1),
            RecoverySettings.DEFAULTS,
            threads,
            watchdog,
            caller -> () -> {},
            MemoryBudget.unlimited(),
            Clock.systemUTC(),
            JobServer.event(end -> {}));
    private final ClaudeCall call = new ClaudeCall(ClaudeRequest.stream(RequestBody.of(new byte[0])));
    private final CallerRunStream streamRun = streams.begin(call);
    private final ClaudeStream stream = streamRun.stream();
    private final FakeLease lease = new FakeLease();
    private final JobAttempt attempt = new JobAttempt(
            new AttemptId(new TaskKey("job_1", 0), 1, 1), lease, call, streamRun, Thread.currentThread());
    /** Without a database, because these checks must not need one. */
    private final RunningJobs running = new RunningJobs(null);

    @AfterEach
    void close() {
        threads.close();
        client.close();
    }

    @Test
    void anAttemptWithAHeartbeatContinues() {
        running.add(attempt);

        running.check(0);

        assertThat(call.isCanceled()).isFalse();
        assertThat(stream.status()).isEqualTo(StreamStatus.RUNNING);
    }

    @Test
    void anAttemptWithoutAHeartbeatIsDisconnectedFromClaude() {
        running.add(attempt);
        lease.lose();

        running.check(0);

        assertThat(call.isCanceled()).isTrue();
    }

    @Test
    void anInterruptedAttemptIsDisconnectedFromClaude() {
        running.add(attempt);
        Thread.currentThread().interrupt();

        running.check(0);

        assertThat(Thread.interrupted()).isTrue();
        assertThat(call.isCanceled()).isTrue();
    }

    @Test
    void aCanceledAttemptEndsItsStream() {
        running.add(attempt);

        running.cancel("job_2");
        assertThat(stream.status()).isEqualTo(StreamStatus.RUNNING);
        running.cancel("job_1");

        assertThat(stream.status()).isEqualTo(StreamStatus.CANCELED);
        assertThat(call.isCanceled()).isTrue();
    }

    @Test
    void anEndedAttemptIsRemoved() {
        running.add(attempt);
        lease.lose();
        running.remove(attempt);

        running.check(0);
        running.cancel("job_1");

        assertThat(call.isCanceled()).isFalse();
        assertThat(stream.status()).isEqualTo(StreamStatus.RUNNING);
    }

    @Test
    void withoutAttemptsTheDatabaseIsNotQueried() {
        running.endCanceled();

        assertThat(call.isCanceled()).isFalse();
    }
}
