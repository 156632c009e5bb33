package io.github.claudejakarta.conversation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.durable.FakeTransaction;
import io.github.claudejakarta.durable.Impatient;
import io.github.claudejakarta.durable.UncertainSource;
import io.github.claudejakarta.job.Job;
import io.github.claudejakarta.job.JobRequest;
import io.github.claudejakarta.job.JobStatus;
import io.github.claudejakarta.upstream.FixtureFile;
import io.github.claudejakarta.upstream.Script;
import jakarta.json.Json;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tests of questions that are sent by jobs. */
interface JobContract {

    Duration TIMEOUT = Duration.ofSeconds(40);

    ConversationWorld world();

    private static List<String> texts(ConversationServer server, String id) {
        return server.bean().find(id).orElseThrow().messages().stream()
                .map(ConversationMessage::text)
                .toList();
    }

    @Test
    default void theAnswerOfAJobIsAddedWithItsEnd() throws Exception {
        ConversationServer server = world().server().start();
        world().answer(Script.sse(FixtureFile.sse("03_thinking_signature")), Answers.text("Fine."));
        String id = server.bean().start(ConversationServer.request(), "alice").id();

        Job job = server.bean().job(id, "17 × 23?");

        assertThat(job.owner()).isEqualTo("alice");
        Job ended = server.jobs().await(job.id(), TIMEOUT);
        Conversation talk = server.bean().find(id).orElseThrow();
        assertThat(talk.question()).isEmpty();
        assertThat(talk.lastMessage().orElseThrow().answer()).isEqualTo(ended.message());
        server.bean().send(id, "How are you?");
        assertThat(texts(server, id)).hasSize(4).endsWith("How are you?", "Fine.");
    }

    @Test
    default void aSimulatorsAnswerToAJobIsMarked() throws Exception {
        ConversationServer server = world().server().start();
        world().answer(Answers.simulated("one"), Answers.text("two"));
        String id = server.started().id();

        Job simulated = server.jobs().await(server.bean().job(id, "1").id(), TIMEOUT);
        server.jobs().await(server.bean().job(id, "2").id(), TIMEOUT);

        assertThat(simulated.isSimulated()).isTrue();
        assertThat(server.bean().find(id).orElseThrow().messages())
                .extracting(ConversationMessage::isSimulated)
                .containsExactly(false, true, false, false);
    }

    @Test
    default void aJobSendsTheWholeConversation() throws Exception {
        ConversationServer server = world().server().start();
        world().answer(Answers.text("Fine."));
        String id = server.started().id();
        server.bean().append(id, "Hi!", "Hello.");

        Job job = server.bean()
                .job(
                        id,
                        Question.of("How are you?"),
                        request -> JobRequest.of(request)
                                .withMetadata(
                                        Json.createObjectBuilder().add("a", 1).build()));

        assertThat(job.metadata()).isPresent();
        assertThat(server.jobs().await(job.id(), TIMEOUT).status()).isEqualTo(JobStatus.SUCCEEDED);
        assertThat(world().request().text())
                .endsWith(
                        "\"messages\":[{\"role\":\"user\",\"content\":\"Hi!\"},"
                                + "{\"role\":\"assistant\",\"content\":\"Hello.\"},{\"role\":\"user\",\"content\":\"How are you?\"}]}");
    }

    @Test
    default void aJobThatRunsAfterARestartAddsItsAnswer() throws Exception {
        ConversationServer first = world().server();
        String id = first.started().id();
        Job job = first.bean().job(id, "Hi!");
        world().advance(Duration.ofDays(1));
        OpenQuestion open = first.bean().find(id).orElseThrow().question().orElseThrow();
        assertThat(open.jobId()).contains(job.id());
        assertThat(catchThrowableOfType(
                                ClaudeException.class, () -> first.bean().send(id, "How are you?"))
                        .type())
                .isEqualTo(ErrorType.CONFLICT);
        first.close();
        world().answer(Answers.text("Hello."));

        ConversationServer second = world().server().start();

        second.jobs().await(job.id(), TIMEOUT);
        assertThat(texts(second, id)).containsExactly("Hi!", "Hello.");
    }

    @Test
    default void aJobThatFailsEndsItsQuestion() throws Exception {
        ConversationServer server = world().server().start();
        String id = server.started().id();
        world().answer(Script.error(400, "invalid_request_error", "no"), Answers.text("Hello."), Answers.text("Fine."));
        Job failed = server.jobs().await(server.bean().job(id, "Hi!").id(), TIMEOUT);
        assertThat(failed.status()).isEqualTo(JobStatus.FAILED);
        assertThat(server.bean().find(id).orElseThrow().question()).isEmpty();

        server.bean().send(id, "How are you?");

        server.jobs().retry(failed.id());
        assertThat(server.jobs().await(failed.id(), TIMEOUT).status()).isEqualTo(JobStatus.SUCCEEDED);
        assertThat(texts(server, id)).containsExactly("How are you?", "Hello.");
    }

    @Test
    default void aRetriedJobAddsItsAnswerIfThereIsNoNewQuestion() throws Exception {
        ConversationServer server = world().server().start();
        String id = server.started().id();
        world().answer(Script.error(400, "invalid_request_error", "no"), Answers.text("Hello."));
        Job failed = server.jobs().await(server.bean().job(id, "Hi!").id(), TIMEOUT);

        server.jobs().retry(failed.id());

        server.jobs().await(failed.id(), TIMEOUT);
        assertThat(texts(server, id)).containsExactly("Hi!", "Hello.");
    }

    @Test
    default void aJobThatIsCanceledOrRejectedAddsNothing() throws Exception {
        ConversationServer server = world().server();
        String canceled = server.started().id();
        String refused = server.started().id();
        server.jobs().cancel(server.bean().job(canceled, "Hi!").id());
        assertThat(server.bean().find(canceled).orElseThrow().question()).isEmpty();
        assertThat(world().isCountedExactly()).isTrue();
        world().answer(Script.sse(FixtureFile.sse("05_refusal_midstream")));

        Job job = server.start().bean().job(refused, "Hi!");

        server.jobs().await(job.id(), TIMEOUT);
        assertThat(server.bean().find(refused).orElseThrow().question()).isEmpty();
        assertThat(texts(server, canceled)).isEmpty();
        assertThat(texts(server, refused)).isEmpty();
    }

    @Test
    default void aQuestionIsSentIfTheCallersTransactionIsCommitted() throws Exception {
        var transaction = new FakeTransaction();
        ConversationServer server =
                world().server(ConversationSettings.DEFAULTS, Impatient.opened(world().source(), transaction));
        String id = server.started().id();
        transaction.begin();
        server.bean().job(id, "Hi!");
        transaction.rollback();
        assertThat(server.bean().find(id).orElseThrow().question()).isEmpty();
        assertThat(server.jobs().list(10)).isEmpty();
        transaction.begin();

        Job job = server.bean().job(id, "Hi!");

        transaction.commit();
        assertThat(server.bean().find(id).orElseThrow().question().orElseThrow().jobId())
                .contains(job.id());
        transaction.begin();
        assertThat(catchThrowableOfType(
                                ClaudeException.class, () -> server.bean().job(id, "Hi!"))
                        .type())
                .isEqualTo(ErrorType.CONFLICT);
        assertThat(transaction.isRollbackOnly())
                .as("no work was begun in the transaction")
                .isFalse();
        transaction.rollback();
    }

    /** Another connection would be a second resource in the transaction, which an application server rejects. */
    @Test
    default void aJobInATransactionUsesOneConnection() throws Exception {
        var transaction = new FakeTransaction();
        var source = new UncertainSource(world().source());
        ConversationServer server =
                world().server(ConversationSettings.DEFAULTS, Impatient.opened(source.source(), transaction));
        String id = server.started().id();
        server.bean().append(id, "Hi!", "Hello.");
        transaction.begin();
        source.goAwayAfter(1);

        server.bean().job(id, "How are you?");

        source.comeBack();
        transaction.commit();
        assertThat(server.bean().find(id).orElseThrow().question()).isPresent();
    }
}
