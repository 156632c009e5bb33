package io.github.claudejakarta.durable;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.kagkarlsson.scheduler.task.Task;
import io.github.claudejakarta.lane.Slow;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import javax.sql.ConnectionPoolDataSource;
import org.junit.jupiter.api.Test;

@Slow("PostgreSQL")
class TaskQueueOnPostgresTest extends TaskQueueContract {

    @Override
    protected ConnectionPoolDataSource emptyDatabase() throws Exception {
        return RealPostgres.emptyDatabase();
    }

    /**
     * With the statistics of a table of one row, PostgreSQL plans a loop over limited rows as if the loop ran once, but
     * it runs for each row.
     */
    @Test
    void aQueueDoesNotPickAllTasksIfTheStatisticsAreOfASmallTable() throws Exception {
        TaskQueue queue = world().queue(1);
        var places = new Semaphore(0);
        var started = new AtomicInteger();
        Task<Void> task = queue.add("test", (key, lease) -> {
            started.incrementAndGet();
            QueueWorld.take(places);
            return Optional.empty();
        });
        onTheTable("truncate ");
        world().schedule(queue, task, 1);
        onTheTable("vacuum analyze ");
        world().schedule(queue, task, IntStream.rangeClosed(2, 20).toArray());

        world().start(queue);
        QueueWorld.await(() -> started.get() == 1);
        assertThat(world().rows(QueueWorld.TABLE + " where picked = true")).isEqualTo(1);

        places.release(20);
        QueueWorld.await(() -> world().rows(QueueWorld.TABLE) == 0);
    }

    private void onTheTable(String statement) throws SQLException {
        try (Connection connection = world().source().getConnection();
                var any = connection.createStatement()) {
            any.execute(statement + QueueWorld.TABLE);
        }
    }
}
