package io.github.claudejakarta.conversation;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.Message;
import io.github.claudejakarta.stream.AnswerReceiver;
import io.github.claudejakarta.stream.ClaudeStream;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * A question that this server has sent to Claude. It ends once, with or without an answer.
 *
 * <p>Safe for use by many threads.
 */
final class AskedQuestion implements AnswerReceiver {

    private static final Logger LOG = Logger.getLogger(AskedQuestion.class.getName());
    /**
     * The maximum number of attempts to store an answer. The answer was paid for, but a client waits for its end, and
     * the lease is not renewed during this time.
     */
    private static final int MAX_WRITES = 20;

    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

    private final String id;
    private final String token;
    private final OpenQuestions questions;
    private final AtomicBoolean isClosing = new AtomicBoolean();
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile Optional<ClaudeStream> stream = Optional.empty();
    private volatile boolean isAnswered;

    AskedQuestion(String id, String token, OpenQuestions questions) {
        this.id = id;
        this.token = token;
        this.questions = questions;
    }

    /** Records the stream of the answer, for clients that look for it. If that fails, the answer is still stored. */
    void watch(ClaudeStream answer) {
        stream = Optional.of(answer);
        try {
            questions.store().watch(id, token, answer.id());
        } catch (ClaudeException e) {
            LOG.log(Level.FINE, e, () -> id + ": the stream " + answer.id() + " could not be recorded");
        }
    }

    String token() {
        return token;
    }

    /**
     * Returns whether its stream has ended or it is being closed. Watchers may read the end before {@link #ended} runs.
     */
    boolean hasEnded() {
        return isClosing.get()
                || stream.filter(answer -> answer.endedAt().isPresent()).isPresent();
    }

    @Override
    public void receive(Message message, boolean isSimulated) {
        if (!Conversation.isStorable(message)) {
            LOG.info(() -> id + " does not store an answer with stop_reason "
                    + message.stopReason().map(Object::toString).orElse("null"));
            close();
            return;
        }
        append(Row.Answer.of(message, isSimulated));
    }

    /**
     * Adds the answer to the conversation. Retries while the database is away.
     *
     * @throws ClaudeException {@code conflict_error} if the question is no longer open
     */
    void append(Row.Answer answer) {
        if (!isAppended(answer)) {
            throw ClaudeException.of(
                    ErrorType.CONFLICT,
                    "The answer was not stored: " + id
                            + " was deleted, or another question was asked after the lease of this one expired");
        }
        isAnswered = true;
        questions.remove(id, this);
    }

    private boolean isAppended(Row.Answer answer) {
        for (int writes = 1; ; writes++) {
            try {
                return questions.store().append(id, token, answer);
            } catch (ClaudeException e) {
                if (!e.isRetryable() || writes == MAX_WRITES || !waitToRetry()) {
                    LOG.warning(() -> id + ": the answer could not be stored: " + e.getMessage());
                    throw e;
                }
            }
        }
    }

    private boolean waitToRetry() {
        try {
            TimeUnit.MILLISECONDS.sleep(questions.betweenWrites().toMillis());
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public void ended(ClaudeStream ended) {
        if (!isAnswered) {
            closeOnWorker();
        }
    }

    /**
     * Ends the question on another thread, unless that has begun. If no thread is free the question stays open, and the
     * next renewal of leases tries again.
     */
    void closeOnWorker() {
        if (isClosing.compareAndSet(false, true)) {
            try {
                questions.runOnWorker(this::close);
            } catch (ClaudeException e) {
                isClosing.set(false);
                LOG.log(
                        Level.FINE,
                        e,
                        () -> id + ": the question has ended, and no thread is free to close it. The server retries");
            }
        }
    }

    /** Waits until a question whose stream has ended is closed, for at most {@link #CLOSE_TIMEOUT}. */
    void awaitClosed() {
        closeOnWorker();
        try {
            if (!closed.await(CLOSE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.fine(() -> id + ": the question has ended and is still open after " + CLOSE_TIMEOUT);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Ends the question without an answer, unless it has one. If that fails, the question stays open until its lease
     * expires.
     */
    void close() {
        isClosing.set(true);
        try {
            questions.store().close(id, token);
        } catch (ClaudeException e) {
            LOG.log(Level.FINE, e, () -> id + ": the question could not be closed. It ends when its lease expires");
        } finally {
            questions.remove(id, this);
            closed.countDown();
        }
    }
}
