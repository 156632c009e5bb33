package io.github.claudejakarta.conversation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.durable.CuttableSource;
import io.github.claudejakarta.durable.Impatient;
import io.github.claudejakarta.durable.UncertainSource;
import io.github.claudejakarta.stream.ClaudeStream;
import io.github.claudejakarta.stream.StreamStatus;
import io.github.claudejakarta.upstream.Barrier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Tests of servers that share conversations, die, or lose the database. */
interface SharingContract {

    ConversationWorld world();

    private static List<String> texts(ConversationServer server, String id) {
        return server.bean().find(id).orElseThrow().messages().stream()
                .map(ConversationMessage::text)
                .toList();
    }

    @Test
    default void theQuestionOfADeadServerIsReplacedAfterItsLease() throws Exception {
        ConversationServer dying = world().server();
        ConversationServer other = world().server();
        var barrier = new Barrier();
        world().answer(Answers.text("Hello.", barrier), Answers.text("Fine."));
        String id = dying.started().id();
        ClaudeStream stream = dying.bean().stream(id, "Hi!");
        barrier.awaitReached();
        world().advance(Duration.ofSeconds(59));
        assertThat(catchThrowableOfType(
                                ClaudeException.class, () -> other.bean().send(id, "How are you?"))
                        .type())
                .isEqualTo(ErrorType.CONFLICT);
        world().advance(Duration.ofSeconds(2));

        other.bean().send(id, "How are you?");

        barrier.release();
        var failure = catchThrowableOfType(ClaudeException.class, stream::message);
        assertThat(failure.type()).isEqualTo(ErrorType.CONFLICT);
        assertThat(failure.errorMessage()).contains(id);
        dying.awaitIdle();
        assertThat(texts(other, id)).containsExactly("How are you?", "Fine.");
    }

    @Test
    default void aLiveServerKeepsItsQuestion() throws Exception {
        ConversationServer living = world().server();
        ConversationServer other = world().server();
        var barrier = new Barrier();
        world().answer(Answers.text("Hello.", barrier));
        String id = living.started().id();
        ClaudeStream stream = living.bean().stream(id, "Hi!");
        barrier.awaitReached();
        for (int i = 0; i < 3; i++) {
            world().advance(Duration.ofSeconds(50));
            living.renew();
        }

        assertThat(catchThrowableOfType(
                                ClaudeException.class, () -> other.bean().send(id, "How are you?"))
                        .type())
                .isEqualTo(ErrorType.CONFLICT);

        barrier.release();
        stream.message();
        assertThat(texts(other, id)).containsExactly("Hi!", "Hello.");
    }

    @Test
    default void oneOfTwoConcurrentQuestionsIsAccepted() throws Exception {
        List<ConversationServer> servers = List.of(world().server(), world().server());
        for (int round = 0; round < 10; round++) {
            var barrier = new Barrier();
            world().answer(Answers.text("Hello.", barrier));
            String id = servers.get(0).started().id();
            var start = new CountDownLatch(1);
            var questions = new ArrayList<CompletableFuture<ClaudeStream>>();
            for (ConversationServer server : servers) {
                questions.add(CompletableFuture.supplyAsync(() -> {
                    await(start);
                    return server.bean().stream(id, "Hi!");
                }));
            }
            start.countDown();

            var streams = new ArrayList<ClaudeStream>();
            for (CompletableFuture<ClaudeStream> one : questions) {
                try {
                    streams.add(one.get(20, TimeUnit.SECONDS));
                } catch (ExecutionException e) {
                    assertThat(((ClaudeException) e.getCause()).type()).isEqualTo(ErrorType.CONFLICT);
                }
            }
            barrier.release();
            assertThat(streams).hasSize(1);
            streams.get(0).message();
            assertThat(texts(servers.get(1), id)).containsExactly("Hi!", "Hello.");
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await(20, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    default void anAnswerWaitsForAnUnavailableDatabase() throws Exception {
        var wire = new CuttableSource(world().source());
        ConversationServer server = world().server(ConversationSettings.DEFAULTS, Impatient.opened(wire.source()));
        var barrier = new Barrier();
        world().answer(Answers.text("Hello.", barrier), Answers.text("Fine."));
        String id = server.started().id();
        ClaudeStream stream = server.bean().stream(id, "Hi!");
        barrier.awaitReached();
        wire.cut();
        barrier.release();
        while (stream.frame().flatMap(frame -> frame.stopReason()).isEmpty()) {
            Thread.onSpinWait();
        }
        assertThat(stream.status()).isEqualTo(StreamStatus.RUNNING);

        wire.mend();

        stream.message();
        server.bean().send(id, "How are you?");
        assertThat(texts(server, id)).containsExactly("Hi!", "Hello.", "How are you?", "Fine.");
    }

    @Test
    default void anAnswerThatCannotBeStoredEndsItsStreamWithAnError() throws Exception {
        var wire = new CuttableSource(world().source());
        ConversationServer server = world().server(ConversationSettings.DEFAULTS, Impatient.opened(wire.source()));
        var barrier = new Barrier();
        world().answer(Answers.text("Hello.", barrier), Answers.text("Fine."));
        String id = server.started().id();
        ClaudeStream stream = server.bean().stream(id, "Hi!");
        barrier.awaitReached();
        wire.cut();
        barrier.release();

        var failure = catchThrowableOfType(ClaudeException.class, stream::message);

        assertThat(failure).isNotNull();
        assertThat(stream.status()).isEqualTo(StreamStatus.FAILED);
        server.awaitIdle();
        wire.mend();
        assertThat(catchThrowableOfType(
                                ClaudeException.class, () -> server.bean().send(id, "Hi!"))
                        .type())
                .isEqualTo(ErrorType.CONFLICT);
        world().advance(OpenQuestions.LEASE.plusSeconds(1));
        server.bean().send(id, "How are you?");
        assertThat(texts(server, id)).containsExactly("How are you?", "Fine.");
    }

    @Test
    default void anAppendedAnswerThatCannotBeStoredEndsItsQuestion() {
        ConversationServer server = world().server();
        String id = server.started().id();
        world().sql("alter table claude_conversation_message add constraint no_message check (number < 1)");
        try {
            assertThat(catchThrowableOfType(
                            ClaudeException.class, () -> server.bean().append(id, "Hi!", "Hello.")))
                    .isNotNull();
        } finally {
            world().sql("alter table claude_conversation_message drop constraint no_message");
        }

        server.bean().append(id, "How are you?", "Fine.");

        assertThat(texts(server, id)).containsExactly("How are you?", "Fine.");
    }

    @Test
    default void anAnswerWhoseCommitWasNotConfirmedIsStoredOnce() throws Exception {
        var uncertain = new UncertainSource(world().source());
        ConversationServer server = world().server(ConversationSettings.DEFAULTS, Impatient.opened(uncertain.source()));
        var barrier = new Barrier();
        world().answer(Answers.text("Hello.", barrier));
        String id = server.started().id();
        ClaudeStream stream = server.bean().stream(id, "Hi!");
        barrier.awaitReached();
        uncertain.loseConfirmation();

        barrier.release();

        assertThat(stream.message().text()).isEqualTo("Hello.");
        assertThat(texts(server, id)).containsExactly("Hi!", "Hello.");
    }

    @Test
    default void deletingAConversationEndsItsStream() throws Exception {
        ConversationServer server = world().server();
        var barrier = new Barrier();
        world().answer(Answers.text("Hello.", barrier));
        String id = server.started().id();
        ClaudeStream stream = server.bean().stream(id, "Hi!");
        barrier.awaitReached();
        server.bean().delete(id);

        barrier.release();

        assertThat(catchThrowableOfType(ClaudeException.class, stream::message).type())
                .isEqualTo(ErrorType.CONFLICT);
    }

    @Test
    default void anotherApplicationSeesNoConversation() {
        ConversationServer server = world().server();
        ConversationServer other =
                world().server(ConversationSettings.DEFAULTS, Impatient.opened(world().source(), "another"));
        String id = server.started().id();

        assertThat(other.bean().find(id)).isEmpty();
        assertThat(other.bean().list(10)).isEmpty();
        assertThat(other.bean().delete(id)).isFalse();
        world().advance(Duration.ofDays(31));
        other.bean().append(other.started().id(), "Hi!", "Hello.");
        other.deleteExpired();
        assertThat(server.bean().find(id)).isPresent();
    }
}
