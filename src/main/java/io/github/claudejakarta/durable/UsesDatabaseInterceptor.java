package io.github.claudejakarta.durable;

import io.github.claudejakarta.claude.ClaudeException;
import jakarta.annotation.Priority;
import jakarta.inject.Inject;
import jakarta.interceptor.AroundInvoke;
import jakarta.interceptor.Interceptor;
import jakarta.interceptor.InvocationContext;
import jakarta.transaction.TransactionalException;

/**
 * Converts the container's failure to end a local transaction to status 503, unless the database rejected a value. The
 * container rolls back connections that a method leaves open, including lost connections. If the rollback fails, the
 * container throws its own exception and discards ours. This interceptor runs around {@code @Transactional}, whose
 * priority is {@code PLATFORM_BEFORE} + 200.
 */
@UsesDatabase
@Interceptor
@Priority(Interceptor.Priority.PLATFORM_BEFORE + 100)
class UsesDatabaseInterceptor {

    private final Database database;

    @Inject
    UsesDatabaseInterceptor(Database database) {
        this.database = database;
    }

    @AroundInvoke
    Object translate(InvocationContext context) throws Exception {
        try {
            return context.proceed();
        } catch (TransactionalException e) {
            throw translated(e);
        }
    }

    ClaudeException translated(TransactionalException failure) {
        Availability availability = database.availability();
        return availability.failure(failure, availability.unavailableMessage());
    }
}
