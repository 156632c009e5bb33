/**
 * Conversations: histories of questions and answers that are kept, and that each question continues.
 * {@link io.github.claudejakarta.conversation.ConversationManagerBean} is the bean for applications.
 *
 * <p>A message is a row that never changes. A question and its answer are added together, in one transaction, when the
 * answer is complete; a question without an answer leaves no message. One question at a time may be open, held by a
 * lease or by a job. Every request to Claude is built from the bytes of the rows, so that what Claude has written comes
 * back to it unchanged.
 */
package io.github.claudejakarta.conversation;
