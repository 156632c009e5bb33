package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.Message;

/**
 * Receives the answer of a stream before its watchers see the end. A watcher that has received {@code message_stop} can
 * rely on the receiver's work.
 *
 * <p>Both methods run on threads that run or watch the stream, without a transaction.
 */
public interface AnswerReceiver {

    /**
     * Receives the complete message, when all events except {@code message_stop} are in the log. It may block, which
     * delays {@code message_stop}. It is not called for an answer that failed. A stream may be canceled while the
     * method runs.
     *
     * @param isSimulated whether the simulator created the message
     * @throws ClaudeException ends the stream with this error instead of {@code message_stop}
     */
    void receive(Message message, boolean isSimulated);

    /** Called once when the stream has ended, after {@link #receive} if that was called. It must return quickly. */
    void ended(ClaudeStream stream);
}
