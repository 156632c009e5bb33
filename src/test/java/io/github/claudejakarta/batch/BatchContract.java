package io.github.claudejakarta.batch;

import io.github.claudejakarta.durable.PooledDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;

/** All promises of batches, on one kind of database. */
@Timeout(60)
abstract class BatchContract extends PooledDatabase
        implements SubmissionContract,
                FollowingContract,
                ResubmissionContract,
                SharingContract,
                KeepingContract,
                CallbackContract,
                ListenerContract,
                AttributionContract,
                ApplicationsContract {

    private BatchWorld world;

    @BeforeEach
    void begin() {
        world = BatchWorld.still(pool(), database());
    }

    @AfterEach
    void end() throws Exception {
        try {
            world.close();
            // Whatever the test did, the counter includes each change.
            world.requireExactCounter();
        } finally {
            world.clear();
        }
    }

    @Override
    public BatchWorld world() {
        return world;
    }
}
