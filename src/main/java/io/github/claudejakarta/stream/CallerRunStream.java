package io.github.claudejakarta.stream;

/**
 * A stream that was made and not started, for a caller that carries it on a thread of its own. It can be watched from
 * its creation on.
 */
public final class CallerRunStream {

    private final LiveStream stream;
    private final Runnable work;

    /** @param work sends the request and reads the answer to its end, on the calling thread */
    CallerRunStream(LiveStream stream, Runnable work) {
        this.stream = stream;
        this.work = work;
    }

    /** The stream, for those who watch or cancel it. */
    public ClaudeStream stream() {
        return stream;
    }

    /** Sends the request, and carries the stream to its end on the calling thread. A failure shows in the stream. */
    public void run() {
        work.run();
    }

    /**
     * Cuts the connection to Claude, and nothing else: the thread that carries the stream finds it broken, and the
     * answer is not continued. Waits for nothing.
     */
    public void cut() {
        stream.cut();
    }

    /** Whether it was {@link #cut}. */
    public boolean isCut() {
        return stream.isCut();
    }

    /** Whether the stream was running when the server shut down, and was ended for that reason. */
    public boolean isStopped() {
        return stream.isStopped();
    }
}
