package io.github.claudejakarta.durable;

import javax.sql.ConnectionPoolDataSource;
import org.h2.jdbcx.JdbcConnectionPool;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** All that queues of tasks promise, on one kind of database. */
@Timeout(60)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class TaskQueueContract implements TaskContract, QueueContract {

    private static final int CONNECTIONS = 30;

    private JdbcConnectionPool pool;
    private QueueWorld world;

    /** One with nothing in it. */
    abstract ConnectionPoolDataSource emptyDatabase() throws Exception;

    @BeforeAll
    void open() throws Exception {
        pool = JdbcConnectionPool.create(emptyDatabase());
        pool.setMaxConnections(CONNECTIONS);
        world = new QueueWorld(pool);
    }

    @AfterEach
    void stop() {
        world.close();
    }

    @AfterAll
    void close() {
        pool.dispose();
    }

    @Override
    public QueueWorld world() {
        return world;
    }
}
