package io.github.claudejakarta.durable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.server.CurrentTransaction;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.h2.jdbcx.JdbcConnectionPool;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests of work in the transaction of a caller. */
@Timeout(30)
class JoinTest {

    private static JdbcConnectionPool pool;
    private static Database outside;

    private final FakeTransaction transaction = new FakeTransaction();
    private final Database database = Impatient.opened(pool, transaction);
    private final AtomicInteger done = new AtomicInteger();

    @BeforeAll
    static void open() {
        pool = JdbcConnectionPool.create("jdbc:h2:mem:join", "claude", "claude");
        outside = Impatient.opened(pool);
        outside.use(connection -> Sql.update(connection, "create table thing (name varchar(9) primary key)"));
    }

    @AfterEach
    void clear() throws Exception {
        transaction.rollback();
        outside.use(connection -> Sql.update(connection, "delete from thing"));
    }

    @AfterAll
    static void close() {
        pool.dispose();
    }

    private static int insert(Connection connection, String name) throws SQLException {
        return Sql.update(connection, "insert into thing values (?)", name);
    }

    private int join(String... names) {
        return database.join(
                connection -> {
                    for (String name : names) {
                        insert(connection, name);
                    }
                    return names.length;
                },
                done::incrementAndGet);
    }

    private static List<String> things() {
        return outside.use(
                connection -> Sql.list(connection, "select name from thing order by name", row -> row.getString(1)));
    }

    @Test
    void withoutATransactionWorkIsCommittedImmediately() {
        assertThat(join("a", "b")).isEqualTo(2);

        assertThat(things()).containsExactly("a", "b");
        assertThat(done).hasValue(1);
    }

    @Test
    void withoutATransactionAllOrNoWorkIsCommitted() {
        assertThatThrownBy(() -> join("a", "a")).isInstanceOf(ClaudeException.class);

        assertThat(things()).isEmpty();
        assertThat(done).hasValue(0);
    }

    @Test
    void workIsInvisibleBeforeTheCommit() throws Exception {
        transaction.begin();

        assertThat(join("a")).isEqualTo(1);

        assertThat(things()).isEmpty();
        assertThat(done).hasValue(0);
        transaction.commit();
        assertThat(things()).containsExactly("a");
        assertThat(done).hasValue(1);
    }

    @Test
    void workIsUndoneByARollback() throws Exception {
        transaction.begin();
        join("a");

        transaction.rollback();

        assertThat(things()).isEmpty();
        assertThat(done).hasValue(0);
    }

    @Test
    void workIsCommittedWithTheCallersWork() throws Exception {
        transaction.begin();
        join("a");
        insert(transaction.connection(), "b");
        join("c");

        List<String> within =
                Sql.list(transaction.connection(), "select name from thing order by name", row -> row.getString(1));
        assertThat(within).containsExactly("a", "b", "c");
        transaction.commit();

        assertThat(things()).containsExactly("a", "b", "c");
        assertThat(done).hasValue(2);
    }

    @Test
    void afterARejectionTheTransactionCanOnlyBeRolledBack() {
        transaction.begin();
        join("a");

        var failure = catchThrowableOfType(ClaudeException.class, () -> join("a"));

        assertThat(failure.status()).isEqualTo(500);
        assertThat(failure).hasRootCauseInstanceOf(SQLException.class);
        assertThat(transaction.isRollbackOnly()).isTrue();
        assertThat(done).hasValue(0);
    }

    @Test
    void afterAnotherFailureTheTransactionCanOnlyBeRolledBack() {
        transaction.begin();
        var failure = new IllegalStateException("no");

        assertThatIllegalStateException()
                .isThrownBy(() -> database.join(
                        connection -> {
                            insert(connection, "a");
                            throw failure;
                        },
                        done::incrementAndGet))
                .isSameAs(failure);

        assertThat(transaction.isRollbackOnly()).isTrue();
    }

    /** For example a method that a library lacks: half of the work must not be committed. */
    @Test
    void afterAnErrorTheTransactionCanOnlyBeRolledBack() {
        transaction.begin();
        var error = new NoSuchMethodError("made by the test");

        assertThatThrownBy(() -> database.join(
                        connection -> {
                            insert(connection, "a");
                            throw error;
                        },
                        done::incrementAndGet))
                .isSameAs(error);

        assertThat(transaction.isRollbackOnly()).isTrue();
    }

    @Test
    void withoutAConnectionTheTransactionCanOnlyBeRolledBack() {
        var wire = new CuttableSource(pool);
        Database cut = Impatient.opened(wire.source(), transaction);
        transaction.begin();
        wire.cut();

        assertThat(catchThrowableOfType(ClaudeException.class, () -> cut.join(connection -> 1, done::incrementAndGet))
                        .status())
                .isEqualTo(503);

        assertThat(transaction.isRollbackOnly()).isTrue();
    }

    @Test
    void otherWorkDoesNotBelongToTheTransaction() throws Exception {
        transaction.begin();
        join("a");

        database.transaction(connection -> insert(connection, "b"));
        assertThat(things()).containsExactly("b");
        transaction.rollback();

        assertThat(things()).containsExactly("b");
    }

    @Test
    void anUnavailableDatabaseDoesNotChangeTheTransaction() {
        var unavailable = new Database(
                Impatient.SETTINGS,
                () -> {
                    throw new IllegalStateException("none");
                },
                transaction,
                Duration.ofMillis(1),
                System::nanoTime);
        transaction.begin();
        var seen = new ArrayList<String>();

        var failure = catchThrowableOfType(
                ClaudeException.class, () -> unavailable.join(connection -> seen.add("x"), done::incrementAndGet));

        assertThat(failure.status()).isEqualTo(503);

        assertThat(seen).isEmpty();
        assertThat(transaction.isRollbackOnly()).isFalse();
    }

    @Test
    void outsideAServerNoTransactionIsActive() {
        assertThat(CurrentTransaction.NONE.isActive()).isFalse();
        assertThatIllegalStateException().isThrownBy(() -> CurrentTransaction.NONE.connection(pool));
        assertThatIllegalStateException().isThrownBy(CurrentTransaction.NONE::rollBack);
        assertThatIllegalStateException().isThrownBy(() -> CurrentTransaction.NONE.afterCommit(() -> {}));
    }
}
