package io.github.claudejakarta.simulator;

import java.time.Duration;
import java.util.Optional;

/**
 * The script of a whole batch: the directives in the prompt of its first request.
 *
 * @param directives all directives of the prompt; only directives that begin with {@code batch_} apply to the batch
 * @param failures counts faults that happen a limited number of times; each directive is counted separately
 */
record BatchScript(Directives directives, Failures failures) {

    private static final String LOST = "batch_lost";

    BatchScript {
        Outcome.of(directives);
        Fault.isReset(directives);
        for (var name : Directives.BATCH) {
            if (name.endsWith("_us")) {
                directives.time(name, Duration.ZERO);
            } else if (name.endsWith("_at")) {
                directives.number(name, 0);
            } else if (name.endsWith("status") && directives.has(name)) {
                ScriptedError.of(name, directives);
            }
        }
        if (!directives.text(LOST).orElse("1").matches("0|1|before")) {
            throw new ApiError(400, "sim: " + LOST + " must be 1 or before");
        }
    }

    /** Returns the script of a batch. Invalid params have no script; the request fails later. */
    static BatchScript of(BatchRequest first, Failures failures) {
        return new BatchScript(read(first).map(MessageParams::promptDirectives).orElse(Directives.parse("")), failures);
    }

    private static Optional<MessageParams> read(BatchRequest request) {
        try {
            return Optional.of(MessageParams.ofCount(request.params(), ""));
        } catch (ApiError e) {
            return Optional.empty();
        }
    }

    /** Returns the time from the creation to the end. */
    Duration life(Duration defaultLife) {
        return directives.time("batch_us", defaultLife);
    }

    /** Returns how long a new batch is hidden. */
    Duration hiddenTime() {
        return directives.time("batch_hidden_us", Duration.ZERO);
    }

    /** Returns how long the results of an ended batch are hidden. */
    Duration resultsHiddenTime() {
        return directives.time("batch_results_hidden_us", Duration.ZERO);
    }

    /** Returns the time from the creation to its answer. */
    Duration answerDelay() {
        return directives.time("batch_late_us", Duration.ZERO);
    }

    /** Returns the error that answers the creation. */
    Optional<ScriptedError> creationError() {
        return error("batch_status");
    }

    /** Returns the error that answers a request for the status of the batch. */
    Optional<ScriptedError> pollError() {
        return error("batch_poll_status");
    }

    private Optional<ScriptedError> error(String name) {
        return failures.happens(name, directives) ? Optional.of(ScriptedError.of(name, directives)) : Optional.empty();
    }

    /** Returns whether the connection breaks before the batch is created. */
    boolean losesRequest() {
        return isLost("before") && failures.happens(LOST, directives);
    }

    /** Returns whether the connection breaks after the batch is created, instead of the answer. */
    boolean losesAnswer() {
        return isLost("1") && failures.happens(LOST, directives);
    }

    private boolean isLost(String when) {
        return directives.text(LOST).filter(when::equals).isPresent();
    }

    /** Returns the number of lines after which a download breaks. */
    Optional<Integer> cutLine() {
        return line("batch_cut_at");
    }

    /** Returns the number of lines after which a download stops sending. */
    Optional<Integer> stallLine() {
        return line("batch_stall_at");
    }

    /** Returns whether the last line of a download lacks its line end. */
    boolean hasOpenEnd() {
        return failures.happens("batch_open_end", directives);
    }

    private Optional<Integer> line(String name) {
        return failures.happens(name, directives) ? Optional.of(directives.number(name, 0)) : Optional.empty();
    }

    boolean cutsByReset() {
        return Fault.isReset(directives);
    }
}
