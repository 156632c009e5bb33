package io.github.claudejakarta.durable;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.kagkarlsson.scheduler.CurrentlyExecuting;
import com.github.kagkarlsson.scheduler.HeartbeatConfig;
import com.github.kagkarlsson.scheduler.SchedulerState.SettableSchedulerState;
import com.github.kagkarlsson.scheduler.task.Execution;
import com.github.kagkarlsson.scheduler.task.ExecutionContext;
import com.github.kagkarlsson.scheduler.task.TaskInstance;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** With a heartbeat every five seconds, of which six may be missed. */
class LeaseTest {

    private static final Duration HEARTBEAT = Duration.ofSeconds(5);

    private Instant now = Instant.parse("2026-11-21T09:30:00Z");
    private final SettableSchedulerState state = new SettableSchedulerState();
    private final Execution execution = new Execution(now, new TaskInstance<>("test", "thing/1"));
    private final CurrentlyExecuting executing =
        new CurrentlyExecuting(execution, () -> now, new HeartbeatConfig(HEARTBEAT, 6, HEARTBEAT.multipliedBy(6)));
    private final Lease lease = Lease.of(new ExecutionContext(state, execution, null, executing));

    private void pass(Duration time) {
        now = now.plus(time);
    }

    @ParameterizedTest
    @CsvSource({"0,false", "10,false", "20,false", "21,true", "29,true", "40,true"})
    void isLostWellBeforeOthersTakeOver(int seconds, boolean isLost) {
        pass(Duration.ofSeconds(seconds));

        assertThat(lease.isLost()).isEqualTo(isLost);
    }

    @Test
    void isKeptByEachHeartbeatThatComesThrough() {
        for (int i = 0; i < 20; i++) {
            pass(HEARTBEAT);
            executing.heartbeat(i % 3 == 0, now);
            assertThat(lease.isLost()).isFalse();
        }
    }

    @Test
    void isNotKeptByHeartbeatsInVain() {
        for (int i = 0; i < 5; i++) {
            pass(HEARTBEAT);
            executing.heartbeat(false, now);
        }

        assertThat(lease.isLost()).isTrue();
    }

    @Test
    void isLostForGood() {
        pass(Duration.ofSeconds(25));
        assertThat(lease.isLost()).isTrue();

        executing.heartbeat(true, now);

        assertThat(lease.isLost()).isTrue();
    }

    @Test
    void knowsWhetherTheServerStops() {
        assertThat(lease.isStopping()).isFalse();

        state.setIsShuttingDown();

        assertThat(lease.isStopping()).isTrue();
        assertThat(lease.isLost()).isFalse();
    }
}
