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

/** Tests of leases with a heartbeat every five seconds, of which six may be missed. */
class LeaseTest {

    private static final Duration HEARTBEAT = Duration.ofSeconds(5);

    private Instant now = Instant.parse("2026-11-21T09:30:00Z");
    private final SettableSchedulerState state = new SettableSchedulerState();
    private final Execution execution = new Execution(now, new TaskInstance<>("test", "thing/1"));
    private final CurrentlyExecuting executing =
            new CurrentlyExecuting(execution, () -> now, new HeartbeatConfig(HEARTBEAT, 6, HEARTBEAT.multipliedBy(6)));
    private final Lease lease =
            Lease.of(new ExecutionContext(state, execution, null, executing), now, HEARTBEAT.multipliedBy(6));

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
    void eachSuccessfulHeartbeatKeepsTheLease() {
        for (int i = 0; i < 20; i++) {
            pass(HEARTBEAT);
            executing.heartbeat(i % 3 == 0, now);
            assertThat(lease.isLost()).isFalse();
        }
    }

    @Test
    void failedHeartbeatsDoNotKeepTheLease() {
        for (int i = 0; i < 5; i++) {
            pass(HEARTBEAT);
            executing.heartbeat(false, now);
        }

        assertThat(lease.isLost()).isTrue();
    }

    @Test
    void aLostLeaseStaysLost() {
        pass(Duration.ofSeconds(25));
        assertThat(lease.isLost()).isTrue();

        executing.heartbeat(true, now);

        assertThat(lease.isLost()).isTrue();
    }

    /** Its heartbeats begin only now, and other servers may be about to take over. */
    @ParameterizedTest
    @CsvSource({"0,false", "10,false", "11,true", "40,true"})
    void isLostIfTheServerHangsBeforeItBeginsAPickedTask(int seconds, boolean isLost) {
        Execution picked = execution.updateToPicked("test", now);
        pass(Duration.ofSeconds(seconds));
        var begun =
                new CurrentlyExecuting(picked, () -> now, new HeartbeatConfig(HEARTBEAT, 6, HEARTBEAT.multipliedBy(6)));

        assertThat(Lease.of(new ExecutionContext(state, picked, null, begun), now, HEARTBEAT.multipliedBy(6))
                        .isLost())
                .isEqualTo(isLost);
    }

    @Test
    void aLaterPickHasALaterToken() {
        var later = execution.updateToPicked("test", now);

        assertThat(Lease.of(new ExecutionContext(state, later, null, executing), now, HEARTBEAT)
                        .token())
                .isGreaterThan(lease.token());
    }

    @Test
    void aLeaseCanBeMarkedAsLost() {
        lease.markLost();

        assertThat(lease.isLost()).isTrue();
    }

    @Test
    void aLeaseReportsWhetherTheServerStops() {
        assertThat(lease.isStopping()).isFalse();

        state.setIsShuttingDown();

        assertThat(lease.isStopping()).isTrue();
        assertThat(lease.isLost()).isFalse();
    }
}
