package io.github.claudejakarta.server;

/** Runs work of the application in transactions that this project begins and ends. */
public interface TransactionRunner {

    /** For a server without a transaction manager: the work runs in no transaction. */
    TransactionRunner NONE = Work::run;

    /** What is done in a transaction. */
    @FunctionalInterface
    interface Work {

        void run() throws Exception;
    }

    /**
     * Runs work in a transaction of its own on the calling thread, and commits it. Rolls it back if the work throws, or
     * has marked it for rollback.
     *
     * @throws Exception what the work threw, or why the transaction was not committed
     */
    void run(Work work) throws Exception;
}
