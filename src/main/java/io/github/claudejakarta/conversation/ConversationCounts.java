package io.github.claudejakarta.conversation;

/**
 * What is kept, for metrics.
 *
 * @param conversations how many there are
 * @param bytes what they take
 */
public record ConversationCounts(long conversations, long bytes) {}
