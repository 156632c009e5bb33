package io.github.claudejakarta.webhook;

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

/** All that callbacks promise, on one kind of database. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class WebhookContract implements DeliveringContract, AttemptContract, ResendingContract, SharedDeliveriesContract {

    private static final int CONNECTIONS = 30;

    private JdbcConnectionPool pool;
    private Database database;
    private WebhookWorld world;

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
        world = WebhookWorld.still(pool, database);
    }

    @AfterEach
    void end() throws Exception {
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
    public WebhookWorld world() {
        return world;
    }
}
