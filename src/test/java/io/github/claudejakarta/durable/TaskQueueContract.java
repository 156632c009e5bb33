package io.github.claudejakarta.durable;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;

/** All tests of task queues, for one kind of database. */
@Timeout(60)
abstract class TaskQueueContract extends PooledDatabase implements TaskContract, QueueContract, ClockContract {

    private QueueWorld world;

    @BeforeAll
    void open() {
        world = new QueueWorld(pool());
    }

    @AfterEach
    void stop() {
        world.close();
    }

    @Override
    public QueueWorld world() {
        return world;
    }
}
