package io.github.claudejakarta.durable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.server.CurrentTransaction;
import java.io.File;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcConnectionPool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests of the errors and log lines when the database fails, at each call of JDBC. */
class DatabaseTest {

    private static final Duration TIMEOUT = Duration.ofSeconds(2);

    @TempDir
    Path folder;

    private final AtomicLong nanos = new AtomicLong(1);
    /** The exception that a method of a connection or of the data source throws instead of its work. */
    private final Map<String, Supplier<Throwable>> failures = new HashMap<>();

    private final List<String> calls = new ArrayList<>();
    private final Warnings warnings = new Warnings(Availability.class);
    private JdbcConnectionPool pool;
    private Database database;

    @BeforeEach
    void open() {
        pool = JdbcConnectionPool.create("jdbc:h2:" + folder.resolve("claude"), "claude", "claude");
        database = new Database(
                Impatient.SETTINGS,
                () -> failing(DataSource.class, pool),
                CurrentTransaction.NONE,
                TIMEOUT,
                nanos::get);
        database.open();
        calls.clear();
    }

    @AfterEach
    void close() {
        warnings.close();
        pool.dispose();
    }

    private <T> T failing(Class<T> type, T target) {
        return type.cast(Proxy.newProxyInstance(
                DatabaseTest.class.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    calls.add(method.getName());
                    if (failures.containsKey(method.getName())) {
                        throw failures.get(method.getName()).get();
                    }
                    try {
                        Object result = method.invoke(target, arguments);
                        return result instanceof Connection connection && type == DataSource.class
                                ? failing(Connection.class, connection)
                                : result;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                }));
    }

    @Test
    void aRenamedApplicationCausesAWarning() {
        var storedBytes = new StoredBytes(database.application(), "job", "");
        database.transaction(connection -> {
            storedBytes.add(connection, 5);
            return null;
        });
        try (var ofDatabase = new Warnings(Database.class)) {
            Impatient.opened(pool);
            assertThat(ofDatabase.all()).isEmpty();

            Impatient.opened(pool, "renamed");
            assertThat(ofDatabase.all())
                    .singleElement()
                    .satisfies(warning -> assertThat(warning)
                            .startsWith(
                                    "The database (jdbc/claude) has no jobs or batches of this application, which is named renamed")
                            .contains("other applications: tests."));
        }
    }

    @Test
    void anApplicationAmongManyOthersCountsAsKnown() {
        database.transaction(connection -> {
            for (int i = 0; i < 25; i++) {
                new StoredBytes(new ApplicationName("a" + i), "job", "").add(connection, 5);
            }
            new StoredBytes(database.application(), "job", "").add(connection, 5);
            return null;
        });
        try (var ofDatabase = new Warnings(Database.class)) {
            Impatient.opened(pool);

            assertThat(ofDatabase.all()).isEmpty();
        }
    }

    private static SQLException lost() {
        return new SQLException("insert into secrets ...", "08006");
    }

    private ClaudeException failureOf(Database.Work<?> work) {
        return catchThrowableOfType(ClaudeException.class, () -> database.transaction(work));
    }

    /** A pool may throw any exception, and so may a driver whose connection is lost. */
    @ParameterizedTest
    @ValueSource(strings = {"getConnection", "setAutoCommit", "prepareStatement", "commit"})
    void aLostConnectionIs503(String method) {
        for (Supplier<Throwable> failure :
                List.<Supplier<Throwable>>of(DatabaseTest::lost, () -> new IllegalStateException(lost()))) {
            failures.put(method, failure);

            ClaudeException thrown = failureOf(connection -> Sql.update(connection, "delete from claude_usage"));

            assertThat(thrown.status()).isEqualTo(503);
            assertThat(thrown.retryAfter()).isPresent();
        }
    }

    @Test
    void aPoolThatIsClosedIs503() {
        failures.put("getConnection", () -> new IllegalStateException("the pool is closed"));

        assertThat(failureOf(connection -> 1).status()).isEqualTo(503);
    }

    @ParameterizedTest
    @ValueSource(strings = {"rollback", "close"})
    void aSecondFailureDoesNotHideTheFirst(String method) {
        failures.put(method, DatabaseTest::lost);
        var failure = new IllegalArgumentException("the first");

        assertThatThrownBy(() -> database.transaction(connection -> {
                    throw failure;
                }))
                .isSameAs(failure);
    }

    @Test
    void aCommitSucceedsAlthoughItsConnectionIsLost() {
        int result = database.transaction(connection -> {
            failures.put("setAutoCommit", DatabaseTest::lost);
            failures.put("close", DatabaseTest::lost);
            return 1;
        });

        assertThat(result).isEqualTo(1);
    }

    /** H2 may never return from it. */
    @Test
    void aTransactionOnALostConnectionIsNotRolledBack() {
        failureOf(connection -> {
            throw new SQLException("closed", "90098", 90098);
        });

        assertThat(calls).contains("close").doesNotContain("rollback", "commit");
    }

    @Test
    void anotherFailureIsRolledBack() {
        ClaudeException thrown = failureOf(
                connection -> Sql.update(connection, "insert into claude_lock (name) values ('batch-sending')"));

        assertThat(thrown.status()).isEqualTo(500);
        assertThat(thrown.errorMessage()).contains("SQL state 23505").doesNotContain("not available");
        assertThat(thrown.isRetryable()).isFalse();
        assertThat(thrown.retryAfter()).isEmpty();
        assertThat(calls).contains("rollback");
        assertThat(database.availability().isAway()).isFalse();
    }

    /** The database answers, and a retry does not help if it rejects a value. */
    @ParameterizedTest
    @CsvSource({
        "22001,500",
        "22021,500",
        "23505,500",
        "23502,500",
        "23503,409",
        "23506,409",
        "53100,503",
        "40001,503",
        "08006,503",
        ",503"
    })
    void aRejectionIsNotReportedAsOutage(String state, int status) {
        ClaudeException thrown = failureOf(connection -> {
            var failure = new SQLException("secrets", state);
            throw "22001".equals(state) ? new BatchUpdateException("batch", null, 0, new int[0], failure) : failure;
        });

        assertThat(thrown.status()).isEqualTo(status);
        assertThat(thrown.retryAfter().isPresent()).isEqualTo(status == 503);
        assertThat(thrown.errorMessage()).doesNotContain("secrets");
    }

    @Test
    void anOutageIsLoggedOnceWithoutTheStatement() {
        failures.put("getConnection", DatabaseTest::lost);
        for (int i = 0; i < 100; i++) {
            failureOf(connection -> 1);
        }

        assertThat(warnings.all()).hasSize(1);
        assertThat(warnings.all().get(0))
                .contains("is away", "java.sql.SQLException, SQL state 08006")
                .doesNotContain("secrets");
    }

    private void fail() {
        failures.put("getConnection", DatabaseTest::lost);
        failureOf(connection -> 1);
    }

    private void comeBack() {
        failures.clear();
        database.probeIfAway(TIMEOUT);
    }

    @Test
    void eachOutageIsLogged() {
        for (int i = 0; i < 3; i++) {
            fail();
            comeBack();
            nanos.addAndGet(Duration.ofSeconds(61).toNanos());
        }

        assertThat(warnings.all()).hasSize(3);
    }

    @Test
    void frequentShortOutagesAreLoggedOnce() {
        for (int i = 0; i < 10; i++) {
            fail();
            comeBack();
        }
        assertThat(warnings.all()).hasSize(1);

        fail();
        nanos.addAndGet(Duration.ofSeconds(6).toNanos());
        fail();
        fail();

        assertThat(warnings.all()).hasSize(2);
    }

    /** Such as a failure on a network that drops all packets, which is reported minutes later. */
    @Test
    void aFailureOfWorkThatBeganBeforeTheEndOfTheOutageIsNoNewOutage() {
        failureOf(connection -> {
            failures.put("getConnection", DatabaseTest::lost);
            failureOf(other -> 1);
            failures.clear();
            database.probeIfAway(TIMEOUT);
            throw lost();
        });

        assertThat(database.availability().isAway()).isFalse();
        assertThat(warnings.all()).hasSize(1);
    }

    @Test
    void rejectedStatementsAreLoggedOnceAMinute() {
        for (int minute = 1; minute <= 2; minute++) {
            for (int i = 0; i < 10; i++) {
                failureOf(connection -> {
                    throw new SQLException("no room for secrets", "53100");
                });
            }
            assertThat(warnings.all())
                    .hasSize(minute)
                    .allSatisfy(warning -> assertThat(warning).contains("53100").doesNotContain("secrets"));
            nanos.addAndGet(Duration.ofSeconds(61).toNanos());
        }
    }

    /** Only one thread uses the database: others would wait for its pool, or hang in it. */
    @Test
    void aWatchedDatabaseIsNotUsedDuringAnOutage() throws Exception {
        database.watch();
        failures.put("getConnection", DatabaseTest::lost);
        failureOf(connection -> 1);
        calls.clear();

        assertThat(failureOf(connection -> 1).status()).isEqualTo(503);
        assertThat(database.answers(TIMEOUT)).isFalse();
        assertThatThrownBy(() -> database.source().getConnection()).isInstanceOf(SQLTransientConnectionException.class);
        assertThat(calls).isEmpty();

        failures.clear();
        database.probeIfAway(TIMEOUT);

        assertThat(database.<Integer>transaction(connection -> 1)).isEqualTo(1);
        assertThat(database.answers(TIMEOUT)).isTrue();
    }

    /** Its threads may spin, and its pool may lack connections, although it answers. */
    @Test
    void anEmbeddedDatabaseWhoseStoreFailedNeedsARestart() {
        failures.put("getConnection", () -> new SQLException("closed", "90098", 90098));
        assertThat(database.answers(TIMEOUT)).isFalse();
        nanos.addAndGet(Duration.ofSeconds(59).toNanos());
        assertThat(database.needsRestart()).isEmpty();

        comeBack();
        nanos.addAndGet(Duration.ofSeconds(2).toNanos());

        assertThat(database.answers(TIMEOUT)).isTrue();
        assertThat(database.needsRestart()).get().asString().contains("61 s", "Restart the server");
    }

    @Test
    void anotherFailureOfAnEmbeddedDatabaseNeedsNoRestart() {
        fail();
        failureOf(connection -> {
            throw new SQLException("General error: a bug", "HY000", 50_000);
        });
        nanos.addAndGet(Duration.ofHours(1).toNanos());

        assertThat(database.needsRestart()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "jdbc:h2:tcp://localhost/claude",
                "jdbc:h2:mem:claude",
                "jdbc:h2:ssl://localhost/claude",
                "jdbc:postgresql://localhost/claude"
            })
    void otherUrlsAreNotAFileOfThisProcess(String url) {
        assertThat(H2File.of(url)).isEmpty();
    }

    @Test
    void aFileIsFoundBelowItsFileSystems() {
        String path = new File(folder.toFile(), "claude").getPath();

        for (String url : List.of(
                "jdbc:h2:" + path,
                "jdbc:h2:retry:" + path + ";WRITE_DELAY=0",
                "jdbc:h2:file:" + path,
                "jdbc:h2:~/claude",
                "jdbc:h2:./x")) {
            assertThat(H2File.of(url)).as(url).isPresent();
        }
        assertThat(H2File.of("jdbc:h2:retry:" + path + ";A=1").orElseThrow().hasSpace())
                .isEqualTo(folder.toFile().getUsableSpace() > 16 << 20);
    }
}
