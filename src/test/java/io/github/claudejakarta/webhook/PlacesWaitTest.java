package io.github.claudejakarta.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** For how long somebody waits who finds all places taken. */
@Timeout(20)
class PlacesWaitTest {

    private static final Duration LONG = Duration.ofMinutes(5);

    @Test
    void whoWaitsGetsThePlaceThatIsGivenBack() throws Exception {
        var places = new Places(1);
        places.take("a");

        var waiting = new CompletableFuture<Boolean>();
        var thread = new Thread(() -> waitFor(places, waiting));
        thread.start();
        while (thread.isAlive() && thread.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }
        assertThat(waiting).isNotDone();
        places.giveBack("a");

        assertThat(waiting.get(10, TimeUnit.SECONDS)).isTrue();
        assertThat(places.take("a")).isFalse();
    }

    private static void waitFor(Places places, CompletableFuture<Boolean> waiting) {
        try {
            waiting.complete(places.take("a", LONG));
        } catch (InterruptedException e) {
            waiting.completeExceptionally(e);
        }
    }

    @Test
    void whoWaitsWaitsNoLongerThanSaid() throws Exception {
        var places = new Places(1);
        places.take("a");

        assertThat(places.take("a", Duration.ofMillis(20))).isFalse();
        assertThat(places.take("b", Duration.ZERO)).isTrue();
    }

    @Test
    void nobodyWaitsForAHostThatHangs() throws Exception {
        var now = new AtomicLong();
        var places = new Places(1, now::get);
        places.take("a");
        now.addAndGet(LONG.toNanos() + 1);

        assertThat(places.take("a", LONG)).isFalse();
    }
}
