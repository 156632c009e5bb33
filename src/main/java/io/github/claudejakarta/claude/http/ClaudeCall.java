package io.github.claudejakarta.claude.http;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * One request to Claude, through all its attempts: what is asked, what the last attempt met with, and the way to call it
 * off.
 *
 * <p>It is handed to {@link ClaudeClient#call}, whose retries are MicroProfile's; those know neither {@code Retry-After} nor
 * exponential back-off, so a new attempt begins with the wait that the failure before it asks for.
 *
 * <p>{@link #cancel()} may be called by any thread at any time, also while another waits for the answer or reads it.
 */
public final class ClaudeCall implements Watchdog.Watched {

    static final Duration LAST_PATIENCE = Duration.ofSeconds(1);

    private final String method;
    private final String path;
    private final Map<String, String> headers;
    private byte[] body;
    private final boolean isStreaming;

    private int attempts;
    private ClaudeException lastFailure;

    private final CountDownLatch canceled = new CountDownLatch(1);
    private volatile boolean isTimedOut;
    private volatile Runnable abort = () -> { };
    private volatile Duration patience = Duration.ZERO;
    /** When the wait for the next bytes began, or 0 while nobody waits. */
    private volatile long waitingSince;

    private ClaudeCall(String method, String path, Map<String, String> headers, byte[] body, boolean isStreaming) {
        this.method = method;
        this.path = path;
        this.headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        this.headers.putAll(headers);
        this.body = body;
        this.isStreaming = isStreaming;
    }

    /**
     * A question without a body.
     *
     * @param path    from {@code /v1} on, with its query, percent-encoded
     * @param headers the caller's, of which {@link ForwardedHeaders} has picked what may go upstream
     */
    public static ClaudeCall get(String path, Map<String, String> headers) {
        return new ClaudeCall("GET", path, headers, null, false);
    }

    /** A request that is answered as a whole. The body is sent as it is. */
    public static ClaudeCall post(String path, Map<String, String> headers, byte[] body) {
        return new ClaudeCall("POST", path, headers, body, false);
    }

    /** A request whose body says {@code "stream": true}, answered by events. */
    public static ClaudeCall stream(String path, Map<String, String> headers, byte[] body) {
        return new ClaudeCall("POST", path, headers, body, true);
    }

    String method() {
        return method;
    }

    String path() {
        return path;
    }

    Map<String, String> headers() {
        return headers;
    }

    Optional<byte[]> body() {
        return Optional.ofNullable(body);
    }

    boolean isStreaming() {
        return isStreaming;
    }

    /** Calls it off: an attempt that runs is cut, a wait ends, and nothing is tried again. */
    public void cancel() {
        canceled.countDown();
        abort.run();
    }

    public boolean isCanceled() {
        return canceled.getCount() == 0;
    }

    /**
     * The next attempt begins, once it is time.
     *
     * @throws ClaudeException if the call was canceled before or meanwhile
     */
    void beginAttempt(Backoff backoff, Duration patience) {
        try {
            Duration wait = lastFailure == null ? Duration.ZERO : backoff.wait(lastFailure, attempts);
            if (canceled.await(wait.toMillis(), TimeUnit.MILLISECONDS)) {
                throw cancellation();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw cancellation();
        }
        this.patience = patience;
        attempts++;
    }

    /** There is an answer, and nothing will be sent again: a stream need not keep 32 MB for as long as it runs. */
    void forgetBody() {
        body = null;
    }

    ClaudeException failed(ClaudeException failure) {
        lastFailure = failure;
        return failure;
    }

    static ClaudeException cancellation() {
        return ClaudeException.of(ErrorType.API, "The request was canceled");
    }

    /** What cuts the connection of the attempt that runs. */
    void onAbort(Runnable cut) {
        abort = cut;
        if (isCanceled() || isTimedOut) {
            cut.run();
        }
    }

    /** Ends the attempt that runs, and not the call. */
    void cutAttempt() {
        abort.run();
    }

    void waitsForBytes() {
        waitingSince = System.nanoTime() | 1;
    }

    void gotBytes() {
        waitingSince = 0;
    }

    /** Everything that matters has come; the rest may take a moment, and no longer. */
    void losePatience() {
        patience = LAST_PATIENCE;
    }

    boolean isTimedOut() {
        return isTimedOut;
    }

    ClaudeException timeout() {
        return ClaudeException.of(ErrorType.TIMEOUT, isStreaming
            ? "Claude sent nothing for " + patience.toSeconds() + " s"
            : "Claude did not answer within " + patience.toSeconds() + " s");
    }

    @Override
    public void check(long now) {
        long since = waitingSince;
        if (since != 0 && Watchdog.isOver(since, now, patience)) {
            isTimedOut = true;
            abort.run();
        }
    }
}
