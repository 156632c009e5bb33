package io.github.claudejakarta.conversation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.JsonText;
import io.github.claudejakarta.claude.Message;
import io.github.claudejakarta.claude.RequestOptions;
import io.github.claudejakarta.conversation.ConversationSettings.Store;
import io.github.claudejakarta.stream.ClaudeStream;
import io.github.claudejakarta.upstream.Barrier;
import io.github.claudejakarta.upstream.FixtureFile;
import io.github.claudejakarta.upstream.Script;
import jakarta.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Tests of retention and limits, forks, lists and exports. */
interface KeepingContract {

    ConversationWorld world();

    private static ConversationSettings settings(long maxBytes, int maxMessages) {
        return new ConversationSettings(Store.AUTO, maxBytes, maxMessages, Duration.ofDays(30));
    }

    private static List<String> texts(Conversation talk) {
        return talk.messages().stream().map(ConversationMessage::text).toList();
    }

    @Test
    default void aConversationIsStoredForItsRetentionAfterItsLastUse() throws Exception {
        ConversationServer server = world().server();
        String unused = server.started().id();
        String used = server.started().id();
        world().advance(Duration.ofDays(20));
        server.bean().append(used, "Hi!", "Hello.");
        world().advance(Duration.ofDays(11));

        server.deleteExpired();

        assertThat(server.bean().find(unused)).isEmpty();
        assertThat(server.bean().find(used)).isPresent();
        var refusal =
                catchThrowableOfType(ClaudeException.class, () -> server.bean().send(unused, "Hi!"));
        assertThat(refusal.type()).isEqualTo(ErrorType.NOT_FOUND);
        assertThat(refusal.errorMessage()).contains(unused, "claude.conversation.retention");
    }

    @Test
    default void aConversationWithAnOpenQuestionIsNotDeleted() throws Exception {
        ConversationServer server = world().server();
        var barrier = new Barrier();
        world().answer(Answers.text("Hello.", barrier));
        String id = server.started().id();
        ClaudeStream stream = server.bean().stream(id, "Hi!");
        barrier.awaitReached();
        world().advance(Duration.ofDays(31));
        server.renew();

        server.deleteExpired();

        barrier.release();
        stream.message();
        assertThat(server.bean().find(id).orElseThrow().messageCount()).isEqualTo(2);
    }

    @Test
    default void aConversationHasAMaximumOfMessages() {
        ConversationServer server = world().server(settings(1_000_000, 4));
        String id = server.started().id();
        server.bean().append(id, "1", "2");
        server.bean().append(id, "3", "4");

        var refusal = catchThrowableOfType(ClaudeException.class, () -> server.bean().stream(id, "5"));

        assertThat(refusal.type()).isEqualTo(ErrorType.INVALID_REQUEST);
        assertThat(refusal.errorMessage()).contains("claude.conversation.max-messages", "4");
        assertThat(server.bean().find(id).orElseThrow().question()).isEmpty();
    }

    @Test
    default void allConversationsHaveAMaximumOfBytes() throws Exception {
        ConversationServer server = world().server(settings(12_000, 100));
        String id = server.started().id();
        String large = "x".repeat(4_000);
        server.bean().append(id, large, "2");
        server.deleteExpired();
        server.bean().fork(id);
        server.deleteExpired();

        var refusal =
                catchThrowableOfType(ClaudeException.class, () -> server.bean().append(id, large, "2"));

        assertThat(refusal.type()).isEqualTo(ErrorType.OVERLOADED);
        assertThat(refusal.errorMessage()).contains("claude.conversation.max-bytes");
        assertThat(catchThrowableOfType(ClaudeException.class, () -> server.bean().stream(id, large))
                        .type())
                .isEqualTo(ErrorType.OVERLOADED);
        assertThat(server.admitted()).isZero();
        assertThat(refusal.retryAfter()).isPresent();
        server.bean().delete(id);
        server.deleteExpired();
        server.bean().append(server.started().id(), large, "2");
    }

    @Test
    default void aHistoryThatIsTooLargeForARequestIsRejected() {
        ConversationServer server = world().server(settings(1_000_000_000, 100));
        String id = server.started().id();
        String large = "x".repeat(17 << 20);
        server.bean().append(id, large, "2");

        var refusal = catchThrowableOfType(ClaudeException.class, () -> server.bean().stream(id, large));

        assertThat(refusal.type()).isEqualTo(ErrorType.REQUEST_TOO_LARGE);
        assertThat(server.bean().find(id).orElseThrow().question()).isEmpty();
    }

    @Test
    default void aForkIsIndependentOfItsOriginal() throws Exception {
        ConversationServer server = world().server();
        ConversationManagerBean talks = server.bean();
        world().answer(Script.sse(FixtureFile.sse("03_thinking_signature")), Answers.text("Fine."));
        String id = talks.start(ConversationServer.request(), "alice").id();
        Message answer = talks.send(id, "17 × 23?");
        talks.append(id, "3", "4");
        Conversation original = talks.find(id).orElseThrow();

        Conversation whole = talks.fork(id);
        Conversation part = talks.fork(id, original.messages().get(1).id());

        assertThat(whole.owner()).isEqualTo("alice");
        assertThat(whole.request()).isEqualTo(original.request());
        assertThat(whole.forkedFrom())
                .contains(
                        new ForkPoint(id, Optional.of(original.messages().get(3).id())));
        assertThat(part.forkedFrom())
                .contains(
                        new ForkPoint(id, Optional.of(original.messages().get(1).id())));
        assertThat(part.bytes()).isLessThan(whole.bytes());
        assertThat(talks.delete(id)).isTrue();
        assertThat(talks.delete(id)).isFalse();
        assertThat(talks.find(id)).isEmpty();
        assertThat(talks.find(whole.id()).orElseThrow().messages()).isEqualTo(original.messages());
        assertThat(talks.find(part.id()).orElseThrow().messages())
                .isEqualTo(original.messages().subList(0, 2));
        talks.send(part.id(), "And now?");
        assertThat(texts(talks.find(part.id()).orElseThrow())).hasSize(4).endsWith("And now?", "Fine.");
        assertThat(talks.find(whole.id()).orElseThrow().messageCount()).isEqualTo(4);
        assertThat(part.forkedFrom()).isPresent();
        assertThat(talks.find(whole.id()).orElseThrow().messages().get(1).answer())
                .contains(answer);
    }

    @Test
    default void aForkThatEndsWithAQuestionIsAnsweredAgain() throws Exception {
        ConversationServer server = world().server();
        ConversationManagerBean talks = server.bean();
        world().answer(Answers.text("Hello."), Answers.text("Hi there."));
        String id = server.started().id();
        talks.send(id, "Hi!");
        String question = talks.find(id).orElseThrow().messages().get(0).id();

        Conversation fork = talks.fork(id, question);
        talks.resume(fork.id(), RequestOptions.none()).message();

        assertThat(texts(talks.find(fork.id()).orElseThrow())).containsExactly("Hi!", "Hi there.");
        var refusal = catchThrowableOfType(ClaudeException.class, () -> talks.fork(id, "cmsg_0"));
        assertThat(refusal.type()).isEqualTo(ErrorType.NOT_FOUND);
        assertThat(talks.fork(server.started().id()).forkedFrom().orElseThrow().messageId())
                .isEmpty();
    }

    @Test
    default void conversationsAreListedNewestFirst() {
        ConversationManagerBean talks = world().server().bean();
        String first = talks.start(ConversationServer.request(), "alice").id();
        String second = talks.start(ConversationServer.request(), "bob").id();
        String third = talks.start(ConversationServer.request(), "alice").id();
        talks.append(first, "Hi!", "Hello.");

        assertThat(talks.list(10)).extracting(Conversation::id).containsExactly(third, second, first);
        assertThat(talks.list(2)).extracting(Conversation::id).containsExactly(third, second);
        assertThat(talks.list("alice", 10)).extracting(Conversation::id).containsExactly(third, first);
        assertThat(talks.list(10).get(2).messageCount()).isEqualTo(2);
        assertThat(talks.list(10).get(2).messages()).isEmpty();
        assertThat(talks.find("conv_x")).isEmpty();
        assertThat(talks.delete("conv_x")).isFalse();
    }

    @Test
    default void theExportContainsTheSentContent() throws Exception {
        ConversationServer server = world().server();
        ConversationManagerBean talks = server.bean();
        world().answer(Script.sse(FixtureFile.sse("03_thinking_signature")));
        String id = server.started().id();
        Message answer = talks.send(id, "17 × 23?");
        for (int i = 0; i < 15; i++) {
            talks.append(id, "\"q\" \ud83d" + i, "a" + i);
        }
        Conversation talk = talks.find(id).orElseThrow();

        JsonObject json = JsonText.value(talks.json(id)).asJsonObject();

        assertThat(json.keySet())
                .containsExactly(
                        "id",
                        "type",
                        "owner",
                        "created_at",
                        "used_at",
                        "forked_from",
                        "question",
                        "request",
                        "messages");
        assertThat(json.getString("id")).isEqualTo(id);
        assertThat(json.getJsonObject("request")).isEqualTo(talk.request());
        List<JsonObject> messages = json.getJsonArray("messages").getValuesAs(JsonObject.class);
        assertThat(messages).hasSize(32);
        assertThat(messages.get(0).keySet()).containsExactly("id", "role", "created_at", "content");
        assertThat(messages.get(1).keySet()).containsExactly("id", "role", "created_at", "content", "message");
        assertThat(messages.get(1).get("content")).isEqualTo(answer.json().get("content"));
        assertThat(messages.get(1).getJsonObject("message").getString("stop_reason"))
                .isEqualTo("end_turn");
        assertThat(messages.get(1).getJsonObject("message").getJsonObject("usage"))
                .isEqualTo(answer.usage().json());
        assertThat(talks.json(id))
                .contains("\"content\":" + talk.messages().get(1).content());
        var refusal = catchThrowableOfType(ClaudeException.class, () -> talks.json("conv_x"));
        assertThat(refusal.type()).isEqualTo(ErrorType.NOT_FOUND);
    }
}
