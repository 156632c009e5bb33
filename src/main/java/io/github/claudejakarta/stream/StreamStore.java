package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.RecoveryMode;
import io.github.claudejakarta.claude.http.ClaudeCall;
import io.github.claudejakarta.runtime.Watchdog;
import io.github.claudejakarta.web.RandomId;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * All streams that run or are stored, within a limit of bytes ({@code claude.stream.max-bytes}). At the limit, ended
 * streams are removed, oldest first; then new streams are rejected. At twice the limit, a running stream that grows is
 * ended, so that Claude's answers cannot fill the heap.
 *
 * <p>Safe for use by many threads.
 */
final class StreamStore implements Watchdog.Watched {

    /** The approximate memory of a stream without its events, in bytes. */
    static final long STREAM_BYTES = 2_000;

    private static final long CHECK_NANOS = Duration.ofSeconds(1).toNanos();
    private static final Duration RETRY_AFTER = Duration.ofSeconds(10);

    private final StreamSettings settings;
    private final Clock clock;
    private final Consumer<LiveStream> whenEnded;

    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong created = new AtomicLong();
    private final Map<String, Long> orders = new ConcurrentHashMap<>();
    private final ConcurrentSkipListMap<Long, LiveStream> byOrder = new ConcurrentSkipListMap<>();

    /** Used by the watchdog's thread only. */
    private long checkedAt;
    /** The time at which the watchdog first saw that a stream had ended. Used by its thread only. */
    private final Map<Long, Long> seenEnded = new HashMap<>();

    /**
     * Creates an empty store.
     *
     * @param whenEnded called for each stream that has ended, by the thread that ended it
     */
    StreamStore(StreamSettings settings, Clock clock, Consumer<LiveStream> whenEnded) {
        this.settings = settings;
        this.clock = clock;
        this.whenEnded = whenEnded;
    }

    /**
     * Checks that memory is left for another stream.
     *
     * @throws ClaudeException {@code overloaded_error} if running streams use all memory
     */
    void requireMemory() {
        removeEnded(STREAM_BYTES);
        if (bytes.get() + STREAM_BYTES > settings.maxBytes()) {
            throw ClaudeException.of(
                            ErrorType.OVERLOADED,
                            "Running streams use all memory for streams (claude.stream.max-bytes: "
                                    + settings.maxBytes() + "). Retry in " + RETRY_AFTER.toSeconds() + " s.")
                    .withRetryAfter(RETRY_AFTER);
        }
    }

    /**
     * Adds a running stream.
     *
     * @param onEnd called once, when the stream has ended
     */
    LiveStream add(ClaudeCall call, RecoveryMode recovery, boolean outlivesItsClients, Consumer<LiveStream> onEnd) {
        var stream = new LiveStream(
                RandomId.of("stream_"),
                call.request().caller(),
                call,
                recovery,
                outlivesItsClients,
                clock,
                this::onGrowth,
                ended -> {
                    onEnd.accept(ended);
                    whenEnded.accept(ended);
                });
        bytes.addAndGet(STREAM_BYTES + stream.log().bytes());
        long order = created.incrementAndGet();
        byOrder.put(order, stream);
        orders.put(stream.id(), order);
        return stream;
    }

    Optional<LiveStream> find(String id) {
        return Optional.ofNullable(orders.get(id)).map(byOrder::get);
    }

    /** Returns all streams, newest first. */
    List<LiveStream> newestFirst() {
        return List.copyOf(byOrder.descendingMap().values());
    }

    private void onGrowth(LiveStream stream, long added) {
        if (bytes.addAndGet(added) <= settings.maxBytes()) {
            return;
        }
        removeEnded(0);
        if (bytes.get() > 2 * settings.maxBytes()) {
            stream.fail(ClaudeException.of(
                    ErrorType.OVERLOADED,
                    "The stream was ended, because running streams use twice the memory for streams (claude.stream.max-bytes: "
                            + settings.maxBytes() + "). Retry later."));
        }
    }

    private void removeEnded(long more) {
        if (bytes.get() + more <= settings.maxBytes()) {
            return;
        }
        for (Map.Entry<Long, LiveStream> entry : byOrder.entrySet()) {
            if (bytes.get() + more <= settings.maxBytes()) {
                return;
            }
            if (entry.getValue().endedAt().isPresent()) {
                remove(entry);
            }
        }
    }

    private void remove(Map.Entry<Long, LiveStream> entry) {
        LiveStream stream = entry.getValue();
        if (byOrder.remove(entry.getKey(), stream)) {
            orders.remove(stream.id());
            bytes.addAndGet(-STREAM_BYTES - stream.log().release());
        }
    }

    /**
     * Removes streams whose retention has expired. The watchdog's clock measures it, because the wall clock may be set.
     */
    @Override
    public void check(long now) {
        if (now - checkedAt < CHECK_NANOS) {
            return;
        }
        checkedAt = now;
        for (Map.Entry<Long, LiveStream> entry : byOrder.entrySet()) {
            if (entry.getValue().endedAt().isPresent()
                    && now - seenEnded.computeIfAbsent(entry.getKey(), first -> now)
                            >= settings.retention().toNanos()) {
                remove(entry);
            }
        }
        seenEnded.keySet().retainAll(byOrder.keySet());
    }

    /** Returns the bytes of all logs. */
    long bytes() {
        return bytes.get();
    }
}
