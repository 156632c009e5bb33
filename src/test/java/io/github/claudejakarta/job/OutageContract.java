package io.github.claudejakarta.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.durable.CuttableSource;
import io.github.claudejakarta.durable.FakeLease;
import io.github.claudejakarta.durable.Impatient;
import io.github.claudejakarta.durable.UncertainSource;
import io.github.claudejakarta.stream.StreamStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Tests of attempts while the database is away, or fails for some statements. */
interface OutageContract {

    JobWorld world();

    @Test
    default void anOutageAtTheBeginningLeavesNoStream() {
        var uncertain = new UncertainSource(world().source());
        JobServer server = world().server(new Tuning(), Impatient.opened(uncertain.source()));
        String id = server.submit("sim:events=1").id();
        var key = server.key(id);
        uncertain.goAwayAfter(2);

        assertThatThrownBy(() -> server.step(key, new FakeLease())).isInstanceOf(ClaudeException.class);

        uncertain.comeBack();
        assertThat(server.get(id).attempts()).isZero();
        assertThat(server.streams())
                .singleElement()
                .satisfies(stream -> assertThat(stream.status()).isEqualTo(StreamStatus.CANCELED));
        assertThat(world().requests()).isEmpty();
    }

    /**
     * The database would reject the message each time, so the server does not retry it and does not send the request
     * again.
     */
    @Test
    default void aMessageRejectedByTheDatabaseIsAFailure() {
        JobServer server = world().server();
        String id = server.submit("sim:events=1").id();
        world().sql("alter table claude_job add constraint no_message check (message is null)");
        try {
            server.step(id);
        } finally {
            world().sql("alter table claude_job drop constraint no_message");
        }

        assertThat(server.status(id)).isEqualTo(JobStatus.FAILED);
        assertThat(server.get(id).attempts()).isEqualTo(1);
        assertThat(world().requests()).hasSize(1);
    }

    @Test
    default void aMessageSurvivesAShortOutageOfTheDatabase() throws Exception {
        var wire = new CuttableSource(world().source());
        JobServer server = world().server(new Tuning(), world().through(wire));
        String id = server.submit("sim:events=1").id();
        server.meanwhile(wire::cut);

        try (var failures = new DatabaseFailures()) {
            Future<Optional<Instant>> attempt = server.stepOnThread(id);
            failures.await(1);
            wire.mend();
            assertThat(attempt.get(20, TimeUnit.SECONDS)).isEmpty();
        }

        assertThat(server.status(id)).isEqualTo(JobStatus.SUCCEEDED);
        assertThat(server.get(id).attempts()).isEqualTo(1);
        assertThat(world().requests()).hasSize(1);
    }

    @Test
    default void aServerThatStopsDoesNotWaitForTheDatabase() throws Exception {
        var wire = new CuttableSource(world().source());
        JobServer server = world().server(new Tuning(), world().through(wire));
        String id = server.submit("sim:events=1").id();
        server.meanwhile(wire::cut);

        try (var failures = new DatabaseFailures()) {
            Future<Optional<Instant>> attempt = server.stepOnThread(id);
            failures.await(1);
            server.close();
            assertThatThrownBy(() -> attempt.get(20, TimeUnit.SECONDS)).hasCauseInstanceOf(ClaudeException.class);
        }

        wire.mend();
        assertThat(server.status(id)).isEqualTo(JobStatus.RUNNING);
    }

    @Test
    default void aRequeuedJobRunsAgainAlthoughTheDatabasesResponseWasLost() {
        var uncertain = new UncertainSource(world().source());
        JobServer server = world().server(new Tuning().withoutRecovery(), Impatient.opened(uncertain.source()));
        String id = server.submit("sim:events=3 error_at=1 times=1 key=k").id();
        server.meanwhile(uncertain::loseConfirmation);

        assertThat(server.wait(id)).isEqualTo(Duration.ofSeconds(10));

        assertThat(server.status(id)).isEqualTo(JobStatus.QUEUED);
        assertThat(server.step(id)).isEmpty();
        assertThat(server.status(id)).isEqualTo(JobStatus.SUCCEEDED);
    }

    @Test
    default void aJobEndsAlthoughTheDatabasesResponseWasLost() {
        var uncertain = new UncertainSource(world().source());
        JobServer server = world().server(new Tuning(), Impatient.opened(uncertain.source()));
        String id = server.submitWithCallback("sim:events=1").id();
        server.meanwhile(uncertain::loseConfirmation);

        assertThat(server.step(id)).isEmpty();

        assertThat(server.status(id)).isEqualTo(JobStatus.SUCCEEDED);
        assertThat(server.deliveries(id)).hasSize(1);
        assertThat(world().requests()).hasSize(1);
    }
}
