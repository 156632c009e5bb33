package io.github.claudejakarta.durable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.flywaydb.core.api.MigrationVersion;
import org.h2.jdbcx.JdbcConnectionPool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests of the counter of stored bytes, for one kind of database. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
abstract class StoredBytesContract extends PooledDatabase {

    private static final StoredBytes THINGS = new StoredBytes(
            Impatient.SETTINGS.application(), "thing", "select sum(bytes) from thing where application = ?");
    private static final StoredBytes OTHERS = new StoredBytes(
            Impatient.SETTINGS.application(),
            "other",
            "select sum(bytes) from thing where bytes < 0 and application = ?");

    @BeforeEach
    void begin() {
        sql("create table thing (bytes bigint not null, application varchar(64) default 'tests')");
    }

    @AfterEach
    void clear() {
        sql("drop table thing");
        sql("delete from claude_kept");
    }

    private void sql(String statement) {
        database().use(connection -> Sql.update(connection, statement));
    }

    private long rows(String kind) {
        return database()
                .use(connection -> Sql.one(
                        connection, "select count(*) from claude_kept where kind = ?", row -> row.getLong(1), kind))
                .orElseThrow();
    }

    private static void store(Connection transaction, long bytes) throws SQLException {
        Sql.update(transaction, "insert into thing (bytes) values (?)", bytes);
        THINGS.add(transaction, bytes);
    }

    private void store(long... sizes) {
        for (long bytes : sizes) {
            database().transaction(connection -> {
                store(connection, bytes);
                return null;
            });
        }
    }

    @Test
    void addsUpStoredAndDeletedBytes() {
        assertThat(THINGS.measure(database())).isZero();

        store(100, 20_000_000_000L, -100, 0);

        assertThat(THINGS.measure(database())).isEqualTo(20_000_000_000L);
        assertThat(rows("thing")).as("zero bytes add no row").isEqualTo(3);
        assertThat(OTHERS.measure(database())).isZero();
    }

    @Test
    void countsOneApplication() {
        var theirs = new StoredBytes(
                new ApplicationName("theirs"), "thing", "select sum(bytes) from thing where application = ?");
        sql("insert into thing values (7, 'theirs')");
        store(5);

        assertThat(theirs.correct(database())).isEqualTo(7);
        assertThat(THINGS.correct(database())).isZero();

        assertThat(theirs.measure(database())).isEqualTo(7);
        assertThat(THINGS.measure(database())).isEqualTo(5);
        for (int i = 0; i <= StoredBytes.MAX_ROWS; i++) {
            store(1);
        }
        THINGS.measure(database());
        assertThat(theirs.measure(database())).isEqualTo(7);
    }

    @Test
    void countsOnlyIfItsTransactionIsCommitted() {
        assertThatIllegalStateException()
                .isThrownBy(() -> database().transaction(connection -> {
                    store(connection, 5);
                    throw new IllegalStateException("no");
                }));

        assertThat(THINGS.measure(database())).isZero();
    }

    /** The application's own transaction may last for any time. */
    @Test
    void anOpenTransactionDelaysNoOther() throws Exception {
        try (Connection open = pool().getConnection()) {
            open.setAutoCommit(false);
            store(open, 1_000_000);

            for (int i = 0; i <= StoredBytes.MAX_ROWS; i++) {
                store(1);
            }
            assertThat(THINGS.measure(database())).isEqualTo(StoredBytes.MAX_ROWS + 1);
            assertThat(rows("thing")).as("the rows were folded").isEqualTo(1);

            open.commit();
            open.setAutoCommit(true);
        }
        assertThat(THINGS.measure(database())).isEqualTo(1_000_001L + StoredBytes.MAX_ROWS);
    }

    @Test
    void manyRowsBecomeOne() {
        database().transaction(connection -> {
            for (int i = 1; i <= 2_500; i++) {
                THINGS.add(connection, i);
            }
            OTHERS.add(connection, 7);
            OTHERS.add(connection, 8);
            return null;
        });

        assertThat(THINGS.measure(database())).isEqualTo(2_500L * 2_501 / 2);

        assertThat(rows("thing")).isLessThanOrEqualTo(3);
        assertThat(rows("other")).isEqualTo(2);
        assertThat(THINGS.measure(database())).isEqualTo(2_500L * 2_501 / 2);
    }

    @Test
    void fewRowsAreNotChanged() {
        for (int i = 0; i < StoredBytes.MAX_ROWS; i++) {
            store(1);
        }

        THINGS.measure(database());

        assertThat(rows("thing")).isEqualTo(StoredBytes.MAX_ROWS);
    }

    /** Bytes are only added. A measurement that is less than an earlier one has read half of a fold. */
    @Test
    void concurrentFoldsOfSeveralServersLoseNothing() throws Exception {
        int writers = 3;
        int each = 400;
        var working = new AtomicInteger(writers);
        var second = Impatient.opened(pool());
        List<Callable<Void>> work = new ArrayList<>();
        for (int i = 0; i < writers; i++) {
            work.add(() -> {
                try {
                    for (int j = 0; j < each; j++) {
                        store(3);
                    }
                } finally {
                    working.decrementAndGet();
                }
                return null;
            });
        }
        for (Database server : List.of(database(), second)) {
            work.add(() -> {
                long last = 0;
                while (working.get() > 0) {
                    long measured = THINGS.measure(server);
                    assertThat(measured).isGreaterThanOrEqualTo(last).isLessThanOrEqualTo(3L * writers * each);
                    last = measured;
                    server.transaction(connection -> THINGS.fold(connection));
                }
                return null;
            });
        }
        requireAll(work);

        assertThat(THINGS.measure(database())).isEqualTo(3L * writers * each);
        assertThat(THINGS.correct(second))
                .as("the sum of the rows themselves is the same")
                .isZero();
    }

    private static void requireAll(List<Callable<Void>> work) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(work.size());
        try {
            for (Future<Void> done : threads.invokeAll(work, 50, TimeUnit.SECONDS)) {
                done.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    /** Like a server of an older version, which does not count. */
    @Test
    void isCorrectedFromTheRowsThemselves() {
        store(10);
        sql("insert into thing (bytes) values (500)");

        assertThat(THINGS.correct(database())).isEqualTo(500);

        assertThat(THINGS.measure(database())).isEqualTo(510);
        assertThat(THINGS.correct(database())).isZero();
        sql("delete from thing where bytes = 10");
        assertThat(THINGS.correct(database())).isEqualTo(-10);
        assertThat(THINGS.measure(database())).isEqualTo(500);
    }

    @Test
    void correctionsWaitForEachOther() throws Exception {
        sql("insert into thing (bytes) values (500)");
        CompletableFuture<Long> second;
        try (Connection first = pool().getConnection()) {
            first.setAutoCommit(false);
            assertThat(THINGS.correct(first)).isEqualTo(500);
            second = CompletableFuture.supplyAsync(() -> THINGS.correct(database()));
            QueueWorld.await(() -> second.isDone() || isTransactionWaiting());
            assertThat(second).as("the second correction").isNotDone();
            first.commit();
            first.setAutoCommit(true);
        }

        assertThat(second.get(30, TimeUnit.SECONDS))
                .as("no correction was necessary")
                .isZero();
        assertThat(THINGS.measure(database())).isEqualTo(500);
    }

    private boolean isTransactionWaiting() {
        return database().use(connection -> {
            boolean isH2 = connection.getMetaData().getDatabaseProductName().equals("H2");
            return Sql.one(
                                    connection,
                                    isH2
                                            ? "select count(*) from information_schema.sessions where blocker_id is not null"
                                            : "select count(*) from pg_locks where not granted",
                                    row -> row.getLong(1))
                            .orElseThrow()
                    > 0;
        });
    }

    @Test
    void measuringReadsNoOtherTable() {
        store(10);
        sql("alter table thing rename to thing_away");
        try {
            assertThat(THINGS.measure(database())).isEqualTo(10);
        } finally {
            sql("alter table thing_away rename to thing");
        }
    }

    /** Another database, with data and the schema of the version before the counter. */
    @Test
    void theMigrationCountsExistingRowsOnce() throws Exception {
        JdbcConnectionPool old = JdbcConnectionPool.create(emptyDatabase());
        try {
            migrate(old, "3");
            try (Connection connection = old.getConnection()) {
                Sql.update(
                        connection,
                        "insert into claude_batch (id, owner, status, revision, headers, cancel_requested, requests, created_at, touched_at)"
                                + " values ('batch_1', 'alice', 'ended', 0, '{}', false, 1, current_timestamp, current_timestamp)");
                for (int round = 0; round < 2; round++) {
                    Sql.update(
                            connection,
                            "insert into claude_batch_part (batch, number, round, state, first_position, last_position, requests, bytes,"
                                    + " processing, succeeded, errored, canceled, expired) select ordinal, ?, ?, 'ended', 0, 0, 1, 700, 0, 1, 0, 0, 0 from claude_batch",
                            round + 1,
                            round);
                }
                for (int i = 0; i < 2; i++) {
                    Sql.update(
                            connection,
                            "insert into claude_job (id, owner, status, revision, round, headers, request, attempts, restarts, token, bytes,"
                                    + " created_at) values (?, 'alice', 'queued', 0, 0, '{}', ?, 0, 0, 0, 40, current_timestamp)",
                            "job_" + i,
                            new byte[40]);
                }
            }

            migrate(old, "4");
            requireCounted(old);
            // As after a kill before the version was stored: all scripts run again.
            try (Connection connection = old.getConnection()) {
                Sql.update(connection, "delete from \"claude_schema\" where \"version\" = '4'");
            }
            migrate(old, "4");
            requireCounted(old);
        } finally {
            old.dispose();
        }
    }

    private static void migrate(JdbcConnectionPool source, String version) throws SQLException {
        boolean isH2;
        try (Connection connection = source.getConnection()) {
            isH2 = connection.getMetaData().getDatabaseProductName().equals("H2");
        }
        new Schema(Impatient.SETTINGS, isH2).upgrade(source, MigrationVersion.fromVersion(version));
    }

    private static void requireCounted(JdbcConnectionPool source) throws SQLException {
        try (Connection connection = source.getConnection()) {
            assertThat(Sql.list(
                            connection,
                            "select kind, bytes from claude_kept order by kind",
                            row -> row.getString(1) + " " + row.getLong(2)))
                    .containsExactly("batch 700", "job 80");
            assertThat(Sql.one(
                            connection, "select count(*) from claude_lock where name = 'kept'", row -> row.getLong(1)))
                    .contains(1L);
        }
    }
}
