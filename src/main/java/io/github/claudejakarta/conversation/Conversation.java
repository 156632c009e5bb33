package io.github.claudejakarta.conversation;

import io.github.claudejakarta.claude.ContentBlock;
import io.github.claudejakarta.claude.Message;
import io.github.claudejakarta.claude.PublicApi;
import io.github.claudejakarta.claude.StopReason;
import jakarta.json.JsonObject;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A snapshot of a conversation.
 *
 * @param id cannot be guessed
 * @param owner the caller that owns the conversation; its requests are sent in the owner's name
 * @param request the parameters of every request: the body without {@code messages} and {@code stream}
 * @param forkedFrom the point at which it was forked from another conversation; empty if it was not forked
 * @param question the question that has no answer yet; empty if a question can be asked
 * @param messageCount number of messages
 * @param bytes its share of {@code claude.conversation.max-bytes}
 * @param createdAt time of its start or fork
 * @param usedAt time of the last question or answer; {@code claude.conversation.retention} counts from here
 * @param messages all messages in order; empty in lists
 */
@PublicApi
public record Conversation(
        String id,
        String owner,
        JsonObject request,
        Optional<ForkPoint> forkedFrom,
        Optional<OpenQuestion> question,
        int messageCount,
        long bytes,
        Instant createdAt,
        Instant usedAt,
        List<ConversationMessage> messages) {

    public Conversation {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(owner, "owner");
        Objects.requireNonNull(request, "request");
        Objects.requireNonNull(forkedFrom, "forkedFrom");
        Objects.requireNonNull(question, "question");
        Objects.requireNonNull(createdAt, "createdAt");
        Objects.requireNonNull(usedAt, "usedAt");
        messages = List.copyOf(messages);
    }

    Conversation withMessages(List<ConversationMessage> all) {
        return new Conversation(id, owner, request, forkedFrom, question, messageCount, bytes, createdAt, usedAt, all);
    }

    /** Returns the last message. Empty in lists, and if the conversation has no messages. */
    public Optional<ConversationMessage> lastMessage() {
        return messages.isEmpty() ? Optional.empty() : Optional.of(messages.get(messages.size() - 1));
    }

    /**
     * Returns the tool calls of the last answer. The next question has to begin with a result for each of them
     * ({@link ContentBlock.ToolResult}). Empty in lists.
     */
    public List<ContentBlock.ToolUse> pendingToolUses() {
        return lastMessage()
                .filter(last -> last.role().equals("assistant"))
                .map(last -> last.blocks().stream()
                        .filter(ContentBlock.ToolUse.class::isInstance)
                        .map(ContentBlock.ToolUse.class::cast)
                        .toList())
                .orElse(List.of());
    }

    /** Returns whether Claude has paused its last answer. {@link ConversationManagerBean#resume} continues it. */
    public boolean isPaused() {
        return lastMessage()
                .flatMap(ConversationMessage::answer)
                .flatMap(Message::stopReason)
                .filter(StopReason.PAUSE_TURN::equals)
                .isPresent();
    }

    /**
     * Returns whether a conversation stores this answer with its question. Some answers are not stored, because Claude
     * would reject a history with them:
     *
     * <ul>
     *   <li>An answer without a stop reason is not complete.
     *   <li>A refused answer must be removed from the history.
     *   <li>An answer without content is not a valid turn.
     *   <li>An answer that ended within a thinking block ({@code max_tokens}) lacks the signature of that block.
     * </ul>
     */
    public static boolean isStorable(Message answer) {
        return answer.stopReason()
                        .filter(reason -> !reason.equals(StopReason.REFUSAL))
                        .isPresent()
                && !answer.content().isEmpty()
                && answer.content().stream()
                        .noneMatch(block -> block instanceof ContentBlock.Thinking thinking
                                && thinking.signature().isEmpty());
    }

    /** Returns a text without prompts and answers, which must not be logged. */
    @Override
    public String toString() {
        return "Conversation[" + id + ", " + messageCount + " messages]";
    }
}
