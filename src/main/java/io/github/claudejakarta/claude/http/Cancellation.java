package io.github.claudejakarta.claude.http;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorKind;
import io.github.claudejakarta.claude.ErrorType;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** Whether a call is canceled, and why. Safe for use by many threads. */
final class Cancellation {

    private final CountDownLatch canceled = new CountDownLatch(1);
    private final AtomicReference<ClaudeException> reason = new AtomicReference<>();

    /** Cancels the call and ends its waits. The reason of the first cancellation counts. */
    void cancel(ClaudeException why) {
        reason.compareAndSet(null, why);
        canceled.countDown();
    }

    boolean isCanceled() {
        return canceled.getCount() == 0;
    }

    /** Returns why the call was canceled. An interrupt counts as a cancellation. */
    ClaudeException reason() {
        ClaudeException why = reason.get();
        return why == null ? withoutReason() : why;
    }

    static ClaudeException withoutReason() {
        return ClaudeException.of(ErrorKind.CANCELED, ErrorType.API, "The request was canceled");
    }

    /**
     * Waits for a duration.
     *
     * @throws ClaudeException if the call is or was canceled, or the thread was interrupted
     */
    void pause(Duration duration) {
        try {
            if (canceled.await(duration.toMillis(), TimeUnit.MILLISECONDS)) {
                throw reason();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw reason();
        }
    }
}
