package io.github.claudejakarta.conversation;

import io.github.claudejakarta.job.JobStep;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Keeps conversations. Messages are added and never change; one question at a time is open, known by its token.
 *
 * <p>Safe for use by many threads.
 */
interface ConversationStore {

    /**
     * A conversation that begins.
     *
     * @param request JSON text in UTF-8
     */
    record Draft(String id, String owner, byte[] request, List<Row> rows, Instant now) {

        long bytes() {
            return request.length + rows.stream().mapToLong(Row::bytes).sum();
        }
    }

    /**
     * A question that is about to be open.
     *
     * @param messages how many the conversation has
     * @param token of the question
     * @param content JSON text in UTF-8; null where Claude's last turn is continued
     */
    record Opening(int messages, String token, byte[] content) {

        long bytes() {
            return content == null ? 0 : content.length;
        }
    }

    /**
     * What a part of a history takes in a request.
     *
     * @param content bytes of all contents
     * @param roles characters of all roles
     */
    record Size(long content, long roles) {}

    /** Takes bytes of the limit for all conversations; returns whether they were left. */
    boolean takeRoom(long bytes);

    void add(Draft draft);

    /** Finds a conversation, without its messages. */
    Optional<Conversation> find(String id);

    /** Lists conversations without their messages, newest first; of one owner, or all. */
    List<Conversation> list(Optional<String> owner, int limit);

    /** Passes on messages by their numbers, in order. There may be fewer if the conversation is deleted meanwhile. */
    void each(String id, int from, int to, Consumer<Row> consumer);

    Size size(String id, int to);

    /**
     * Opens a question, unless another one is open or the conversation has more messages by now.
     *
     * @param until after that another question may take its place
     */
    boolean open(String id, Opening question, Instant until);

    /** Returns the step that does the same for the job that asks, in its transaction. It throws where it cannot. */
    JobStep openForJob(String id, Opening question);

    /** Records in which stream the answer of a question is. */
    void watch(String id, String token, String streamId);

    /** Extends the time of questions that are still open. */
    void renew(Map<String, String> tokensById, Instant until);

    /**
     * Adds a question and its answer, and ends the question.
     *
     * @return whether it was still open
     */
    boolean append(String id, String token, Row.Answer answer);

    /** Ends a question without an answer. Does nothing if it has ended. */
    void close(String id, String token);

    /**
     * Copies a conversation up to a message.
     *
     * @param messageId the last message; empty for all
     * @return whether there is such a message
     */
    boolean fork(String id, Optional<String> messageId, String forkId);

    /** Deletes a conversation; returns whether there was one. */
    boolean delete(String id);

    /** Deletes some of those that were not used since, and that nobody uses now. Returns how many; 0 at the end. */
    int forgetUnusedSince(Instant moment);

    /** Measures what {@link #takeRoom} needs. Called regularly. */
    void measure();

    /** Corrects what was counted. Called now and then. */
    void correct();
}
