package io.github.claudejakarta.conversation;

import io.github.claudejakarta.job.JobStep;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Stores conversations. Messages are added and never change. One question at a time is open, identified by its token.
 *
 * <p>Safe for use by many threads.
 */
interface ConversationStore {

    /**
     * A new conversation.
     *
     * @param request JSON text in UTF-8
     */
    record Draft(String id, String owner, byte[] request, List<Row> rows, Instant now) {

        long bytes() {
            return request.length + rows.stream().mapToLong(Row::bytes).sum();
        }
    }

    /**
     * A question that is to be opened.
     *
     * @param messages number of messages of the conversation before the question
     * @param token of the question
     * @param content JSON text in UTF-8; null if Claude's last turn is continued
     */
    record NewQuestion(int messages, String token, byte[] content) {

        long bytes() {
            return content == null ? 0 : content.length;
        }
    }

    /**
     * The size of a part of a history in a request.
     *
     * @param content bytes of all contents
     * @param roles characters of all roles
     */
    record Size(long content, long roles) {}

    /**
     * Reserves bytes of the limit for all conversations.
     *
     * @return whether that many bytes were available
     */
    boolean reserve(long bytes);

    void add(Draft draft);

    /** Returns a conversation without its messages. */
    Optional<Conversation> find(String id);

    /** Returns conversations without their messages, newest first; of one owner, or all. */
    List<Conversation> list(Optional<String> owner, int limit);

    /**
     * Passes messages to a consumer, in order of their numbers. Passes fewer messages if the conversation is deleted
     * meanwhile.
     */
    void each(String id, int from, int to, Consumer<Row> consumer);

    Size size(String id, int to);

    /**
     * Opens a question, unless another one is open or messages were added meanwhile.
     *
     * @param until time after which another question may be asked
     * @return whether it was opened
     */
    boolean open(String id, NewQuestion question, Instant until);

    /**
     * Returns the step of a job's transaction that opens the question for the job. The step throws an exception if
     * another question is open.
     */
    JobStep openForJob(String id, NewQuestion question);

    /** Records the stream of the answer to a question. */
    void watch(String id, String token, String streamId);

    /** Extends the leases of questions that are still open. */
    void renew(Map<String, String> tokensById, Instant until);

    /**
     * Adds a question and its answer, and ends the question.
     *
     * @return whether the question was still open
     */
    boolean append(String id, String token, Row.Answer answer);

    /** Ends a question without an answer. Does nothing if it has ended. */
    void close(String id, String token);

    /**
     * Copies a conversation up to a message.
     *
     * @param messageId the last message; empty for all messages
     * @return whether the conversation has this message
     */
    boolean fork(String id, Optional<String> messageId, String forkId);

    /**
     * Deletes a conversation.
     *
     * @return whether it existed
     */
    boolean delete(String id);

    /**
     * Deletes some of the conversations that were not used since a moment and have no open question.
     *
     * @return number of deleted conversations; 0 if none is left to delete
     */
    int deleteUnusedSince(Instant moment);

    /** Measures the stored bytes, which {@link #reserve} needs. Called every 10 s. */
    void measure();

    /** Corrects the counter of stored bytes. Called every 10 minutes. */
    void correct();
}
