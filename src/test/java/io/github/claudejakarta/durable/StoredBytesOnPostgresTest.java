package io.github.claudejakarta.durable;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.lane.Slow;
import java.util.List;
import javax.sql.ConnectionPoolDataSource;
import org.junit.jupiter.api.Test;

@Slow("PostgreSQL")
class StoredBytesOnPostgresTest extends StoredBytesContract {

    @Override
    protected ConnectionPoolDataSource emptyDatabase() throws Exception {
        return RealPostgres.emptyDatabase();
    }

    @Test
    void thePlanOfTheMeasurementReadsOnlyTheSmallTable() {
        List<String> plan = database()
                .use(connection -> Sql.list(
                        connection,
                        "explain select coalesce(sum(bytes), 0), count(*) from claude_kept where kind = 'job'",
                        row -> row.getString(1)));

        assertThat(String.join("\n", plan))
                .contains("on claude_kept")
                .doesNotContain("claude_job")
                .doesNotContain("claude_batch");
    }
}
