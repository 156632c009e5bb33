package io.github.claudejakarta.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class WorkerThreadsTest {

    private static final Duration SOON = Duration.ofSeconds(20);

    private final CountDownLatch held = new CountDownLatch(1);
    private final AtomicInteger rejected = new AtomicInteger();
    private final WorkerThreads threads = threads(WorkerThreadsTest::daemon, task -> task);

    private static Thread daemon(Runnable work) {
        var thread = new Thread(work, "worker");
        thread.setDaemon(true);
        return thread;
    }

    private static WorkerThreads threads(ThreadFactory factory, UnaryOperator<Runnable> carrying) {
        return new WorkerThreads(factory, 1, carrying, cause -> new IllegalStateException("full", cause));
    }

    @AfterEach
    void close() {
        held.countDown();
        threads.close();
    }

    private void hold() {
        try {
            held.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private final class Rejectable implements WorkerThreads.RejectableTask {

        @Override
        public void run() {
            hold();
        }

        @Override
        public void rejected() {
            rejected.incrementAndGet();
        }
    }

    @Test
    void aTaskHasTheContextOfTheSubmittingThread() throws Exception {
        var seen = new LinkedBlockingQueue<String>();
        var context = ThreadLocal.<String>withInitial(() -> "none");
        var carrying = threads(WorkerThreadsTest::daemon, task -> {
            String given = context.get();
            return () -> {
                context.set(given);
                task.run();
            };
        });
        context.set("alice");

        carrying.execute(() -> seen.add(context.get()));

        assertThat(seen.poll(20, TimeUnit.SECONDS)).isEqualTo("alice");
        carrying.close();
    }

    @Test
    void aTaskBeyondTheLimitIsRejectedAndNotified() {
        threads.execute(new Rejectable());

        assertThatThrownBy(() -> threads.execute(new Rejectable()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("full");

        assertThat(rejected).hasValue(1);
        assertThat(threads.used()).isEqualTo(1);
    }

    @Test
    void aTaskWithoutAThreadIsRejectedAndItsPermitReleased() {
        var isExhausted = new AtomicInteger(1);
        var exhausted = threads(
                work -> {
                    if (isExhausted.getAndDecrement() > 0) {
                        throw new OutOfMemoryError("unable to create native thread");
                    }
                    return daemon(work);
                },
                task -> task);

        assertThatThrownBy(() -> exhausted.execute(new Rejectable()))
                .isInstanceOf(IllegalStateException.class)
                .hasCauseInstanceOf(OutOfMemoryError.class);

        assertThat(rejected).hasValue(1);
        assertThat(exhausted.used()).isZero();
        exhausted.execute(this::hold);
        assertThat(exhausted.used()).isEqualTo(1);
        held.countDown();
        exhausted.close();
    }

    @Test
    void listenersAndShortTasksRunWhenAllThreadsAreBusy() throws Exception {
        threads.execute(this::hold);
        var ran = new CountDownLatch(2);

        threads.listen(ran::countDown);
        threads.executeShort(ran::countDown);

        assertThat(ran.await(20, TimeUnit.SECONDS)).isTrue();
        assertThat(threads.used()).isEqualTo(1);
    }

    @Test
    void isIdleOnceEveryTaskHasEndedEvenByAFailure() {
        threads.execute(() -> {
            hold();
            throw new IllegalArgumentException("a failure of the task");
        });

        assertThat(threads.awaitIdle(Duration.ZERO)).isFalse();
        held.countDown();

        assertThat(threads.awaitIdle(SOON)).isTrue();
        assertThat(threads.used()).isZero();
    }

    @Test
    void rejectsTasksAfterItsClose() {
        threads.close();

        assertThatThrownBy(() -> threads.execute(new Rejectable())).isInstanceOf(IllegalStateException.class);

        assertThat(rejected).hasValue(1);
    }
}
