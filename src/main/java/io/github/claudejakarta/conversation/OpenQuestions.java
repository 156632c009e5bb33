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
 * The questions that this server asks and that have no answer yet. Each has its conversation for {@link #LEASE}, which
 * is renewed as long as the stream runs: of a server that has died, another question takes the place.
 *
 * <p>Servers whose clocks differ by more than the lease may take each other's questions for abandoned. That mixes no
 * history: the answer of a question whose place was taken is refused.
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
    /** By the ids of their conversations. */
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
    AskedQuestion open(String id, ConversationStore.Opening question) {
        if (!store.get().open(id, question, until())) {
            throw store.get().find(id).isPresent()
                    ? ConversationManagerBean.isBusy(id)
                    : ConversationManagerBean.noSuchConversation(id);
        }
        var asked = new AskedQuestion(id, question.token(), this);
        questions.put(id, asked);
        return asked;
    }

    /**
     * Waits until a question of this server whose stream has ended is closed, so that a client that has seen the end
     * can ask the next one immediately. Does nothing if the stream still runs.
     */
    void settle(String id) {
        AskedQuestion asked = questions.get(id);
        if (asked != null && asked.hasEnded()) {
            asked.awaitClosed();
        }
    }

    ConversationStore store() {
        return store.get();
    }

    Duration betweenWrites() {
        return betweenWrites;
    }

    /** Runs something on another thread: that of the caller may be in a transaction of its own. */
    void aside(Runnable work) {
        threads.execute(work);
    }

    void forget(String id, AskedQuestion question) {
        questions.remove(id, question);
    }

    /** Extends the leases of questions whose streams run, and closes the others. Called every {@link #RENEWAL}. */
    void renew() {
        var open = new HashMap<String, String>();
        questions.forEach((id, question) -> {
            if (question.hasEnded()) {
                question.closeAside();
            } else {
                open.put(id, question.token());
            }
        });
        if (!open.isEmpty()) {
            store.get().renew(open, until());
        }
    }
}
