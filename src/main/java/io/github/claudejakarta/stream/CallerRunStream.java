package io.github.claudejakarta.stream;

/** A stream that its caller runs on the caller's own thread. Clients can watch it before it runs. */
public final class CallerRunStream {

    private final LiveStream stream;
    private final Runnable work;

    /**
     * Creates a stream that does not run yet.
     *
     * @param work sends the request and reads the answer to its end, on the calling thread
     */
    CallerRunStream(LiveStream stream, Runnable work) {
        this.stream = stream;
        this.work = work;
    }

    /** Returns the stream, to watch or cancel it. */
    public ClaudeStream stream() {
        return stream;
    }

    /**
     * Sends the request, and runs the stream to its end on the calling thread. A failure ends the stream with an error,
     * and is not thrown.
     */
    public void run() {
        work.run();
    }

    /**
     * Closes the connection to Claude. The thread that runs the stream then finds the connection broken, and the answer
     * is not continued. Returns immediately.
     */
    public void cut() {
        stream.cut();
    }

    /** Returns whether {@link #cut} was called. */
    public boolean isCut() {
        return stream.isCut();
    }

    /** Returns whether the stream was running when the server shut down, and ended for that reason. */
    public boolean isStopped() {
        return stream.isStopped();
    }
}
