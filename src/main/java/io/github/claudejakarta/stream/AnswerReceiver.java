package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.Message;

/**
 * Receives the answer of a stream before its watchers see the end: a watcher that has had {@code message_stop} can rely
 * on what the receiver has done with the message.
 *
 * <p>Both methods run on threads that carry or watch the stream, in no transaction.
 */
public interface AnswerReceiver {

    /**
     * Receives the complete message, once all events but {@code message_stop} are in the log. May block, and delays
     * {@code message_stop} meanwhile. It is not called for an answer that failed; a stream may be canceled while it
     * runs.
     *
     * @param isSimulated whether a simulator gave the message, and not Claude
     * @throws ClaudeException ends the stream with this error in place of {@code message_stop}
     */
    void receive(Message message, boolean isSimulated);

    /** Runs once when the stream has ended, after {@link #receive} if that was called. It must be quick. */
    void ended(ClaudeStream stream);
}
