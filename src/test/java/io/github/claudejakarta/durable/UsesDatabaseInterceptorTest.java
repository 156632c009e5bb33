package io.github.claudejakarta.durable;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.claudejakarta.batch.BatchManagerBean;
import io.github.claudejakarta.job.JobManagerBean;
import jakarta.transaction.TransactionalException;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;

class UsesDatabaseInterceptorTest {

    private final UsesDatabaseInterceptor interceptor = new UsesDatabaseInterceptor(Impatient.database(() -> null));

    @Test
    void aTransactionThatTheContainerCannotEndIs503() {
        var failure = interceptor.translated(new TransactionalException("Resource(s) failed to complete.", null));

        assertThat(failure.status()).isEqualTo(503);
        assertThat(failure.retryAfter()).isPresent();
    }

    @Test
    void aRejectedValueIsNotReportedAsUnavailable() {
        var rejected = new SQLException("secrets", "23505");

        var failure = interceptor.translated(new TransactionalException("x", new RuntimeException(rejected)));

        assertThat(failure.status()).isEqualTo(500);
        assertThat(failure.errorMessage()).contains("SQL state 23505").doesNotContain("not available", "secrets");
    }

    @Test
    void appliesToAllBeansOutsideTransactions() {
        assertThat(List.of(JobManagerBean.class, BatchManagerBean.class))
                .allMatch(bean -> bean.isAnnotationPresent(UsesDatabase.class));
    }
}
