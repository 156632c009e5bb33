package io.github.claudejakarta.job;

import io.github.claudejakarta.durable.Database;
import io.github.claudejakarta.durable.Impatient;
import javax.sql.ConnectionPoolDataSource;
import org.h2.jdbcx.JdbcConnectionPool;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** All that jobs promise, on one kind of database. */
@Timeout(60)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class JobContract implements AttemptContract, OutageContract, CancelContract, RevivalContract, SubmissionContract, CallbackContract,
    KeepingContract, SharingContract, AwaitContract {

    private static final int CONNECTIONS = 40;

    private JdbcConnectionPool pool;
    private Database database;
    private JobWorld world;

    /** One with nothing in it. */
    abstract ConnectionPoolDataSource emptyDatabase() throws Exception;

    @BeforeAll
    void open() throws Exception {
        pool = JdbcConnectionPool.create(emptyDatabase());
        pool.setMaxConnections(CONNECTIONS);
        database = Impatient.opened(pool);
    }

    @BeforeEach
    void begin() {
        world = JobWorld.still(pool, database);
    }

    @AfterEach
    void end() {
        try {
            world.close();
        } finally {
            world.clear();
        }
    }

    @AfterAll
    void close() {
        pool.dispose();
    }

    @Override
    public JobWorld world() {
        return world;
    }
}
