package io.github.claudejakarta.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.durable.FakeLease;
import io.github.claudejakarta.durable.TaskKey;
import io.github.claudejakarta.listener.Listener;
import io.github.claudejakarta.listener.ListenerCounts;
import io.github.claudejakarta.listener.TestListeners;
import io.github.claudejakarta.server.TransactionRunner;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests of listeners: each is called at least once for each end, even if a server dies. */
interface ListenerContract {

    JobWorld world();

    /** Records each call, and fails as often as the test requests. */
    final class Noting implements Listener<Job> {

        final List<String> calls = new ArrayList<>();
        int failures;

        @Override
        public void onEnd(Job job) throws Exception {
            calls.add(job.id() + " " + job.status());
            if (failures-- > 0) {
                throw new Exception("mine");
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"sim:events=1,succeeded", "sim:status=400,failed", "sim:status=529,dead"})
    default void eachListenerIsCalledForAnEnd(String prompt, String status) {
        var one = new Noting();
        var other = new Noting();
        JobServer server = world().server(new Tuning().maxAttempts(1)).calling(Map.of("one", one, "other", other));
        String id = server.submit(prompt).id();
        assertThat(server.pendingCalls()).isEmpty();

        server.step(id);
        server.step(id);
        assertThat(server.pendingCalls()).hasSize(2);
        assertThat(world().rows("claude_listener_task")).isEqualTo(2);
        server.pendingCalls().forEach(key -> assertThat(server.call(key)).isEmpty());

        assertThat(one.calls).containsExactly(id + " " + status);
        assertThat(other.calls).containsExactly(id + " " + status);
        assertThat(world().rows("claude_listener_call")).isZero();
        assertThat(server.callCounts().of(ListenerCounts.Outcome.DONE)).isEqualTo(2);
    }

    @Test
    default void aCancelCallsListeners() {
        var listener = new Noting();
        JobServer server = world().server().calling(Map.of("one", listener));
        String id = server.submit("sim:events=1").id();

        server.bean().cancel(id);
        server.call(onlyCall(server));

        assertThat(listener.calls).containsExactly(id + " canceled");
    }

    @Test
    default void withoutListenersNothingIsStored() {
        JobServer server = world().server().calling(Map.of());

        server.step(server.submit("sim:events=1").id());

        assertThat(world().rows("claude_listener_call")).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"claude_listener_call", "claude_listener_task"})
    default void anEndIsNotStoredWithoutItsCalls(String table) {
        JobServer server = world().server().calling(Map.of("one", new Noting()));
        String id = server.submit("sim:events=1").id();
        ClaudeException failure;
        world().sql("alter table " + table + " rename to away");
        try {
            failure = catchThrowableOfType(
                    ClaudeException.class, () -> server.bean().cancel(id));
        } finally {
            world().sql("alter table away rename to " + table);
        }

        assertThat(failure.status()).isEqualTo(503);
        assertThat(server.status(id)).isEqualTo(JobStatus.QUEUED);
        assertThat(world().rows("claude_listener_call")).isZero();
    }

    /**
     * PostgreSQL rejects U+0000. A failure that cannot be stored would not be counted, and would be repeated forever.
     */
    @Test
    default void aFailureIsCountedForEachText() {
        JobServer server = world().server().calling(Map.of("one", job -> {
            throw new IllegalStateException("line 1\n" + '\0' + '\ud800' + "end");
        }));
        server.step(server.submit("sim:events=1").id());

        server.call(onlyCall(server));

        assertThat(world().rows("claude_listener_call where failures = 1 and problem = '"
                        + "java.lang.IllegalStateException: line 1??\ufffdend'"))
                .isEqualTo(1);
    }

    @SuppressWarnings({"OverrideThrowableToString", "ToStringReturnsNull"}) // as an application may do
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    default void aFailureWithoutATextIsCounted(boolean fails) {
        JobServer server = world().server().calling(Map.of("one", job -> {
            throw new IllegalStateException() {
                private static final long serialVersionUID = 1;

                @Override
                public String toString() {
                    if (fails) {
                        throw new UnsupportedOperationException("in toString");
                    }
                    return null;
                }
            };
        }));
        server.step(server.submit("sim:events=1").id());

        server.call(onlyCall(server));

        assertThat(world().rows("claude_listener_call where failures = 1")).isEqualTo(1);
    }

    @Test
    default void anotherServerMakesTheCallOfAServerThatDied() {
        var never = new Noting();
        JobServer dead = world().server().calling(Map.of("one", never));
        String id = dead.submit("sim:events=1").id();
        dead.step(id);
        dead.close();

        var listener = new Noting();
        JobServer next = world().server().calling(Map.of("one", listener));
        next.call(onlyCall(next));

        assertThat(listener.calls).containsExactly(id + " succeeded");
        assertThat(never.calls).isEmpty();
    }

    @Test
    default void aServerThatDiesAfterTheListenersCommitCausesASecondCall() {
        var listener = new Noting();
        var failures = new ArrayList<String>();
        TransactionRunner dyingAfterCommit = work -> {
            work.run();
            if (failures.isEmpty()) {
                failures.add("died");
                throw new StackOverflowError("as if the process had died here");
            }
        };
        JobServer server = world().server().calling(Map.of("one", listener), dyingAfterCommit);
        String id = server.submit("sim:events=1").id();
        server.step(id);

        server.call(onlyCall(server));
        server.call(onlyCall(server));

        assertThat(listener.calls).containsExactly(id + " succeeded", id + " succeeded");
        assertThat(server.pendingCalls()).isEmpty();
    }

    @Test
    default void aFailingListenerIsCalledAgainLater() {
        var listener = new Noting();
        listener.failures = 2;
        JobServer server = world().server().calling(Map.of("one", listener));
        server.step(server.submit("sim:events=1").id());
        TaskKey key = onlyCall(server);

        assertThat(Duration.between(world().clock().instant(), server.call(key).orElseThrow()))
                .isBetween(Duration.ofSeconds(4), Duration.ofSeconds(7));
        assertThat(Duration.between(world().clock().instant(), server.call(key).orElseThrow()))
                .isBetween(Duration.ofSeconds(9), Duration.ofSeconds(13));
        assertThat(server.call(key)).isEmpty();

        assertThat(listener.calls).hasSize(3);
        assertThat(server.callCounts().of(ListenerCounts.Outcome.FAILED)).isEqualTo(2);
    }

    @Test
    default void aListenerThatFailsTooOftenIsNotCalledUntilItIsRetried() {
        var listener = new Noting();
        listener.failures = TestListeners.MAX_ATTEMPTS;
        JobServer server = world().server().calling(Map.of("one", listener));
        String id = server.submit("sim:events=1").id();
        server.step(id);
        TaskKey key = onlyCall(server);
        for (int i = 1; i < TestListeners.MAX_ATTEMPTS; i++) {
            assertThat(server.call(key)).isPresent();
        }
        assertThat(server.call(key)).isEmpty();
        assertThat(server.call(key)).isEmpty();
        assertThat(listener.calls).hasSize(TestListeners.MAX_ATTEMPTS);
        assertThat(server.pendingCalls()).isEmpty();
        assertThat(server.callCounts().of(ListenerCounts.Outcome.DEAD)).isEqualTo(1);

        assertThat(server.bean().retryListeners(id)).isEqualTo(1);
        assertThat(server.bean().retryListeners(id)).isZero();
        assertThat(server.call(key)).as("a task of an earlier round").isEmpty();
        assertThat(server.call(onlyCall(server))).isEmpty();

        assertThat(listener.calls).hasSize(TestListeners.MAX_ATTEMPTS + 1);
        assertThat(world().rows("claude_listener_call")).isZero();
    }

    @Test
    default void aStopDoesNotCountAsFailureOfTheListener() {
        var lease = new FakeLease();
        var listener = new Noting();
        JobServer server = world().server().calling(Map.of("one", job -> {
            lease.stop();
            throw new IllegalStateException("interrupted");
        }));
        server.step(server.submit("sim:events=1").id());

        assertThat(server.call(onlyCall(server), lease)).isPresent();
        assertThat(server.callCounts().of(ListenerCounts.Outcome.FAILED)).isZero();

        JobServer next = world().server().calling(Map.of("one", listener));
        next.call(onlyCall(next));
        assertThat(listener.calls).hasSize(1);
    }

    @Test
    default void aJobThatIsRetriedIsReportedOnceItHasEndedAgain() {
        var listener = new Noting();
        JobServer server = world().server().calling(Map.of("one", listener));
        String id = server.submit("sim:status=400").id();
        server.step(id);
        TaskKey first = onlyCall(server);
        server.bean().retry(id);

        assertThat(server.call(first)).isEmpty();
        assertThat(listener.calls).isEmpty();
        server.step(id);
        server.call(onlyCall(server));

        assertThat(listener.calls).containsExactly(id + " failed");
    }

    @Test
    default void aNewListenerGetsNoEarlierEnds() {
        JobServer server = world().server().calling(Map.of());
        server.step(server.submit("sim:events=1").id());

        var listener = new Noting();
        JobServer next = world().server().calling(Map.of("one", listener));
        next.callAll();

        assertThat(next.pendingCalls()).isEmpty();
    }

    @Test
    default void callsForARemovedListenerAreDroppedAfterADay() {
        JobServer server = world().server().calling(Map.of("one", new Noting()));
        server.step(server.submit("sim:events=1").id());
        JobServer next = world().server().calling(Map.of());
        TaskKey key = onlyCall(next);

        assertThat(next.call(key)).contains(at(Duration.ofMinutes(1)));
        world().advance(Duration.ofDays(1));
        assertThat(next.call(key)).isPresent();
        world().advance(Duration.ofMillis(1));
        assertThat(next.call(key)).isEmpty();

        assertThat(world().rows("claude_listener_call")).isZero();
        assertThat(next.callCounts().of(ListenerCounts.Outcome.DROPPED)).isEqualTo(1);
    }

    @Test
    default void aJobIsStoredUntilItsListenersWereCalled() {
        var listener = new Noting();
        JobServer server = world().server().calling(Map.of("one", listener));
        String id = server.submit("sim:events=1").id();
        server.step(id);
        world().advance(Duration.ofDays(365));
        server.bean().deleteExpired();
        assertThat(server.bean().find(id)).isPresent();

        server.call(onlyCall(server));
        server.bean().deleteExpired();

        assertThat(listener.calls).hasSize(1);
        assertThat(server.bean().find(id)).isEmpty();
    }

    @Test
    default void aCallWithoutATaskGetsANewOne() {
        JobServer server = world().server().calling(Map.of("one", new Noting()));
        server.step(server.submit("sim:events=1").id());
        world().sql("delete from claude_listener_task");

        server.callAll();
        server.callAll();

        assertThat(world().rows("claude_listener_task")).isEqualTo(1);
    }

    private static TaskKey onlyCall(JobServer server) {
        assertThat(server.pendingCalls()).hasSize(1);
        return server.pendingCalls().get(0);
    }

    private java.time.Instant at(Duration later) {
        return world().clock()
                .instant()
                .truncatedTo(java.time.temporal.ChronoUnit.MICROS)
                .plus(later);
    }
}
