package io.github.claudejakarta.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TimedLookupTest {

    private static final Duration LONG = Duration.ofSeconds(20);

    private final CountDownLatch answered = new CountDownLatch(1);

    @AfterEach
    void answer() {
        answered.countDown();
    }

    private InetAddress[] never(String host) throws UnknownHostException {
        try {
            assertThat(answered.await(LONG.toSeconds(), TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw new UnknownHostException(host);
    }

    @Test
    void givesWhatThePlatformSays() throws Exception {
        InetAddress[] addresses = {InetAddress.getByName("203.0.114.7")};
        try (var lookup = new TimedLookup(host -> host.equals("known") ? addresses : never(host), LONG)) {
            assertThat(lookup.addresses("known")).isEqualTo(addresses);
        }
    }

    @Test
    void aHostThatThePlatformDoesNotKnowIsUnknown() {
        try (var lookup = new TimedLookup(host -> {
            throw new UnknownHostException(host);
        }, LONG)) {
            assertThatThrownBy(() -> lookup.addresses("nobody")).isInstanceOf(UnknownHostException.class).hasMessage("nobody");
        }
    }

    @Test
    void whatGoesWrongInThePlatformIsAnUnknownHostToo() {
        try (var lookup = new TimedLookup(host -> {
            throw new SecurityException("no");
        }, LONG)) {
            assertThatThrownBy(() -> lookup.addresses("odd")).isInstanceOf(UnknownHostException.class);
        }
    }

    @Test
    void aNameServerThatDoesNotAnswerIsNotWaitedFor() {
        try (var lookup = new TimedLookup(this::never, Duration.ofMillis(1))) {
            assertThatThrownBy(() -> lookup.addresses("slow")).isInstanceOf(UnknownHostException.class).hasMessage("slow");
        }
    }

    @Test
    void thoseThatNobodyWaitsForAreNotMoreThanAFew() {
        try (var lookup = new TimedLookup(this::never, Duration.ofMillis(1))) {
            for (int i = 0; i < 40; i++) {
                assertThatThrownBy(() -> lookup.addresses("slow")).isInstanceOf(UnknownHostException.class);
            }
            assertThat(Thread.getAllStackTraces().keySet()).filteredOn(thread -> thread.getName().equals("claude-lookup")).hasSizeLessThanOrEqualTo(32);
        }
    }

    @Test
    void anInterruptEndsTheWaiting() {
        try (var lookup = new TimedLookup(this::never, LONG)) {
            Thread.currentThread().interrupt();

            assertThatThrownBy(() -> lookup.addresses("slow")).isInstanceOf(UnknownHostException.class);
            assertThat(Thread.interrupted()).isTrue();
        }
    }
}
