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
 * A question that this server asks. It ends once: with its answer, or without.
 *
 * <p>Safe for use by many threads.
 */
final class AskedQuestion implements AnswerReceiver {

    private static final Logger LOG = Logger.getLogger(AskedQuestion.class.getName());
    /** The answer was paid for, but a client waits for its end, and the lease is not renewed meanwhile. */
    private static final int MOST_WRITES = 20;

    private static final Duration PATIENCE = Duration.ofSeconds(5);

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

    /** Records the stream of the answer, for those that look for it. Without it the answer is stored all the same. */
    void watch(ClaudeStream answer) {
        stream = Optional.of(answer);
        try {
            questions.store().watch(id, token, answer.id());
        } catch (ClaudeException e) {
            LOG.log(Level.FINE, e, () -> id + " has no record of " + answer.id());
        }
    }

    String token() {
        return token;
    }

    /**
     * Whether its stream has ended, or it is being closed. Watchers may have seen the end before {@link #ended} runs.
     */
    boolean hasEnded() {
        return isClosing.get()
                || stream.filter(answer -> answer.endedAt().isPresent()).isPresent();
    }

    @Override
    public void receive(Message message, boolean isSimulated) {
        if (!Conversation.keeps(message)) {
            LOG.info(() -> id + " does not keep an answer with stop_reason "
                    + message.stopReason().map(Object::toString).orElse("null"));
            close();
            return;
        }
        append(Row.Answer.of(message, isSimulated));
    }

    /**
     * Adds the answer; repeats that while the database is away.
     *
     * @throws ClaudeException {@code conflict_error} if the question is no longer open
     */
    void append(Row.Answer answer) {
        if (!isAppended(answer)) {
            throw ClaudeException.of(
                    ErrorType.CONFLICT,
                    "The answer was not stored: " + id
                            + " was deleted, or another question has taken the place of this one");
        }
        isAnswered = true;
        questions.forget(id, this);
    }

    private boolean isAppended(Row.Answer answer) {
        for (int writes = 1; ; writes++) {
            try {
                return questions.store().append(id, token, answer);
            } catch (ClaudeException e) {
                if (!e.mayPass() || writes == MOST_WRITES || !isWaited()) {
                    LOG.warning(() -> id + ": an answer could not be stored: " + e.getMessage());
                    throw e;
                }
            }
        }
    }

    private boolean isWaited() {
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
            closeAside();
        }
    }

    /**
     * Ends the question on another thread, unless that has begun. While no thread is free, the question stays; the next
     * renewal of leases tries again.
     */
    void closeAside() {
        if (isClosing.compareAndSet(false, true)) {
            try {
                questions.aside(this::close);
            } catch (ClaudeException e) {
                isClosing.set(false);
                LOG.log(Level.FINE, e, () -> id + " has a question that has ended and waits for a thread");
            }
        }
    }

    /** Waits for the end of a question whose stream has ended, for at most {@link #PATIENCE}. */
    void awaitClosed() {
        closeAside();
        try {
            if (!closed.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.fine(() -> id + " has a question that has ended and is still open");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends the question without an answer, unless it has one. While that fails, its lease expires. */
    void close() {
        isClosing.set(true);
        try {
            questions.store().close(id, token);
        } catch (ClaudeException e) {
            LOG.log(Level.FINE, e, () -> id + " waits for the end of the lease of its question");
        } finally {
            questions.forget(id, this);
            closed.countDown();
        }
    }
}
