package io.github.claudejakarta.conversation;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.runtime.WorkerThreads;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * The questions of this server that have no answer yet. A question holds its conversation for {@link #LEASE}, and the
 * lease is renewed while its stream runs. If the server dies the lease expires, and another question can be asked.
 *
 * <p>If the clocks of two servers differ by more than the lease, one may consider the other's question abandoned. The
 * history stays correct: an answer is rejected if another question was asked after the lease expired.
 *
 * <p>Safe for use by many threads.
 */
final class OpenQuestions {

    static final Duration LEASE = Duration.ofSeconds(60);
    static final Duration RENEWAL = Duration.ofSeconds(10);

    private final Supplier<ConversationStore> store;
    private final WorkerThreads threads;
    private final Clock clock;
    private final Duration betweenWrites;
    /** Key: id of the conversation. */
    private final Map<String, AskedQuestion> questions = new ConcurrentHashMap<>();

    OpenQuestions(Supplier<ConversationStore> store, WorkerThreads threads, Clock clock, Duration betweenWrites) {
        this.store = store;
        this.threads = threads;
        this.clock = clock;
        this.betweenWrites = betweenWrites;
    }

    private Instant until() {
        return clock.instant().plus(LEASE);
    }

    /**
     * Opens a question.
     *
     * @throws ClaudeException {@code conflict_error} if another question is open, or has been answered since;
     *     {@code not_found_error} if the conversation was deleted
     */
    AskedQuestion open(String id, ConversationStore.NewQuestion opening) {
        if (!store.get().open(id, opening, until())) {
            throw store.get().find(id).isPresent()
                    ? ConversationManagerBean.isBusy(id)
                    : ConversationManagerBean.noSuchConversation(id);
        }
        var question = new AskedQuestion(id, opening.token(), this);
        questions.put(id, question);
        return question;
    }

    /**
     * Waits until a question of this server whose stream has ended is closed. A client that has read the end can then
     * ask the next question immediately. Does nothing if the stream still runs.
     */
    void awaitClosed(String id) {
        AskedQuestion question = questions.get(id);
        if (question != null && question.hasEnded()) {
            question.awaitClosed();
        }
    }

    ConversationStore store() {
        return store.get();
    }

    Duration betweenWrites() {
        return betweenWrites;
    }

    /** Runs work on another thread, because the caller's thread may be in a transaction. */
    void runOnWorker(Runnable work) {
        threads.execute(work);
    }

    void remove(String id, AskedQuestion question) {
        questions.remove(id, question);
    }

    /** Extends the leases of questions whose streams run, and closes the others. Called every {@link #RENEWAL}. */
    void renew() {
        var open = new HashMap<String, String>();
        questions.forEach((id, question) -> {
            if (question.hasEnded()) {
                question.closeOnWorker();
            } else {
                open.put(id, question.token());
            }
        });
        if (!open.isEmpty()) {
            store.get().renew(open, until());
        }
    }
}
