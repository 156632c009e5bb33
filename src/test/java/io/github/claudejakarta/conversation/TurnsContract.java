package io.github.claudejakarta.conversation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ContentBlock;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.Message;
import io.github.claudejakarta.claude.RequestOptions;
import io.github.claudejakarta.upstream.FixtureFile;
import io.github.claudejakarta.upstream.Script;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** Tests of the order of messages that Claude accepts. */
interface TurnsContract {

    ConversationWorld world();

    private static ClaudeException requireInvalid(ThrowingCallable call) {
        var refusal = catchThrowableOfType(ClaudeException.class, call);
        assertThat(refusal.type()).isEqualTo(ErrorType.INVALID_REQUEST);
        return refusal;
    }

    @Test
    default void toolCallsNeedTheirResults() throws Exception {
        ConversationServer server = world().server();
        ConversationManagerBean talks = server.bean();
        String id = server.started().id();
        Script calls = Answers.toolUse(
                Answers.toolUse(Answers.begun(), 0, "toolu_1", "{\"city\":\"Bern\"}"), 1, "toolu_2", "{\"city\":\"Pa");
        world().answer(Answers.stopped(calls, "tool_use"), Answers.text("18 °C."));
        Message answer = talks.send(id, "How warm is it?");

        Conversation talk = talks.find(id).orElseThrow();
        assertThat(talk.pendingToolUses()).extracting(ContentBlock.ToolUse::id).containsExactly("toolu_1", "toolu_2");
        assertThat(talk.lastMessage().orElseThrow().answer()).contains(answer);
        assertThat(talk.lastMessage().orElseThrow().unparsedToolInputs())
                .isEqualTo(answer.unparsedToolInputs())
                .hasSize(1);
        assertThat(requireInvalid(() -> talks.send(id, "Well?")).errorMessage()).contains("toolu_1, toolu_2");
        assertThat(requireInvalid(() -> talks.send(id, Question.of(ContentBlock.ToolResult.of("toolu_1", "18"))))
                        .errorMessage())
                .contains("toolu_2")
                .doesNotContain("toolu_1");
        talks.send(
                id,
                Question.of(
                        ContentBlock.ToolResult.of("toolu_1", "18"),
                        ContentBlock.ToolResult.invalidJson("toolu_2", "{\"city\":\"Pa")));
        assertThat(talks.find(id).orElseThrow().pendingToolUses()).isEmpty();
        world().request();
        assertThat(world().request().text())
                .contains(
                        "{\"type\":\"tool_use\",\"id\":\"toolu_1\",\"name\":\"get_weather\",\"input\":{\"city\":\"Bern\"}}");
    }

    @Test
    default void aPausedAnswerIsResumedBeforeAnythingElse() throws Exception {
        ConversationServer server = world().server();
        ConversationManagerBean talks = server.bean();
        String id = server.started().id();
        world().answer(Answers.text("Wait ...", "pause_turn"), Answers.text(" Done."), Answers.text("Fine."));
        requireInvalid(() -> talks.resume(id, RequestOptions.none()));
        talks.send(id, "Search!");

        assertThat(talks.find(id).orElseThrow().isPaused()).isTrue();
        assertThat(requireInvalid(() -> talks.send(id, "Well?")).errorMessage()).contains("resume");
        talks.resume(id, RequestOptions.none()).message();

        assertThat(talks.find(id).orElseThrow().isPaused()).isFalse();
        requireInvalid(() -> talks.resume(id, RequestOptions.none()));
        talks.send(id, "And?");
        assertThat(talks.find(id).orElseThrow().messages())
                .extracting(ConversationMessage::role)
                .containsExactly("user", "assistant", "assistant", "user", "assistant");
        world().request();
        assertThat(world().request().text()).endsWith("\"content\":[{\"type\":\"text\",\"text\":\"Wait ...\"}]}]}");
    }

    @Test
    default void answersThatClaudeWouldRejectAreNotStored() throws Exception {
        ConversationServer server = world().server();
        ConversationManagerBean talks = server.bean();
        String id = server.started().id();
        Script unsigned = Answers.block(
                Answers.begun(),
                0,
                "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}",
                "{\"type\":\"thinking_delta\",\"thinking\":\"Well\"}");
        world().answer(
                        Script.sse(FixtureFile.sse("05_refusal_midstream")),
                        Script.sse(FixtureFile.sse("05b_refusal_no_output")),
                        Answers.stopped(unsigned, "max_tokens"),
                        Answers.stopped(Answers.begun(), "end_turn"));
        for (int i = 0; i < 4; i++) {
            Message answer = talks.send(id, "Hi!");

            assertThat(Conversation.isStorable(answer)).isFalse();
            Conversation talk = talks.find(id).orElseThrow();
            assertThat(talk.messages()).isEmpty();
            assertThat(talk.question()).isEmpty();
        }
    }

    @Test
    default void anAnswerCutByMaxTokensIsStored() throws Exception {
        ConversationServer server = world().server();
        String id = server.started().id();
        world().answer(Answers.text("Once upon a", "max_tokens"), Answers.text(" time."));
        server.bean().send(id, "A story.");

        server.bean().send(id, "Continue.");

        assertThat(server.bean().find(id).orElseThrow().messageCount()).isEqualTo(4);
    }

    @Test
    default void anInvalidRequestStartsNoConversation() {
        ConversationManagerBean talks = world().server().bean();

        assertThat(requireInvalid(() -> talks.start(io.github.claudejakarta.claude.MessageRequest.builder()))
                        .errorMessage())
                .contains("claude.default-model");
        requireInvalid(() -> talks.start(ConversationServer.request(), ""));
        requireInvalid(() -> talks.list(0));
        requireInvalid(() -> talks.list(1_001));
        assertThat(talks.list(10)).isEmpty();
    }

    @Test
    default void toStringContainsNoContent() {
        ConversationManagerBean talks = world().server().bean();
        String id = talks.start(ConversationServer.request()).id();
        Conversation talk = talks.append(id, "a secret", "another secret");

        assertThat(talks.find(id).orElseThrow() + ""
                        + talks.find(id).orElseThrow().messages() + Question.of("a secret"))
                .contains(talk.id())
                .doesNotContain("secret", "Be brief");
    }

    @Test
    default void messagesOfTheRequestAreTheBeginning() throws Exception {
        ConversationManagerBean talks = world().server().bean();
        world().answer(Answers.text("Fine."));
        Conversation talk = talks.start(ConversationServer.request().user("Hi!").assistant("Hello."));
        assertThat(talk.messageCount()).isEqualTo(2);

        talks.send(talk.id(), "How are you?");

        assertThat(world().request().text())
                .contains(
                        "\"messages\":[{\"role\":\"user\",\"content\":\"Hi!\"},"
                                + "{\"role\":\"assistant\",\"content\":\"Hello.\"},{\"role\":\"user\",\"content\":\"How are you?\"}]");
    }

    @Test
    default void anApplicationAddsItsOwnAnswers() throws Exception {
        ConversationManagerBean talks = world().server().bean();
        world().answer(Answers.text("Fine."));
        String id = talks.start(ConversationServer.request()).id();
        talks.append(id, "Hi!", "Hello.");
        Message claude = Message.parse(
                "{\"id\":\"msg_2\",\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"No.\"}],\"stop_reason\":\"end_turn\"}");
        talks.append(id, Question.of("Really?"), claude);
        Message refused = Message.parse(
                "{\"id\":\"msg_3\",\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"\"}],\"stop_reason\":\"refusal\"}");
        requireInvalid(() -> talks.append(id, Question.of("Why?"), refused));

        talks.send(id, "How are you?");

        Conversation talk = talks.find(id).orElseThrow();
        assertThat(talk.messages())
                .extracting(ConversationMessage::text)
                .containsExactly("Hi!", "Hello.", "Really?", "No.", "How are you?", "Fine.");
        assertThat(talk.messages().get(1).answer()).isEmpty();
        assertThat(talk.messages().get(3).answer()).contains(claude);
    }
}
