package io.github.claudejakarta.server;

import jakarta.transaction.Status;
import jakarta.transaction.UserTransaction;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Level;
import java.util.logging.Logger;
import javax.naming.InitialContext;
import javax.naming.NamingException;

/** Runs work in JTA transactions of the server. The server sets their time limit. */
final class JtaTransactionRunner implements TransactionRunner {

    private static final Logger LOG = Logger.getLogger(JtaTransactionRunner.class.getName());
    private static final String NAME = "java:comp/UserTransaction";

    private final AtomicBoolean isReported = new AtomicBoolean();

    @Override
    public void run(Work work) throws Exception {
        UserTransaction transaction;
        try {
            transaction = InitialContext.doLookup(NAME);
        } catch (NamingException e) {
            if (isReported.compareAndSet(false, true)) {
                LOG.log(
                        Level.WARNING,
                        "The server has no transactions (" + NAME + "): listeners run without a transaction. Add the"
                                + " feature transaction-2.0 to server.xml.",
                        e);
            }
            work.run();
            return;
        }
        run(transaction, work);
    }

    static void run(UserTransaction transaction, Work work) throws Exception {
        transaction.begin();
        boolean isDone = false;
        try {
            work.run();
            isDone = true;
        } finally {
            if (!isDone) {
                rollBack(transaction);
            }
        }
        // Throws if the work has marked the transaction for rollback.
        transaction.commit();
    }

    /** Rolls the transaction back. Logs a failure to do so, because the caller reports the exception of the work. */
    private static void rollBack(UserTransaction transaction) {
        try {
            if (transaction.getStatus() != Status.STATUS_NO_TRANSACTION) {
                transaction.rollback();
            }
        } catch (Exception e) {
            LOG.log(Level.WARNING, "The transaction of a listener could not be rolled back", e);
        }
    }
}
