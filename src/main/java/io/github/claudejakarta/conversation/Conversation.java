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
 * A conversation as it was when it was read.
 *
 * @param id unguessable
 * @param owner the caller that the conversation belongs to, in whose name its requests are sent
 * @param request the parameters of every request: the body without {@code messages} and {@code stream}
 * @param forkedFrom where it was forked from another conversation
 * @param question the question that has no answer yet; empty where the next one can be asked
 * @param messageCount how many messages it has
 * @param bytes what it takes of {@code claude.conversation.max-bytes}
 * @param createdAt when it was started or forked
 * @param usedAt when a question was last asked or answered; {@code claude.conversation.retention} counts from here
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

    /** Returns the last message; empty in lists, and where there is none. */
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

    /** Whether Claude has paused its last answer, which {@link ConversationManagerBean#resume} continues. */
    public boolean isPaused() {
        return lastMessage()
                .flatMap(ConversationMessage::answer)
                .flatMap(Message::stopReason)
                .filter(StopReason.PAUSE_TURN::equals)
                .isPresent();
    }

    /**
     * Whether a conversation keeps this answer with its question. Claude would reject a history with any other answer:
     *
     * <ul>
     *   <li>one without a stop reason is not complete
     *   <li>one that was refused is to be discarded
     *   <li>one without content is not a valid turn
     *   <li>one that ended within a thinking block ({@code max_tokens}) lacks the signature of that block
     * </ul>
     */
    public static boolean keeps(Message answer) {
        return answer.stopReason()
                        .filter(reason -> !reason.equals(StopReason.REFUSAL))
                        .isPresent()
                && !answer.content().isEmpty()
                && answer.content().stream()
                        .noneMatch(block -> block instanceof ContentBlock.Thinking thinking
                                && thinking.signature().isEmpty());
    }

    /** Without prompts and answers, which belong in no log. */
    @Override
    public String toString() {
        return "Conversation[" + id + ", " + messageCount + " messages]";
    }
}
