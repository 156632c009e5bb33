package io.github.claudejakarta.batch;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Receives the requests of one submission, checks and stores them as they arrive, and cuts them into parts. */
final class Submission {

    private static final int MAX_PROBLEMS = 10;
    private static final int INSERT_SIZE = 500;
    private static final long INSERT_BYTES = 1 << 20;
    /** The bytes of <code>{"requests":[]}</code>. */
    static final long FRAME_BYTES = 15;

    private final BatchStore store;
    private final BatchSettings settings;
    private final BatchStore.Receiving batch;
    private final RequestReader requests;
    private final List<SubmittedRequest> pending = new ArrayList<>();
    private long pendingBytes;
    private long stored;
    private final List<String> problems = new ArrayList<>();
    private final List<BatchStore.NewPart> parts = new ArrayList<>();
    private int part = 1;
    private long partFirst;
    private long partBytes = FRAME_BYTES;
    private long count;
    private long bytes;

    Submission(BatchStore store, BatchSettings settings, BatchStore.Receiving batch, RequestReader requests) {
        this.store = store;
        this.settings = settings;
        this.batch = batch;
        this.requests = requests;
    }

    /**
     * Reads all requests.
     *
     * @return the parts, whose requests are all stored
     * @throws ClaudeException {@code invalid_request_error} with all problems, up to a limit; then the caller removes
     *     the batch
     */
    List<BatchStore.NewPart> read() {
        long room = settings.maxBytes() - store.storedBytes();
        try {
            for (Optional<SubmittedRequest> next = next(); next.isPresent() || isSkipped; next = next()) {
                if (next.isPresent()) {
                    add(next.get(), room);
                }
                if (problems.size() > MAX_PROBLEMS) {
                    break;
                }
            }
        } catch (RequestReader.Unreadable e) {
            addProblem(e.getMessage());
        } catch (IOException e) {
            throw ClaudeException.of(ErrorType.INVALID_REQUEST, "The request body could not be read")
                    .withCause(e);
        }
        store();
        if (count == 0 && problems.isEmpty()) {
            problems.add("requests: at least one request is required");
        }
        if (!problems.isEmpty()) {
            throw ClaudeException.of(
                    ErrorType.INVALID_REQUEST,
                    problems.stream().limit(MAX_PROBLEMS).collect(Collectors.joining("; "))
                            + (problems.size() > MAX_PROBLEMS
                                    ? "; only the first " + MAX_PROBLEMS + " problems are listed"
                                    : ""));
        }
        cut();
        return parts;
    }

    private boolean isSkipped;

    /** Reads the next request; empty at the end, and for an invalid request. */
    private Optional<SubmittedRequest> next() throws IOException {
        isSkipped = false;
        try {
            return requests.next();
        } catch (RequestReader.BadRequest e) {
            isSkipped = true;
            addProblem(e.getMessage());
            return Optional.empty();
        }
    }

    /** Adds a problem. Pending requests are stored first, so that problems are in the order of the file. */
    private void addProblem(String problem) {
        store();
        problems.add(problem);
    }

    private void add(SubmittedRequest request, long room) {
        long length = request.json().length + 1L;
        if (length + FRAME_BYTES > settings.maxPartBytes()) {
            addProblem(request.where() + ": the request is longer than a part may be, " + settings.maxPartBytes()
                    + " bytes (claude.batch.max-part-bytes)");
            return;
        }
        bytes += length;
        if (bytes > room) {
            throw ClaudeException.of(
                    ErrorType.OVERLOADED,
                    "Batch storage is full (claude.batch.max-bytes). Delete finished batches and retry");
        }
        if (count - partFirst >= settings.maxPartRequests() || partBytes + length > settings.maxPartBytes()) {
            store();
            cut();
        }
        pending.add(request);
        pendingBytes += length;
        requests.setPendingBytes(pendingBytes);
        partBytes += length;
        count++;
        if (pending.size() >= INSERT_SIZE || pendingBytes >= INSERT_BYTES) {
            store();
        }
    }

    private void cut() {
        parts.add(new BatchStore.NewPart(part++, partFirst, count - 1, partBytes));
        partFirst = count;
        partBytes = FRAME_BYTES;
    }

    /**
     * Stores the pending requests, even if other requests have problems: storing them finds every {@code custom_id}
     * that occurs twice.
     */
    private void store() {
        if (!pending.isEmpty() && problems.size() <= MAX_PROBLEMS) {
            List<SubmittedRequest> repeated = store.add(batch, stored, part, pending);
            if (!repeated.isEmpty()) {
                repeated.forEach(request -> problems.add(request.where() + ": custom_id: '" + request.customId()
                        + "' was used before, but must be unique"));
                pending.removeAll(repeated);
                store.add(batch, stored, part, pending);
            }
        }
        stored += pending.size();
        pending.clear();
        pendingBytes = 0;
        requests.setPendingBytes(0);
    }
}
