/**
 * Conversations: stored histories of questions and answers, which each question continues.
 * {@link io.github.claudejakarta.conversation.ConversationManagerBean} is the bean for applications.
 *
 * <p>A message is a row that never changes. When an answer is complete, one transaction adds the question and the
 * answer together; a question without an answer leaves no message. One question at a time may be open, held by a lease
 * or by a job. Every request to Claude is built from the bytes of the rows, so Claude gets its own answers back
 * unchanged.
 */
package io.github.claudejakarta.conversation;
