package io.github.claudejakarta.simulator;

import java.time.Duration;
import java.util.Optional;

/**
 * What happens to a batch as a whole, as the prompt of its first request says.
 *
 * @param directives all of them, of which those that begin with {@code batch_} count
 * @param failures counts what happens only some times; each directive is counted for itself
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
                ScriptedRefusal.of(name, directives);
            }
        }
        if (!directives.text(LOST).orElse("1").matches("0|1|before")) {
            throw new ApiError(400, "sim: " + LOST + " is 1 or before");
        }
    }

    /** The script of a batch; params without a prompt that can be read have none, and are refused only later. */
    static BatchScript of(BatchRequest first, Failures failures) {
        return new BatchScript(read(first).map(MessageParams::prompted).orElse(Directives.parse("")), failures);
    }

    private static Optional<MessageParams> read(BatchRequest request) {
        try {
            return Optional.of(MessageParams.ofCount(request.params(), ""));
        } catch (ApiError e) {
            return Optional.empty();
        }
    }

    /** From the creation to the end. */
    Duration life(Duration otherwise) {
        return directives.time("batch_us", otherwise);
    }

    /** How long a new batch is not to be found. */
    Duration hidden() {
        return directives.time("batch_hidden_us", Duration.ZERO);
    }

    /** How long the results of an ended batch are not to be found. */
    Duration resultsHidden() {
        return directives.time("batch_results_hidden_us", Duration.ZERO);
    }

    /** From the creation to its answer. */
    Duration late() {
        return directives.time("batch_late_us", Duration.ZERO);
    }

    /** The refusal of a creation. */
    Optional<ScriptedRefusal> refusal() {
        return refusal("batch_status");
    }

    /** The refusal of a question how far the batch is. */
    Optional<ScriptedRefusal> pollRefusal() {
        return refusal("batch_poll_status");
    }

    private Optional<ScriptedRefusal> refusal(String name) {
        return failures.strikes(name, directives)
                ? Optional.of(ScriptedRefusal.of(name, directives))
                : Optional.empty();
    }

    /** Whether the connection breaks before anything is done. */
    boolean losesRequest() {
        return isLost("before") && failures.strikes(LOST, directives);
    }

    /** Whether the connection breaks in place of the answer to what was done. */
    boolean losesAnswer() {
        return isLost("1") && failures.strikes(LOST, directives);
    }

    private boolean isLost(String when) {
        return directives.text(LOST).filter(when::equals).isPresent();
    }

    /** After how many lines a download breaks. */
    Optional<Integer> cut() {
        return line("batch_cut_at");
    }

    /** After how many lines a download falls silent. */
    Optional<Integer> stall() {
        return line("batch_stall_at");
    }

    /** Whether the last line of a download lacks its line end. */
    boolean hasOpenEnd() {
        return failures.strikes("batch_open_end", directives);
    }

    private Optional<Integer> line(String name) {
        return failures.strikes(name, directives) ? Optional.of(directives.number(name, 0)) : Optional.empty();
    }

    boolean cutsByReset() {
        return Fault.isReset(directives);
    }
}
