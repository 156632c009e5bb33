package io.github.claudejakarta.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Two applications on one database: neither sees or runs the batches of the other. */
interface ApplicationsContract {

    BatchWorld world();

    @Test
    default void batchesOfAnotherApplicationAreNotVisible() {
        BatchServer server = world().server();
        BatchServer stranger = world().stranger();
        String id = server.submit("hi").id();

        assertThat(stranger.bean().find(id)).isEmpty();
        assertThat(stranger.bean().list(100)).isEmpty();
        assertThat(stranger.store().ordinal(id)).isEmpty();
        assertThat(stranger.store().revisions(Set.of(id))).isEmpty();
        assertThat(stranger.store().expired(Duration.ofDays(-1))).isEmpty();
        assertThat(stranger.store().storedBytes()).isZero();
        stranger.store().correctStoredBytes();
        assertThat(stranger.store().storedBytes()).isZero();
        assertThat(catchThrowableOfType(
                                ClaudeException.class, () -> stranger.bean().cancel(id))
                        .type())
                .isEqualTo(ErrorType.NOT_FOUND);

        server.drive(id);
        assertThat(server.get(id).status()).isEqualTo(BatchStatus.ENDED);
        assertThat(world().used()).hasSize(1);
    }

    /** The name of the task does not matter. */
    @Test
    default void aPartOfAnotherApplicationIsNotSent() {
        BatchServer server = world().server();
        BatchServer stranger = world().stranger();
        String id = server.submit("hi").id();

        assertThat(stranger.states().find(server.key(id, 1))).isEmpty();
        assertThat(server.states().find(server.key(id, 1))).isPresent();
    }

    @Test
    default void applicationsMayUseTheSameIdempotencyKey() {
        BatchServer server = world().server();
        BatchServer stranger = world().stranger();

        BatchStore.Receiving one = server.store().begin(BatchServer.submitter("alice", "key"));
        BatchStore.Receiving other = stranger.store().begin(BatchServer.submitter("alice", "key"));

        assertThat(other.id()).isNotEqualTo(one.id());
        assertThat(catchThrowableOfType(
                                ClaudeException.class,
                                () -> stranger.store().begin(BatchServer.submitter("alice", "key")))
                        .type())
                .isEqualTo(ErrorType.CONFLICT);
        stranger.store().forget(other);
        assertThat(world().rows("claude_batch")).isEqualTo(1);
        server.store().forget(one);
    }

    /** An application that is gone for ever must not delay the other, whatever it was sending. */
    @Test
    default void partsOfAnotherApplicationDoNotCount() {
        BatchServer server = world().server(new Tuning().maxConcurrent(1));
        BatchServer stranger = world().stranger();
        String id = server.submit("hi").id();
        String theirs = stranger.submit("hi").id();
        assertThat(stranger.states().claim(stranger.key(theirs, 1), 1)).isPresent();
        world().sql("delete from claude_task");

        server.states().followAll(BatchWorld.task("tests/claude-batch-part"));

        assertThat(world().rows("claude_task")).isEqualTo(1);
        assertThat(server.states().claim(server.key(id, 1), 1)).isPresent();
        assertThat(server.states().claim(server.key(id, 1), 1)).isEmpty();
        PartSnapshot sending = stranger.states().find(stranger.key(theirs, 1)).orElseThrow();
        stranger.states().markUnresolved(sending, "{}");
        assertThat(stranger.states().countUnresolved()).isEqualTo(1);
        assertThat(server.states().countUnresolved()).isZero();
    }

    /** Applications may share Claude's key, and then the list of message batches. */
    @Test
    default void aPartOfAnotherApplicationIsNotMistakenForAnOwnOne() {
        BatchServer server = world().server();
        BatchServer stranger = world().stranger();
        String id = server.submit("hi").id();
        String theirs = stranger.submit("hi").id();
        stranger.step(theirs, 1);
        String messageBatch =
                stranger.part(theirs, 1).messageBatch().orElseThrow().id();

        assertThat(server.states().findOurs(List.of(messageBatch))).containsExactly(messageBatch);

        String second = stranger.submit("hi").id();
        assertThat(stranger.states().claim(stranger.key(second, 1), 9)).isPresent();
        Optional<Batch> claimed = server.states().claim(server.key(id, 1), 9);
        assertThat(claimed).isPresent();
        PartSnapshot sending = server.states().find(server.key(id, 1)).orElseThrow();
        assertThat(server.states().hasSimilarPart(sending, Duration.ofMinutes(1)))
                .isTrue();
    }
}
