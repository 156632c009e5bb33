package io.github.claudejakarta.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.server.ClientConnection;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClientWatchTest {

    private static final Duration HEARTBEAT = Duration.ofSeconds(3);
    private static final ClientConnection CONNECTION = ClientConnection.UNKNOWN;

    private final AtomicLong now = new AtomicLong(-5);
    private final Watchdog watchdog = new Watchdog(now::get);
    private final List<ClaudeException> departures = new ArrayList<>();
    private boolean isClosed;
    private int checks;
    private final ClientWatch clients = new ClientWatch(HEARTBEAT, watchdog, connections -> {
        checks++;
        return isClosed ? Set.of(CONNECTION) : Set.of();
    });

    private void pass(Duration time) {
        now.addAndGet(time.toNanos());
        watchdog.tick();
    }

    @Test
    void aClientThatLeavesIsNoticedWithinTwoHeartbeats() {
        clients.watch(CONNECTION, departures::add);
        pass(HEARTBEAT);
        pass(HEARTBEAT);
        assertThat(departures).isEmpty();
        isClosed = true;

        pass(HEARTBEAT);
        pass(HEARTBEAT);

        assertThat(departures).singleElement().satisfies(why -> {
            assertThat(why.status()).isEqualTo(499);
            assertThat(why.isRetryable()).isFalse();
        });
    }

    @Test
    void aClientThatIsMissingOnceHasNotLeft() {
        clients.watch(CONNECTION, departures::add);
        for (boolean closed : List.of(true, false, true, false)) {
            isClosed = closed;
            pass(HEARTBEAT);
        }

        assertThat(departures).isEmpty();
    }

    @Test
    void connectionsAreCheckedThreeTimesInAHeartbeat() {
        clients.watch(CONNECTION, departures::add);
        for (int i = 0; i < 12; i++) {
            pass(HEARTBEAT.dividedBy(12));
        }

        assertThat(checks).isEqualTo(3);
    }

    @Test
    void withoutWaitingClientsNothingIsChecked() {
        clients.watch(CONNECTION, departures::add).close();
        pass(HEARTBEAT);

        assertThat(checks).isZero();
    }

    /** A wait may begin again, for the next attempt. */
    @Test
    void theActionRunsAgainUntilTheWaitHasEnded() {
        ClientWatch.Waiting waiting = clients.watch(CONNECTION, departures::add);
        isClosed = true;
        pass(HEARTBEAT);
        pass(HEARTBEAT);
        pass(HEARTBEAT);
        assertThat(departures).hasSize(2);
        waiting.close();

        pass(HEARTBEAT);

        assertThat(departures).hasSize(2);
        assertThat(waiting.hasLeft()).isTrue();
        assertThat(catchThrowableOfType(ClaudeException.class, waiting::requireClient)
                        .status())
                .isEqualTo(499);
    }

    @Test
    void aClientThatStaysIsNotMissing() {
        ClientWatch.Waiting waiting = clients.watch(CONNECTION, departures::add);
        pass(HEARTBEAT);
        pass(HEARTBEAT);

        assertThat(waiting.hasLeft()).isFalse();
        waiting.requireClient();
    }

    @Test
    void aFailingActionDoesNotAffectOthers() {
        clients.watch(CONNECTION, why -> {
            throw new IllegalStateException("for the test");
        });
        clients.watch(CONNECTION, departures::add);
        clients.watch(CONNECTION, why -> {
            throw new IllegalStateException("for the test");
        });
        isClosed = true;

        pass(HEARTBEAT);
        pass(HEARTBEAT);

        assertThat(departures).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theFirstByteEndsTheWatch(boolean isSingle) throws Exception {
        ClientWatch.Waiting waiting = clients.watch(CONNECTION, departures::add);
        var out = new ByteArrayOutputStream();
        var watched = waiting.untilFirstByte(out);
        isClosed = true;
        watched.flush();
        pass(HEARTBEAT);
        if (isSingle) {
            watched.write('a');
        } else {
            watched.write(new byte[] {'b', 'a', 'c'}, 1, 1);
        }

        pass(HEARTBEAT);

        assertThat(departures).isEmpty();
        assertThat(out).hasToString("a");
    }

    @Test
    void anEndedWaitIsForgotten() {
        clients.watch(CONNECTION, departures::add);
        clients.close();
        isClosed = true;
        pass(HEARTBEAT);

        assertThat(checks).isZero();
    }

    @Test
    void theErrorHasTheTypeCanceled() {
        assertThatThrownBy(() -> {
                    throw ClientWatch.departure();
                })
                .hasMessage("canceled (499): The client closed the connection before the response began");
    }
}
