package io.github.claudejakarta.batch;

import io.github.claudejakarta.durable.Database;
import io.github.claudejakarta.durable.TaskQueue;
import io.github.claudejakarta.runtime.Ticker;
import java.time.Clock;

/** All that is stored of parts. */
record Parts(PartStates states, PartRequests requests, PartOutcomes outcomes, PartResults results) {

    static Parts of(Database database, TaskQueue queue, BatchRows rows, Clock clock, Ticker ticker) {
        var updates = new PartUpdates(rows, clock);
        return new Parts(
                new PartStates(database, queue, rows, updates, ticker),
                new PartRequests(database),
                new PartOutcomes(database),
                new PartResults(database, queue, rows, updates));
    }
}
