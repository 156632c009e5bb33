package io.github.claudejakarta.batch;

import io.github.claudejakarta.claude.Prices.Tokens;
import java.util.Map;

/**
 * CDI event: this server read the results of a part, and the database has them. With several servers on one database it
 * is fired on one of them, at most once for each part that Claude ended, to observers with {@code @Observes} and with
 * {@code @ObservesAsync}.
 *
 * @param batch as it is now
 * @param number the part's
 * @param used tokens of the requests that succeeded, by model
 */
public record PartEnded(Batch batch, int number, Map<String, Tokens> used) {

    public PartEnded {
        used = Map.copyOf(used);
    }
}
