package io.github.claudejakarta.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.claudejakarta.lane.Slow;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
class TimedLookupTest {

    private static final Duration LONG = Duration.ofMinutes(5);
    private static final Duration SHORT = Duration.ofMillis(20);
    private static final int MOST = 32;

    private final CountDownLatch answered = new CountDownLatch(1);
    private final AtomicInteger started = new AtomicInteger();
    private InetAddress[] addresses;

    @BeforeEach
    void resolve() throws Exception {
        addresses = new InetAddress[] {InetAddress.getByName("203.0.114.7")};
    }

    @AfterEach
    void answer() {
        answered.countDown();
    }

    /** A platform whose look-ups wait until the test releases them. */
    private InetAddress[] late(String host) throws UnknownHostException {
        started.incrementAndGet();
        try {
            if (answered.await(LONG.toSeconds(), TimeUnit.SECONDS)) {
                return addresses;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw new UnknownHostException(host);
    }

    private static CompletableFuture<InetAddress[]> ask(TimedLookup lookup, String host) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return lookup.addresses(host);
                    } catch (UnknownHostException e) {
                        throw new AssertionError(e);
                    }
                },
                work -> new Thread(work).start());
    }

    private static boolean isAnswered(TimedLookup lookup, String host) {
        try {
            return lookup.addresses(host).length > 0;
        } catch (UnknownHostException e) {
            return false;
        }
    }

    private static void await(Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + Duration.ofSeconds(8).toNanos();
        while (!condition.call()) {
            assertThat(System.nanoTime()).as("time of the wait").isLessThan(deadline);
        }
    }

    @Test
    void returnsTheAddressesOfThePlatform() throws Exception {
        try (var lookup = new TimedLookup(host -> host.equals("known") ? addresses : late(host), LONG)) {
            assertThat(lookup.addresses("known")).isEqualTo(addresses);
        }
    }

    @Test
    void looksUpEachTime() throws Exception {
        try (var lookup = new TimedLookup(
                host -> {
                    started.incrementAndGet();
                    return addresses;
                },
                LONG)) {
            lookup.addresses("moving");
            // The look-up may still be ending when its answer has arrived.
            await(() -> {
                lookup.addresses("moving");
                return started.get() > 1;
            });
        }
    }

    @Test
    void aHostThatThePlatformDoesNotKnowIsUnknown() {
        try (var lookup = new TimedLookup(
                host -> {
                    throw new UnknownHostException(host);
                },
                LONG)) {
            assertThatThrownBy(() -> lookup.addresses("nobody"))
                    .isExactlyInstanceOf(UnknownHostException.class)
                    .hasMessage("nobody");
        }
    }

    @Test
    void anErrorOfThePlatformIsNoAnswer() {
        try (var lookup = new TimedLookup(
                host -> {
                    throw new SecurityException("no");
                },
                LONG)) {
            assertThatThrownBy(() -> lookup.addresses("odd")).isInstanceOf(TimedLookup.NotAnswered.class);
        }
    }

    @Test
    void aNameServerThatDoesNotAnswerIsNotWaitedFor() {
        try (var lookup = new TimedLookup(this::late, SHORT)) {
            assertThatThrownBy(() -> lookup.addresses("slow"))
                    .isInstanceOf(TimedLookup.NotAnswered.class)
                    .hasMessage("slow");
        }
    }

    @Test
    void concurrentCallersShareOneLookup() throws Exception {
        try (var lookup = new TimedLookup(this::late, LONG)) {
            var lookups = new ArrayList<CompletableFuture<InetAddress[]>>();
            for (int i = 0; i < 100; i++) {
                lookups.add(ask(lookup, "same"));
            }
            await(() -> started.get() > 0);
            answered.countDown();

            for (var one : lookups) {
                assertThat(one.get(5, TimeUnit.SECONDS)).isEqualTo(addresses);
            }
        }
    }

    @Test
    void aLookUpThatHangsBlocksOneThread() throws Exception {
        try (var lookup = new TimedLookup(host -> host.equals("good") ? addresses : late(host), SHORT)) {
            for (int i = 0; i < MOST + 1; i++) {
                assertThatThrownBy(() -> lookup.addresses("hanging")).isInstanceOf(TimedLookup.NotAnswered.class);
            }

            assertThat(started).hasValue(1);
            assertThat(lookup.addresses("good")).isEqualTo(addresses);
        }
    }

    @Test
    void aCallerWaitsWhileAllThreadsAreBusy() throws Exception {
        try (var lookup = new TimedLookup(this::late, LONG)) {
            var lookups = new ArrayList<CompletableFuture<InetAddress[]>>();
            for (int i = 0; i < MOST + 10; i++) {
                lookups.add(ask(lookup, "host" + i));
            }
            await(() -> started.get() >= MOST);
            assertThat(started).as("concurrent look-ups").hasValue(MOST);

            answered.countDown();

            for (var one : lookups) {
                assertThat(one.get(5, TimeUnit.SECONDS)).isEqualTo(addresses);
            }
        }
    }

    @Test
    @Slow("time limits in real time")
    void aCallerIsRejectedWhileTooManyWait() throws Exception {
        try (var lookup = new TimedLookup(this::late, Duration.ofMillis(1))) {
            for (int i = 0; i < MOST + 1_001; i++) {
                String host = "host" + i;
                assertThatThrownBy(() -> lookup.addresses(host)).isInstanceOf(TimedLookup.NotAnswered.class);
            }
            answered.countDown();
            await(() -> isAnswered(lookup, "host" + (MOST + 1_000)));
        }
    }

    @Test
    void anInterruptEndsTheWait() {
        try (var lookup = new TimedLookup(this::late, LONG)) {
            Thread.currentThread().interrupt();

            assertThatThrownBy(() -> lookup.addresses("slow")).isInstanceOf(TimedLookup.NotAnswered.class);
            assertThat(Thread.interrupted()).isTrue();
        }
    }
}
