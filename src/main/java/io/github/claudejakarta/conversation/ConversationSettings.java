package io.github.claudejakarta.conversation;

import java.time.Duration;
import java.util.Objects;

/**
 * The settings of conversations. Each component is the configuration key {@code claude.conversation.} followed by its
 * name.
 *
 * @param store the place where conversations are stored
 * @param maxBytes maximum bytes of all conversations together; in memory at most an eighth of the heap
 * @param maxMessages maximum number of messages of one conversation, questions and answers
 * @param retention how long a conversation is stored after its last use
 */
public record ConversationSettings(Store store, long maxBytes, int maxMessages, Duration retention) {

    /** The places where conversations can be stored. */
    public enum Store {
        /** In the database if the server has a data source for it, otherwise in memory. */
        AUTO,
        DATABASE,
        MEMORY
    }

    /** The default settings. */
    public static final ConversationSettings DEFAULTS =
            new ConversationSettings(Store.AUTO, 10_000_000_000L, 1_000, Duration.ofDays(30));

    public ConversationSettings {
        Objects.requireNonNull(store, "store");
        if (maxBytes < 1) {
            throw new IllegalArgumentException("claude.conversation.max-bytes must be at least 1, not " + maxBytes);
        }
        if (maxMessages < 2) {
            throw new IllegalArgumentException(
                    "claude.conversation.max-messages must be at least 2 (a question and its answer), not "
                            + maxMessages);
        }
        if (retention.isNegative() || retention.isZero()) {
            throw new IllegalArgumentException("claude.conversation.retention must be longer than zero: " + retention);
        }
    }
}
