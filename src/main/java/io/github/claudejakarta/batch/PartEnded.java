package io.github.claudejakarta.batch;

import io.github.claudejakarta.claude.Prices.Tokens;
import java.util.Map;

/**
 * CDI event: this server read the results of a part and stored their outcomes. With several servers on one database,
 * one of them fires it, at most once for each part that Claude ended. It reaches observers with {@code @Observes} and
 * with {@code @ObservesAsync}.
 *
 * @param batch the current batch
 * @param number the number of the part
 * @param used tokens of the requests that succeeded, by model
 */
public record PartEnded(Batch batch, int number, Map<String, Tokens> used) {

    public PartEnded {
        used = Map.copyOf(used);
    }
}
