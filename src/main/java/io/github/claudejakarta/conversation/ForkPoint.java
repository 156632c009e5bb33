package io.github.claudejakarta.conversation;

import io.github.claudejakarta.claude.JsonText;
import io.github.claudejakarta.claude.PublicApi;
import jakarta.json.JsonObject;
import java.util.Objects;
import java.util.Optional;

/**
 * The point at which a conversation was forked from another one.
 *
 * @param conversationId the other conversation, which may have been deleted since
 * @param messageId the last message that both have; empty if the other conversation had no messages
 */
@PublicApi
public record ForkPoint(String conversationId, Optional<String> messageId) {

    public ForkPoint {
        Objects.requireNonNull(conversationId, "conversationId");
        Objects.requireNonNull(messageId, "messageId");
    }

    JsonObject json() {
        return JsonText.builder()
                .add("conversation_id", conversationId)
                .add("message_id", OpenQuestion.text(messageId))
                .build();
    }
}
