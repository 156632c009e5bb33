package io.github.claudejakarta.conversation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.JsonText;
import io.github.claudejakarta.claude.Message;
import io.github.claudejakarta.claude.RequestOptions;
import io.github.claudejakarta.stream.ClaudeStream;
import io.github.claudejakarta.upstream.Barrier;
import io.github.claudejakarta.upstream.FixtureFile;
import io.github.claudejakarta.upstream.Script;
import jakarta.json.Json;
import jakarta.json.JsonValue;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tests of questions, their answers, and the requests that Claude gets. */
interface AskingContract {

    ConversationWorld world();

    @Test
    default void eachQuestionIsSentWithAllEarlierMessages() throws Exception {
        ConversationManagerBean talks = world().server().bean();
        world().answer(Answers.text("Hello."), Answers.text("Fine."));
        String id = talks.start(ConversationServer.request()).id();

        Message first = talks.send(id, "Hi!");
        Message second = talks.send(id, Question.of("How are you?").with("max_tokens", Json.createValue(5)));

        assertThat(first.text()).isEqualTo("Hello.");
        assertThat(second.text()).isEqualTo("Fine.");
        assertThat(world().request().text())
                .isEqualTo(
                        "{\"model\":\"claude-opus-5-5\",\"max_tokens\":1024,\"system\":\"Be brief.\",\"stream\":true,\"messages\":["
                                + "{\"role\":\"user\",\"content\":\"Hi!\"}]}");
        assertThat(world().request().text())
                .isEqualTo(
                        "{\"model\":\"claude-opus-5-5\",\"max_tokens\":5,\"system\":\"Be brief.\",\"stream\":true,\"messages\":["
                                + "{\"role\":\"user\",\"content\":\"Hi!\"},"
                                + "{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"Hello.\"}]},"
                                + "{\"role\":\"user\",\"content\":\"How are you?\"}]}");
        Conversation talk = talks.find(id).orElseThrow();
        assertThat(talk.messages())
                .extracting(ConversationMessage::text)
                .containsExactly("Hi!", "Hello.", "How are you?", "Fine.");
        assertThat(talk.messages())
                .extracting(ConversationMessage::role)
                .containsExactly("user", "assistant", "user", "assistant");
        assertThat(talk.messages()).extracting(ConversationMessage::number).containsExactly(1, 2, 3, 4);
        assertThat(talk.messages()).extracting(ConversationMessage::id).doesNotHaveDuplicates();
        assertThat(talk.messageCount()).isEqualTo(4);
        assertThat(talk.question()).isEmpty();
        assertThat(talk.lastMessage().orElseThrow().answer()).contains(second);
    }

    @Test
    default void thinkingIsSentBackUnchanged() throws Exception {
        ConversationManagerBean talks = world().server().bean();
        world().answer(Script.sse(FixtureFile.sse("03_thinking_signature")), Answers.text("Yes."));
        String id = talks.start(ConversationServer.request()).id();
        Message answer = talks.send(id, "17 × 23?");

        talks.send(id, "Sure?");

        world().request();
        assertThat(world().request()
                        .json()
                        .getJsonArray("messages")
                        .getJsonObject(1)
                        .getJsonArray("content"))
                .isEqualTo(answer.json().getJsonArray("content"));
    }

    @Test
    default void aClientThatHasReadTheEndCanAskImmediately() throws Exception {
        ConversationManagerBean talks = world().server().bean();
        String id = talks.start(ConversationServer.request()).id();
        for (int i = 0; i < 20; i++) {
            world().answer(Answers.text("a" + i));
            talks.stream(id, "q" + i).message();
        }

        assertThat(talks.find(id).orElseThrow().messageCount()).isEqualTo(40);
    }

    @Test
    default void aSecondQuestionIsRejectedWhileTheFirstHasNoAnswer() throws Exception {
        ConversationServer one = world().server();
        ConversationServer other = world().isInDatabase() ? world().server() : one;
        var barrier = new Barrier();
        world().answer(Answers.text("Hello.", barrier), Answers.text("Fine."));
        String id = one.started().id();
        ClaudeStream stream = one.bean().stream(id, "Hi!");
        barrier.awaitReached();

        var refusal = catchThrowableOfType(ClaudeException.class, () -> other.bean().stream(id, "How are you?"));

        assertThat(refusal.type()).isEqualTo(ErrorType.CONFLICT);
        assertThat(refusal.errorMessage()).contains(id);
        OpenQuestion open = other.bean().find(id).orElseThrow().question().orElseThrow();
        assertThat(open.streamId()).contains(stream.id());
        assertThat(open.jobId()).isEmpty();
        barrier.release();
        stream.message();
        other.bean().send(id, "How are you?");
        assertThat(one.bean().find(id).orElseThrow().messageCount()).isEqualTo(4);
    }

    @Test
    default void anAnswerThatFailsAddsNothingAndEndsTheQuestion() throws Exception {
        ConversationServer server = world().server();
        ConversationServer other = world().isInDatabase() ? world().server() : server;
        String id = server.started().id();
        world().answer(
                        Script.error(400, "invalid_request_error", "no"),
                        Script.sse(FixtureFile.sse("07_error_overloaded")),
                        Answers.begun().cut(),
                        Answers.text("Hello."));
        for (int i = 0; i < 3; i++) {
            assertThat(catchThrowableOfType(
                            ClaudeException.class, () -> server.bean().send(id, "Hi!")))
                    .isNotNull();
            Conversation talk = other.bean().find(id).orElseThrow();
            assertThat(talk.question()).isEmpty();
            assertThat(talk.messages()).isEmpty();
            assertThat(world().isCountedExactly()).isTrue();
        }

        server.bean().send(id, "Hi!");

        assertThat(server.bean().find(id).orElseThrow().messageCount()).isEqualTo(2);
    }

    @Test
    default void aClientThatHasReadAnErrorCanAskImmediately() throws Exception {
        ConversationServer server = world().server();
        String id = server.started().id();
        for (int i = 0; i < 20; i++) {
            world().answer(
                            i % 2 == 0
                                    ? Script.error(400, "invalid_request_error", "no")
                                    : Answers.begun().cut());

            ClaudeStream stream = server.bean().stream(id, "Hi!");

            assertThat(catchThrowableOfType(ClaudeException.class, stream::message))
                    .isNotNull();
        }
        assertThat(server.bean().find(id).orElseThrow().question()).isEmpty();
    }

    @Test
    default void aCanceledStreamEndsItsQuestion() throws Exception {
        ConversationServer server = world().server();
        var barrier = new Barrier();
        world().answer(Answers.text("Hello.", barrier), Answers.text("Fine."));
        String id = server.started().id();
        ClaudeStream stream = server.bean().stream(id, "Hi!");
        barrier.awaitReached();

        stream.cancel();

        server.bean().send(id, "How are you?");
        barrier.release();
        assertThat(server.bean().find(id).orElseThrow().messages())
                .extracting(ConversationMessage::text)
                .containsExactly("How are you?", "Fine.");
    }

    @Test
    default void aSimulatorsAnswersAreMarked() throws Exception {
        ConversationManagerBean talks = world().server().bean();
        world().answer(Answers.simulated("one"), Answers.simulated("two"), Answers.text("three"));
        String id = talks.start(ConversationServer.request()).id();

        talks.stream(id, "1").message();
        talks.send(id, "2");
        talks.send(id, "3");
        talks.append(id, "4", "four");

        String fork = talks.fork(id).id();
        for (String each : List.of(id, fork)) {
            assertThat(talks.find(each).orElseThrow().messages())
                    .filteredOn(ConversationMessage::isSimulated)
                    .extracting(ConversationMessage::text)
                    .containsExactly("one", "two");
            assertThat(JsonText.value(talks.json(each)).asJsonObject().getJsonArray("messages"))
                    .filteredOn(message -> message.asJsonObject().containsKey("simulator"))
                    .extracting(message -> message.asJsonObject().get("simulator"))
                    .containsExactly(JsonValue.TRUE, JsonValue.TRUE);
        }
        world().request();
        assertThat(world().request().text()).doesNotContain("simulator");
    }

    @Test
    default void theOwnerIsTheCallerOfItsRequests() {
        ConversationServer server = world().server();
        world().answer(Answers.text("Hello."), Answers.text("Fine."));
        String id = server.bean().start(ConversationServer.request(), "alice").id();

        assertThat(server.bean().stream(id, "Hi!").owner()).isEqualTo("alice");
        server.streams().list().get(0).message();
        ClaudeStream ofBob = server.bean().stream(
                id, Question.of("How are you?"), RequestOptions.none().withCaller("bob"));
        ofBob.message();
        assertThat(ofBob.owner()).isEqualTo("bob");
    }

    @Test
    default void aRejectedQuestionReservesNoMemory() {
        ConversationServer server = world().server();
        String id = server.started().id();
        Question invalid = Question.of("Hi!").with("max_tokens", JsonText.string("many"));

        var noStream = catchThrowableOfType(
                ClaudeException.class,
                () -> server.bean().stream(
                        id, Question.of("Hi!"), RequestOptions.none().withCaller(ConversationServer.LIMITED)));
        var noRequest = catchThrowableOfType(ClaudeException.class, () -> server.bean().stream(id, invalid));

        assertThat(noStream.type()).isEqualTo(ErrorType.RATE_LIMIT);
        assertThat(noRequest.type()).isEqualTo(ErrorType.INVALID_REQUEST);
        assertThat(server.memory().reserved()).isZero();
        assertThat(server.bean().find(id).orElseThrow().question()).isEmpty();
    }
}
