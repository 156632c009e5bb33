package io.github.claudejakarta.batch;

import io.github.claudejakarta.durable.Database;
import io.github.claudejakarta.durable.TaskQueue;
import io.github.claudejakarta.runtime.Ticker;
import java.time.Clock;

/** Gives access to everything that is stored about parts. */
record PartStore(PartStates states, PartRequests requests, PartOutcomes outcomes, PartResults results) {

    static PartStore of(Database database, TaskQueue queue, BatchRows rows, Clock clock, Ticker ticker) {
        var updates = new PartUpdates(rows, clock);
        return new PartStore(
                new PartStates(database, queue, rows, updates, ticker),
                new PartRequests(database),
                new PartOutcomes(database),
                new PartResults(database, queue, rows, updates));
    }
}
