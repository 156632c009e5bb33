package io.github.claudejakarta.conversation;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ContentBlock;
import io.github.claudejakarta.claude.ErrorType;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** The last message of a conversation. Checks which message may follow it by Claude's rules. */
record HistoryEnd(Conversation conversation) {

    /** Reads the last message. */
    static HistoryEnd of(ConversationStore store, Conversation found) {
        var last = new ArrayList<ConversationMessage>();
        if (found.messageCount() > 0) {
            store.each(found.id(), found.messageCount(), found.messageCount(), row -> last.add(row.message()));
        }
        return new HistoryEnd(found.withMessages(last));
    }

    /** @throws ClaudeException {@code invalid_request_error} if the question cannot follow */
    void requireNext(Question question) {
        if (conversation.isPaused()) {
            throw invalid(
                    "Claude has paused its last answer. Continue the answer with resume before you ask another question.");
        }
        Set<String> answered = toolResults(question.content());
        List<String> missing = conversation.pendingToolUses().stream()
                .map(ContentBlock.ToolUse::id)
                .filter(id -> !answered.contains(id))
                .toList();
        if (!missing.isEmpty()) {
            throw invalid(
                    "The last answer has tool calls. The question must begin with a tool_result for each of them; "
                            + "missing: " + String.join(", ", missing) + ".");
        }
    }

    private static Set<String> toolResults(JsonValue content) {
        return content instanceof JsonArray blocks
                ? blocks.getValuesAs(JsonObject.class).stream()
                        .map(ContentBlock::of)
                        .filter(ContentBlock.ToolResult.class::isInstance)
                        .map(block -> ((ContentBlock.ToolResult) block).toolUseId())
                        .collect(Collectors.toSet())
                : Set.of();
    }

    /** @throws ClaudeException {@code invalid_request_error} if no answer is paused and no question lacks an answer */
    void requireUnfinished() {
        boolean isQuestion = conversation
                .lastMessage()
                .filter(last -> last.role().equals("user"))
                .isPresent();
        if (!isQuestion && !conversation.isPaused()) {
            throw invalid(conversation.id() + " has no paused answer (pause_turn) and no question without an answer."
                    + " Ask a question.");
        }
    }

    private ClaudeException invalid(String message) {
        return ClaudeException.of(ErrorType.INVALID_REQUEST, message);
    }
}
