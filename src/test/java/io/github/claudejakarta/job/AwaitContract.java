package io.github.claudejakarta.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.lane.Slow;
import io.github.claudejakarta.runtime.MemoryReservation;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Tests of waiting for the end of a job. */
interface AwaitContract {

    JobWorld world();

    @Test
    default void aWaitReturnsImmediatelyAfterAnEndOnThisServer() throws Exception {
        JobServer server = world().server();
        Duration shortest = Duration.ofSeconds(20);
        // With polls of the database alone each wait would take a second or more.
        for (int i = 0; i < 5 && shortest.compareTo(Duration.ofMillis(500)) > 0; i++) {
            String id = server.submit("sim:events=1").id();
            var waiter = new Waiter(() -> server.bean().await(id, Duration.ofSeconds(20)));

            server.bean().cancel(id);

            assertThat(waiter.job().status()).isEqualTo(JobStatus.CANCELED);
            shortest = waiter.took().compareTo(shortest) < 0 ? waiter.took() : shortest;
        }
        assertThat(shortest).isLessThan(Duration.ofMillis(900));
    }

    @Slow("several servers")
    @Test
    default void aWaitReturnsSoonAfterAnEndOnAnotherServer() throws Exception {
        JobServer server = world().server();
        String id = server.submit("sim:events=1").id();
        var waiter = new Waiter(() -> server.bean().await(id, Duration.ofSeconds(20)));

        world().server().step(id);

        assertThat(waiter.job().status()).isEqualTo(JobStatus.SUCCEEDED);
        assertThat(waiter.job().message()).isPresent();
        assertThat(waiter.took()).isLessThan(Duration.ofSeconds(10));
    }

    @Test
    default void aWaitEndsInTime() throws Exception {
        JobServer server = world().server();
        String id = server.submit("sim:events=1").id();

        var failure =
                catchThrowableOfType(ClaudeException.class, () -> server.bean().await(id, Duration.ofMillis(50)));

        assertThat(failure.type()).isEqualTo(ErrorType.TIMEOUT);
        assertThat(failure.errorMessage()).isEqualTo(id + " is still queued after PT0.05S");
        assertThat(server.bean()
                        .awaitEnd(id, Duration.ofMillis(50), MemoryReservation.UNLIMITED, () -> true)
                        .status())
                .isEqualTo(JobStatus.QUEUED);
    }

    @Test
    default void anEndedJobIsReturnedWithoutAWait() throws Exception {
        JobServer server = world().server();
        String id = server.submit("sim:events=1").id();
        server.step(id);

        assertThat(server.bean().await(id, Duration.ZERO).status()).isEqualTo(JobStatus.SUCCEEDED);
    }

    @Test
    default void anUnknownJobIsNotAwaited() {
        JobManagerBean jobs = world().server().bean();

        assertThat(catchThrowableOfType(
                                ClaudeException.class, () -> jobs.await(CancelContract.UNKNOWN, Duration.ofSeconds(20)))
                        .type())
                .isEqualTo(ErrorType.NOT_FOUND);
    }

    /** A thread that waits for a job. */
    final class Waiter {

        private final Future<Job> future;
        private final long begin = System.nanoTime();

        /** The call that waits. */
        interface Wait {
            Job end() throws InterruptedException;
        }

        Waiter(Wait wait) {
            var threads = Executors.newSingleThreadExecutor();
            var thread = new Thread[1];
            future = threads.submit(() -> {
                thread[0] = Thread.currentThread();
                return wait.end();
            });
            threads.shutdown();
            Waiting.until(() -> thread[0] != null && thread[0].getState() == Thread.State.TIMED_WAITING);
        }

        Job job() throws Exception {
            return future.get(30, TimeUnit.SECONDS);
        }

        Duration took() {
            return Duration.ofNanos(System.nanoTime() - begin);
        }
    }
}
