package io.github.claudejakarta.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.transaction.RollbackException;
import jakarta.transaction.Status;
import jakarta.transaction.UserTransaction;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class JtaTransactionRunnerTest {

    private final List<String> done = new ArrayList<>();
    private int status = Status.STATUS_ACTIVE;
    private Exception failure;

    private final UserTransaction transaction = (UserTransaction) Proxy.newProxyInstance(
            JtaTransactionRunnerTest.class.getClassLoader(),
            new Class<?>[] {UserTransaction.class},
            (proxy, method, arguments) -> {
                if (method.getName().equals("getStatus")) {
                    return status;
                }
                done.add(method.getName());
                if (method.getName().equals("commit") && failure != null) {
                    throw failure;
                }
                return null;
            });

    @Test
    void workIsCommitted() throws Exception {
        JtaTransactionRunner.run(transaction, () -> done.add("work"));

        assertThat(done).containsExactly("begin", "work", "commit");
    }

    @Test
    void workThatFailsIsRolledBack() {
        var mine = new Exception("mine");

        assertThatThrownBy(() -> JtaTransactionRunner.run(transaction, () -> {
                    throw mine;
                }))
                .isSameAs(mine);

        assertThat(done).containsExactly("begin", "rollback");
    }

    @Test
    void workThatThrowsAnErrorIsRolledBack() {
        assertThatThrownBy(() -> JtaTransactionRunner.run(transaction, () -> {
                    throw new NoClassDefFoundError("mine");
                }))
                .isInstanceOf(NoClassDefFoundError.class);

        assertThat(done).containsExactly("begin", "rollback");
    }

    @Test
    void aFailedCommitIsReported() {
        failure = new RollbackException("marked");

        assertThatThrownBy(() -> JtaTransactionRunner.run(transaction, () -> {}))
                .isSameAs(failure);
    }

    @Test
    void aTransactionThatTheWorkHasEndedIsNotRolledBack() {
        status = Status.STATUS_NO_TRANSACTION;

        assertThatThrownBy(() -> JtaTransactionRunner.run(transaction, () -> {
                    throw new IllegalStateException("mine");
                }))
                .isInstanceOf(IllegalStateException.class);

        assertThat(done).containsExactly("begin");
    }

    @Test
    void outsideOfAServerWorkRunsWithoutATransaction() throws Exception {
        new JtaTransactionRunner().run(() -> done.add("work"));

        assertThat(done).containsExactly("work");
    }
}
