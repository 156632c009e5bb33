package io.github.claudejakarta.server;

/** Runs work of the application in transactions that this project begins and ends. */
public interface TransactionRunner {

    /** Runs the work without a transaction, for a server that has no transaction manager. */
    TransactionRunner NONE = Work::run;

    /** Work that runs in a transaction. */
    @FunctionalInterface
    interface Work {

        void run() throws Exception;
    }

    /**
     * Runs work in a new transaction on the calling thread, and commits the transaction. Rolls it back if the work
     * throws, or has marked it for rollback.
     *
     * @throws Exception the exception of the work, or of a commit that failed
     */
    void run(Work work) throws Exception;
}
