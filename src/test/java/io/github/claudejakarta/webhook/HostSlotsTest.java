package io.github.claudejakarta.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Two concurrent attempts for a host that needs three seconds. */
class HostSlotsTest {

    private static final Duration SLOW = Duration.ofSeconds(3);

    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5);
    private final HostSlots hosts = new HostSlots(2, SLOW, nanos::get, () -> 0);

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    private List<HostSlots.Slot> begin(String host, int attempts) {
        return IntStream.range(0, attempts)
                .mapToObj(i -> hosts.acquire(host).orElseThrow())
                .toList();
    }

    private void slowly(String host) {
        HostSlots.Slot slot = hosts.acquire(host).orElseThrow();
        pass(SLOW);
        hosts.release(slot);
    }

    @Test
    void aFastHostMayUseAllSlots() {
        begin("quick", 50).forEach(hosts::release);

        assertThat(begin("quick", 50)).hasSize(50);
    }

    @Test
    void aSlowHostHasAShare() {
        slowly("slow");

        begin("slow", 2);

        assertThat(hosts.acquire("slow")).isEmpty();
        assertThat(hosts.acquire("other")).isPresent();
    }

    @Test
    void anAttemptThatEndsReleasesItsSlot() {
        slowly("slow");
        List<HostSlots.Slot> both = begin("slow", 2);
        pass(SLOW);
        hosts.release(both.get(1));

        assertThat(hosts.acquire("slow")).isPresent();
        assertThat(hosts.acquire("slow")).isEmpty();
    }

    @Test
    void aHostIsSlowWhileAnAttemptTakesTooLong() {
        begin("hanging", 1);
        pass(Duration.ofSeconds(1));
        begin("hanging", 2);
        pass(SLOW.minusSeconds(1).minusNanos(1));
        assertThat(hosts.acquire("hanging")).isPresent();

        pass(Duration.ofNanos(1));

        assertThat(hosts.acquire("hanging")).isEmpty();
    }

    @Test
    void fastAnswersMakeAHostFastAgain() {
        for (int i = 0; i < 5; i++) {
            slowly("mended");
        }
        begin("mended", 2).forEach(hosts::release);
        List<HostSlots.Slot> share = begin("mended", 2);
        assertThat(hosts.acquire("mended")).isEmpty();

        share.forEach(hosts::release);

        assertThat(begin("mended", 10)).hasSize(10);
    }

    @Test
    void deliveriesWithoutASlotArePostponedLongerUpToALimit() {
        var pauses = new ArrayList<Long>();
        for (int i = 0; i < 14; i++) {
            pauses.add(hosts.pause("slow").toSeconds());
            slowly("slow");
        }

        assertThat(pauses).containsExactly(5L, 5L, 10L, 10L, 20L, 20L, 40L, 40L, 80L, 80L, 120L, 120L, 120L, 120L);
        assertThat(hosts.pause("other")).isEqualTo(Duration.ofSeconds(5));
    }

    @Test
    void jitterMakesThePauseLonger() {
        assertThat(new HostSlots(2, SLOW, nanos::get, () -> 0.5).pause("any")).isEqualTo(Duration.ofMillis(7_500));
    }

    @Test
    void idleHostsAreRemovedWhenThereAreTooMany() {
        for (int i = 0; i < 10_001; i++) {
            slowly("host" + i);
        }
        hosts.acquire("one more");

        assertThat(begin("host0", 3)).hasSize(3);
    }
}
