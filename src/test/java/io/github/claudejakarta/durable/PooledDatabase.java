package io.github.claudejakarta.durable;

import javax.sql.ConnectionPoolDataSource;
import org.h2.jdbcx.JdbcConnectionPool;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;

/** A database for a class of tests, with an empty schema, behind a pool of connections. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class PooledDatabase {

    private static final int CONNECTIONS = 40;

    private JdbcConnectionPool pool;
    private Database database;

    /** Returns an empty database. */
    protected abstract ConnectionPoolDataSource emptyDatabase() throws Exception;

    @BeforeAll
    void openPool() throws Exception {
        pool = JdbcConnectionPool.create(emptyDatabase());
        pool.setMaxConnections(CONNECTIONS);
        database = Impatient.opened(pool);
    }

    @AfterAll
    void closePool() {
        pool.dispose();
    }

    protected JdbcConnectionPool pool() {
        return pool;
    }

    protected Database database() {
        return database;
    }
}
