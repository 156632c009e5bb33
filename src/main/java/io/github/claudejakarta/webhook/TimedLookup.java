package io.github.claudejakarta.webhook;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Looks up the addresses of a host with a time limit. The platform's look-up has no time-out, and nothing can end it.
 * Callers that look up the same host meanwhile share one look-up, so that a silent name server blocks one thread per
 * name.
 *
 * <p>Safe for use by many threads.
 */
final class TimedLookup implements AddressGuard.Lookup, AutoCloseable {

    /** The maximum number of concurrent look-ups, including look-ups without a waiting caller. */
    private static final int MAX_LOOKUPS = 32;

    private static final int MAX_WAITING = 1_000;
    private static final long IDLE_SECONDS = 10;

    private final AddressGuard.Lookup platform;
    private final Duration limit;
    private final ThreadPoolExecutor threads;
    private final Map<String, FutureTask<InetAddress[]>> current = new ConcurrentHashMap<>();

    TimedLookup(AddressGuard.Lookup platform, Duration limit) {
        this.platform = platform;
        this.limit = limit;
        this.threads = new ThreadPoolExecutor(
                MAX_LOOKUPS,
                MAX_LOOKUPS,
                IDLE_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(MAX_WAITING),
                work -> {
                    // Not a thread of the server, because the look-up may never end.
                    var thread = new Thread(work, "claude-lookup");
                    thread.setDaemon(true);
                    return thread;
                });
        threads.allowCoreThreadTimeOut(true);
    }

    /** The look-up took too long or failed. The host may exist, and the next look-up may succeed. */
    static final class NotAnswered extends UnknownHostException {

        private static final long serialVersionUID = 1;

        private NotAnswered(String host, Exception cause) {
            super(host);
            initCause(cause);
        }
    }

    @Override
    public InetAddress[] addresses(String host) throws UnknownHostException {
        try {
            return shared(host).get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownHostException unknown) {
                throw unknown;
            }
            throw new NotAnswered(host, e);
        } catch (TimeoutException | RejectedExecutionException | CancellationException e) {
            throw new NotAnswered(host, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NotAnswered(host, e);
        }
    }

    private FutureTask<InetAddress[]> shared(String host) {
        var own = new FutureTask<>(() -> platform.addresses(host));
        FutureTask<InetAddress[]> earlier = current.putIfAbsent(host, own);
        if (earlier != null) {
            return earlier;
        }
        boolean isStarted = false;
        try {
            threads.execute(() -> {
                own.run();
                current.remove(host, own);
            });
            isStarted = true;
        } finally {
            if (!isStarted) {
                current.remove(host, own);
                // for the callers that share it
                own.cancel(false);
            }
        }
        return own;
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
