package io.github.claudejakarta.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PlacesTest {

    @Test
    void areAsManyAsSaid() {
        var places = new Places(2);

        assertThat(List.of(places.take("a"), places.take("a"), places.take("a"), places.take("a"))).containsExactly(true, true, false, false);
    }

    @Test
    void ofOneHostAreNotAnothers() {
        var places = new Places(1);
        places.take("a");

        assertThat(places.take("b")).isTrue();
        assertThat(places.take("a")).isFalse();
    }

    @Test
    void thatAreGivenBackCanBeTakenAgain() {
        var places = new Places(2);
        places.take("a");
        places.take("a");
        places.giveBack("a");

        assertThat(places.take("a")).isTrue();
        assertThat(places.take("a")).isFalse();
        places.giveBack("a");
        places.giveBack("a");
        assertThat(List.of(places.take("a"), places.take("a"), places.take("a"))).containsExactly(true, true, false);
    }

    @Test
    void areNeverMoreHoweverManyTakeThemAtOnce() throws Exception {
        int threads = 8;
        var places = new Places(3);
        var barrier = new CyclicBarrier(threads);
        var inside = new AtomicInteger();
        var most = new AtomicInteger();
        Callable<Integer> one = () -> {
            barrier.await();
            int taken = 0;
            for (int i = 0; i < 2_000; i++) {
                if (places.take("a")) {
                    most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                    Thread.onSpinWait();
                    inside.decrementAndGet();
                    places.giveBack("a");
                    taken++;
                }
            }
            return taken;
        };
        var pool = Executors.newFixedThreadPool(threads);
        try {
            var all = new ArrayList<Callable<Integer>>();
            for (int i = 0; i < threads; i++) {
                all.add(one);
            }
            int taken = 0;
            for (var done : pool.invokeAll(all, 20, TimeUnit.SECONDS)) {
                taken += done.get();
            }
            assertThat(taken).isPositive();
        } finally {
            pool.shutdownNow();
        }

        assertThat(most.get()).isBetween(1, 3);
        assertThat(List.of(places.take("a"), places.take("a"), places.take("a"), places.take("a"))).containsExactly(true, true, true, false);
    }
}
