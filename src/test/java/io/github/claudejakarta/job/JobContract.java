package io.github.claudejakarta.job;

import io.github.claudejakarta.durable.PooledDatabase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;

/** All tests of jobs, for one kind of database. */
@Timeout(60)
abstract class JobContract extends PooledDatabase
        implements AttemptContract,
                OutageContract,
                CancelContract,
                RevivalContract,
                SubmissionContract,
                CallbackContract,
                KeepingContract,
                ListenerContract,
                SharingContract,
                ApplicationsContract,
                AwaitContract {

    private JobWorld world;

    @BeforeEach
    void begin() {
        world = JobWorld.still(pool(), database());
    }

    @AfterEach
    void end() {
        try {
            world.close();
            // After each test, because each change must be counted.
            world.requireExactCounter();
        } finally {
            world.clear();
        }
    }

    @Override
    public JobWorld world() {
        return world;
    }
}
