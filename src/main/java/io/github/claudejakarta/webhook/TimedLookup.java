package io.github.claudejakarta.webhook;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Waits for the addresses of a host, and not for as long as a name server likes: the platform's look-up takes no time-out, and nothing ends it.
 *
 * <p>Safe for use by many threads.
 */
final class TimedLookup implements AddressGuard.Lookup, AutoCloseable {

    /** Look-ups at a time, those included that nobody waits for any more. */
    private static final int MOST = 32;
    private static final long KEPT_SECONDS = 10;

    private final AddressGuard.Lookup platform;
    private final Duration limit;
    private final ThreadPoolExecutor threads;

    TimedLookup(AddressGuard.Lookup platform, Duration limit) {
        this.platform = platform;
        this.limit = limit;
        this.threads = new ThreadPoolExecutor(0, MOST, KEPT_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(), work -> {
            // Not one of the server's: there may be nobody who ever ends it.
            var thread = new Thread(work, "claude-lookup");
            thread.setDaemon(true);
            return thread;
        });
    }

    @Override
    public InetAddress[] addresses(String host) throws UnknownHostException {
        try {
            Future<InetAddress[]> lookup = threads.submit(() -> platform.addresses(host));
            return lookup.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof UnknownHostException unknown ? unknown : unknown(host, e);
        } catch (TimeoutException | RejectedExecutionException e) {
            throw unknown(host, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw unknown(host, e);
        }
    }

    private static UnknownHostException unknown(String host, Exception cause) {
        var unknown = new UnknownHostException(host);
        unknown.initCause(cause);
        return unknown;
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
