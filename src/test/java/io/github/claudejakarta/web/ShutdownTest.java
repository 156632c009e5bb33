package io.github.claudejakarta.web;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.lane.Slow;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ShutdownTest {

    private static final long TIMEOUT_SECONDS = 60;

    private final Shutdown shutdown = new Shutdown(ShutdownTest::daemon);
    private final List<String> done = Collections.synchronizedList(new ArrayList<>());

    private static Thread daemon(Runnable work) {
        var thread = new Thread(work);
        thread.setDaemon(true);
        return thread;
    }

    @Test
    void stepsRunInOrderForAnyOrderOfTheirActions() {
        shutdown.on(Shutdown.Step.SAVE, () -> done.add("save"));
        shutdown.on(Shutdown.Step.STOP_TASKS, () -> done.add("tasks"));
        shutdown.on(Shutdown.Step.CUT_CLIENTS, () -> done.add("cut"));
        shutdown.on(Shutdown.Step.AWAIT_CLIENTS, () -> done.add("await"));
        shutdown.on(Shutdown.Step.END_REQUESTS, () -> done.add("end"));

        shutdown.run();

        assertThat(done).containsExactly("end", "await", "cut", "tasks", "save");
    }

    @Test
    void itHasBegunBeforeItsFirstStep() {
        assertThat(shutdown.hasBegun()).isFalse();
        shutdown.on(Shutdown.Step.END_REQUESTS, () -> done.add("begun: " + shutdown.hasBegun()));

        shutdown.run();

        assertThat(done).containsExactly("begun: true");
    }

    @Test
    void itRunsOnceAndTheSecondCallerWaitsForItsEnd() throws Exception {
        var inStep = new CountDownLatch(1);
        var release = new CountDownLatch(1);
        shutdown.on(Shutdown.Step.STOP_TASKS, () -> {
            inStep.countDown();
            await(release);
            done.add("tasks");
        });
        Thread first = daemon(shutdown::run);
        first.start();
        assertThat(inStep.await(TIMEOUT_SECONDS, TimeUnit.SECONDS)).isTrue();
        Thread second = daemon(() -> {
            shutdown.run();
            done.add("second returned");
        });
        second.start();

        release.countDown();
        first.join(Duration.ofSeconds(TIMEOUT_SECONDS).toMillis());
        second.join(Duration.ofSeconds(TIMEOUT_SECONDS).toMillis());

        assertThat(done).containsExactly("tasks", "second returned");
    }

    @Test
    void aFailingActionDoesNotPreventOthers() {
        shutdown.on(Shutdown.Step.END_REQUESTS, () -> {
            throw new StackOverflowError("as a broken bean may");
        });
        shutdown.on(Shutdown.Step.END_REQUESTS, () -> done.add("next action"));
        shutdown.on(Shutdown.Step.SAVE, () -> done.add("next step"));

        shutdown.run();

        assertThat(done).containsExactly("next action", "next step");
    }

    @Test
    @Slow("time limits in real time")
    void aStepThatHangsIsInterruptedAfterItsLimit() throws Exception {
        var interrupted = new CountDownLatch(1);
        shutdown.on(Shutdown.Step.CUT_CLIENTS, () -> {
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                interrupted.countDown();
            }
        });
        shutdown.on(Shutdown.Step.SAVE, () -> done.add("save"));

        shutdown.run();

        assertThat(done).containsExactly("save");
        assertThat(interrupted.await(TIMEOUT_SECONDS, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void anActionThatHangsDoesNotDelayOthersOfItsStep() {
        var next = new CountDownLatch(1);
        shutdown.on(Shutdown.Step.END_REQUESTS, () -> done.add("first waited in its step: " + await(next)));
        shutdown.on(Shutdown.Step.END_REQUESTS, next::countDown);

        shutdown.run();

        assertThat(done).containsExactly("first waited in its step: true");
    }

    @Test
    void theErrorIs503WithARetryAfter() {
        assertThat(Shutdown.refusal().status()).isEqualTo(503);
        assertThat(Shutdown.refusal().retryAfter()).contains(Duration.ofSeconds(5));
    }

    /** Returns whether the wait was not interrupted. */
    private static boolean await(CountDownLatch latch) {
        try {
            return latch.await(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            return false;
        }
    }
}
