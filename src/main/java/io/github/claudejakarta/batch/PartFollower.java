package io.github.claudejakarta.batch;

import com.github.kagkarlsson.scheduler.task.Task;
import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.ErrorKind;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.MessageBatch;
import io.github.claudejakarta.claude.Prices.Tokens;
import io.github.claudejakarta.claude.http.CallSequence;
import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.claude.http.ClaudeClient;
import io.github.claudejakarta.durable.StoredErrors;
import io.github.claudejakarta.runtime.Jitter;
import io.github.claudejakarta.runtime.MemoryBudget;
import io.github.claudejakarta.usage.TokenUse;
import io.github.claudejakarta.web.BodyReservation;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.logging.Logger;
import java.util.stream.Collectors;

/**
 * Advances a part by one step in each run: sends it, looks it up, polls it, or reads its results.
 *
 * <p>A run may die at any moment and be repeated, on this or another server. All of its state is in the database.
 */
final class PartFollower {

    /**
     * How long Claude may not know a message batch that it created or ended a moment ago (wire.md 4.6). After that time
     * it counts as deleted by somebody else.
     */
    static final Duration MISSING = Duration.ofMinutes(10);

    /** How long the server retries results that cannot be read to their end. */
    private static final Duration UNREADABLE = Duration.ofHours(1);

    private static final Logger LOG = Logger.getLogger(PartFollower.class.getName());

    private final PartStore parts;
    private final PartStates states;
    private final ClaudeClient client;
    private final BatchSettings settings;
    private final MemoryBudget memory;
    private final Upstream upstream;
    private final Jitter jitter;
    private final Consumer<Batch> changed;
    private Consumer<PartEnded> partEnded = part -> {};
    private Task<?> task;

    /**
     * @param chance numbers from 0 to 1
     * @param changed receives the batch after each change, when the change is stored
     */
    PartFollower(
            PartStore parts,
            ClaudeClient client,
            BatchSettings settings,
            MemoryBudget memory,
            DoubleSupplier chance,
            Consumer<Batch> changed) {
        this.parts = parts;
        this.states = parts.states();
        this.client = client;
        this.settings = settings;
        this.memory = memory;
        this.upstream = new Upstream(client);
        this.jitter = Jitter.shorter(0.25, chance);
        this.changed = changed;
    }

    /** Sets the task that runs this. The task is created from this, and is therefore not known to the constructor. */
    void setTask(Task<?> task) {
        this.task = task;
    }

    /** Sets the observer of parts whose results were read and stored. Call it before the first run. */
    void setPartObserver(Consumer<PartEnded> observer) {
        this.partEnded = observer;
    }

    /**
     * Advances a part by one step.
     *
     * @return when the next run is due; empty if none is
     */
    Optional<Instant> run(PartKey key) {
        Optional<PartSnapshot> found = states.find(key);
        if (found.isEmpty()) {
            return Optional.empty();
        }
        PartSnapshot part = found.get();
        Optional<Instant> next = step(part);
        // A batch that is canceled during this run cannot be scheduled earlier by the cancellation.
        boolean wasCanceled = next.isPresent()
                && !part.isCanceling()
                && states.find(key).filter(PartSnapshot::isCanceling).isPresent();
        return wasCanceled ? Optional.of(states.now()) : next;
    }

    private Optional<Instant> step(PartSnapshot part) {
        return switch (part.part().state()) {
            case WAITING -> part.isCanceling() ? finish(states.cancel(part)) : send(part);
            case SENDING -> lookUp(part);
            case RUNNING -> follow(part);
            case UNRESOLVED, ENDED, FAILED, CANCELED -> Optional.empty();
        };
    }

    private Optional<Instant> finish(Optional<Batch> batch) {
        batch.ifPresent(changed);
        return Optional.empty();
    }

    private Optional<Instant> continueAfter(Optional<Batch> batch, Duration wait) {
        batch.ifPresent(changed);
        return Optional.of(states.now().plus(wait));
    }

    private Optional<Instant> send(PartSnapshot waiting) {
        Optional<Batch> claimed = states.claim(waiting.key(), settings.maxConcurrent());
        if (claimed.isEmpty()) {
            return Optional.of(states.now().plus(settings.pollInterval()));
        }
        changed.accept(claimed.get());
        PartSnapshot found = states.find(waiting.key()).orElseThrow();
        var call =
                new ClaudeCall(ClaudeRequest.createBatch(out -> parts.requests().writeBody(found, out))
                        .withHeaders(found.headers().forClaude())
                        .withCaller(found.owner()));
        MessageBatch batch;
        try {
            batch = Upstream.created(client.call(call).asWhole().text());
        } catch (ClaudeException e) {
            return call.isInDoubt() ? handleLostAnswer(found, e) : handleRejection(found, e);
        } catch (IllegalArgumentException e) {
            return handleLostAnswer(
                    found,
                    ClaudeException.of(ErrorKind.BROKEN, ErrorType.API, "Claude's answer is not a message batch")
                            .withCause(e));
        }
        // Outside the try: if the database fails here, the part remains "sending", and the next run looks it up.
        return accept(found, batch, call.isSimulated());
    }

    private Optional<Instant> accept(PartSnapshot found, MessageBatch batch, boolean isSimulated) {
        Optional<Batch> accepted;
        try {
            accepted = states.markRunning(found, batch, isSimulated);
        } catch (MessageBatchConflict e) {
            return handleConflict(found, e);
        }
        if (accepted.isEmpty()) {
            return handleLateAnswer(found, batch);
        }
        LOG.info(() -> found.batchId() + " part " + found.key().number() + " is " + batch.id());
        return continueAfter(accepted, wait(found, states.now()));
    }

    /**
     * Handles an answer that belongs to another part, for example because a proxy returned it twice. It is unknown
     * whether Claude accepted this part.
     */
    private Optional<Instant> handleConflict(PartSnapshot found, MessageBatchConflict e) {
        return waitForPerson(
                found,
                ErrorType.API,
                "Claude answered with " + e.getMessage()
                        + ". It is unknown whether Claude accepted this part. Look for a message batch of "
                        + found.part().requests() + " requests in Anthropic's list");
    }

    /**
     * Handles an answer that arrives after another server has taken over the part. If that server has found this
     * message batch, it follows it. Otherwise it sends the part again, and this server cancels its message batch, so
     * that it is not paid for as well.
     */
    private Optional<Instant> handleLateAnswer(PartSnapshot found, MessageBatch batch) {
        if (states.findOurs(List.of(batch.id())).isEmpty()) {
            LOG.severe(() -> found.batchId() + " part " + found.key().number()
                    + " was taken over by another server while this one created " + batch.id()
                    + ". This server cancels " + batch.id());
            upstream.cancel(found, batch.id());
        }
        return Optional.of(states.now().plus(settings.pollInterval()));
    }

    /** Handles a lost answer. It is unknown whether Claude accepted the part; the next run looks it up. */
    private Optional<Instant> handleLostAnswer(PartSnapshot found, ClaudeException e) {
        LOG.warning(() -> found.batchId() + " part " + found.key().number()
                + " was sent without an answer. The server looks it up: " + e.getMessage());
        states.markMissing(found.key());
        return continueAfter(states.storeProblem(found, StoredErrors.of(e)), settings.pollInterval());
    }

    private Optional<Instant> handleRejection(PartSnapshot found, ClaudeException e) {
        if (isFinal(e)) {
            LOG.warning(() -> found.batchId() + " part " + found.key().number() + " was rejected: " + e.getMessage());
            return finish(states.fail(found, StoredErrors.of(e)));
        }
        return continueAfter(
                states.returnToWaiting(found, StoredErrors.of(e)),
                e.retryAfter().orElse(settings.maxPollInterval()));
    }

    /** Returns whether an error is final. A call that is canceled because this server stops is no error of the part. */
    private static boolean isFinal(ClaudeException e) {
        return !e.isRetryable() && e.kind() != ErrorKind.CANCELED;
    }

    private Optional<Instant> lookUp(PartSnapshot found) {
        PartStates.Missing missing = states.markMissing(found.key());
        Upstream.LookUp result;
        try {
            result = upstream.lookUp(found, missing.since(), states);
        } catch (ClaudeException e) {
            return continueAfter(states.storeProblem(found, StoredErrors.of(e)), settings.maxPollInterval());
        }
        if (result.found().isPresent()) {
            LOG.info(() -> found.batchId() + " part " + found.key().number() + " was accepted by Claude as "
                    + result.found().get().id());
            try {
                return continueAfter(
                        states.markRunning(found, result.found().get(), result.isSimulated()), settings.pollInterval());
            } catch (MessageBatchConflict e) {
                // A person chose it for another part a moment ago. The next look-up skips it.
                return Optional.of(states.now().plus(settings.pollInterval()));
            }
        }
        if (!result.isConclusive()) {
            return waitForPerson(found, ErrorType.API, result.doubt());
        }
        if (missing.time().compareTo(settings.lookup()) < 0) {
            return Optional.of(states.now().plus(settings.pollInterval()));
        }
        LOG.warning(
                () -> found.batchId() + " part " + found.key().number() + " did not reach Claude. It is sent again");
        return continueAfter(
                states.returnToWaiting(
                        found, StoredErrors.of(ErrorType.API, "The part did not reach Claude. It is sent again")),
                Duration.ZERO);
    }

    private Optional<Instant> follow(PartSnapshot found) {
        MessageBatch before = found.part().messageBatch().orElseThrow();
        MessageBatch now;
        try {
            now = retrieve(found, before.id());
        } catch (ClaudeException e) {
            return e.status() == ErrorType.NOT_FOUND.status() ? handleMissing(found, e) : handleProblem(found, e);
        }
        Optional<Batch> described = states.updateMessageBatch(found, before, now);
        if (!now.hasEnded()) {
            return continueAfter(described, wait(found, states.now()));
        }
        return tally(found, now, described);
    }

    /**
     * Retrieves the message batch before canceling it: a message batch that has ended cannot be canceled, and the
     * cancellation would be repeated for ever.
     */
    private MessageBatch retrieve(PartSnapshot found, String id) {
        MessageBatch now = upstream.retrieve(found, id);
        return mustCancel(found, now) ? upstream.cancel(found, id) : now;
    }

    /** Returns whether a message batch has to be canceled: it has not ended, and Claude has no such request yet. */
    private static boolean mustCancel(PartSnapshot found, MessageBatch batch) {
        return found.isCanceling() && batch.processingStatus().equals("in_progress");
    }

    private Optional<Instant> waitForPerson(PartSnapshot found, ErrorType type, String why) {
        String problem =
                why + ". Name the message batch of this part, or null to send the part again: POST /v1/batches/"
                        + found.batchId() + "/parts/" + found.key().number() + "/resolve";
        LOG.severe(() -> found.batchId() + " part " + found.key().number() + " waits for a person: " + problem);
        return finish(states.markUnresolved(found, StoredErrors.of(type, problem)));
    }

    private Optional<Instant> handleMissing(PartSnapshot found, ClaudeException e) {
        if (states.markMissing(found.key()).time().compareTo(MISSING) > 0) {
            return waitForPerson(found, e.type(), e.errorMessage());
        }
        return Optional.of(states.now().plus(wait(found, states.now())));
    }

    private Optional<Instant> handleProblem(PartSnapshot found, ClaudeException e) {
        LOG.info(() -> found.batchId() + " part " + found.key().number() + ": " + e.getMessage());
        Duration wait = wait(found, states.now());
        return continueAfter(
                states.storeProblem(found, StoredErrors.of(e)),
                e.retryAfter()
                        .filter(requested -> requested.compareTo(wait) > 0)
                        .orElse(wait));
    }

    private Optional<Instant> tally(PartSnapshot found, MessageBatch ended, Optional<Batch> described) {
        var tally = new PartTally(parts.outcomes(), found.key(), found.part().requests());
        Upstream.Results download;
        try {
            download = upstream.results(found.owner(), found.headers().forClaude(), ended.id(), new CallSequence());
        } catch (ClaudeException e) {
            described.ifPresent(changed);
            return handleResultsError(found, e);
        }
        try (InputStream content = download.content();
                var room = new BodyReservation(memory)) {
            tally.read(content, room);
        } catch (ClaudeException e) {
            if (!e.type().equals(ErrorType.OVERLOADED)) {
                throw e;
            }
            // There is not enough memory for a long line at the moment.
            described.ifPresent(changed);
            return handleProblem(found, e);
        } catch (ResultLine.ErrorLine e) {
            described.ifPresent(changed);
            return handleResultsError(found, e.error());
        } catch (IOException e) {
            described.ifPresent(changed);
            return handleUnreadable(
                    found,
                    ClaudeException.of(ErrorKind.BROKEN, ErrorType.API, e.getMessage())
                            .withCause(e));
        } catch (PartTally.ForeignResults e) {
            return waitForPerson(found, ErrorType.API, e.getMessage());
        }
        Optional<Batch> batch = parts.results()
                .end(
                        found,
                        tally.counts(),
                        Map.copyOf(tally.models()),
                        download.isSimulated(),
                        resubmission(found),
                        task);
        batch.ifPresent(now -> partEnded.accept(new PartEnded(now, found.key().number(), tokens(tally.models()))));
        return finish(batch);
    }

    private static Map<String, Tokens> tokens(Map<String, TokenUse> models) {
        return models.entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, model -> model.getValue().tokens()));
    }

    /** Handles an error that Claude sent instead of results. */
    private Optional<Instant> handleResultsError(PartSnapshot found, ClaudeException e) {
        if (!isFinal(e)) {
            return handleProblem(found, e);
        }
        return e.type().isRetryable() ? handleUnreadable(found, e) : handleMissing(found, e);
    }

    /** Handles results that break off. The cause is mostly the network, but the download is not repeated for ever. */
    private Optional<Instant> handleUnreadable(PartSnapshot found, ClaudeException e) {
        return states.markMissing(found.key()).time().compareTo(UNREADABLE) > 0
                ? waitForPerson(found, e.type(), e.errorMessage())
                : handleProblem(found, e);
    }

    private Optional<Resubmission> resubmission(PartSnapshot found) {
        return found.part().round() >= settings.resubmitExpired()
                ? Optional.empty()
                : Optional.of(new Resubmission(
                        Set.of(Resubmission.Kind.EXPIRED), settings.maxPartRequests(), settings.maxPartBytes()));
    }

    /** Returns the wait before the next poll: half of the age of the part, within limits, with a random variation. */
    private Duration wait(PartSnapshot found, Instant now) {
        Duration age = Duration.between(found.part().sentAt().orElse(now), now);
        Duration wait = age.dividedBy(2);
        Duration limited = wait.compareTo(settings.pollInterval()) < 0
                ? settings.pollInterval()
                : wait.compareTo(settings.maxPollInterval()) > 0 ? settings.maxPollInterval() : wait;
        return jitter.vary(limited);
    }
}
