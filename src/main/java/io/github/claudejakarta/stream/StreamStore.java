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
 * All streams that run or are kept, within a limit of bytes: where it is reached, ended streams go, oldest first; then
 * new ones are refused; and at twice the limit a running one that grows is ended, so that nothing Claude sends fills
 * the heap.
 *
 * <p>Safe for use by many threads.
 */
final class StreamStore implements Watchdog.Watched {

    /** What a stream costs besides its events, roughly. */
    static final long STREAM_BYTES = 2_000;

    private static final long SWEEP_NANOS = Duration.ofSeconds(1).toNanos();
    private static final Duration TRY_AGAIN = Duration.ofSeconds(10);

    private final StreamSettings settings;
    private final Clock clock;
    private final Consumer<LiveStream> whenEnded;

    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong created = new AtomicLong();
    private final Map<String, Long> orders = new ConcurrentHashMap<>();
    private final ConcurrentSkipListMap<Long, LiveStream> byOrder = new ConcurrentSkipListMap<>();

    /** Of the watchdog's thread alone. */
    private long sweptAt;
    /** When a sweep first saw that a stream had ended. Of the watchdog's thread alone. */
    private final Map<Long, Long> seenEnded = new HashMap<>();

    /** @param whenEnded told of each stream that has ended, by the thread that ended it */
    StreamStore(StreamSettings settings, Clock clock, Consumer<LiveStream> whenEnded) {
        this.settings = settings;
        this.clock = clock;
        this.whenEnded = whenEnded;
    }

    /** @throws ClaudeException {@code overloaded_error} where running streams take all the room there is */
    void requireRoom() {
        makeRoom(STREAM_BYTES);
        if (bytes.get() + STREAM_BYTES > settings.maxBytes()) {
            throw ClaudeException.of(
                            ErrorType.OVERLOADED,
                            "The streams that run take all the memory they may " + "(claude.stream.max-bytes: "
                                    + settings.maxBytes() + ")")
                    .withRetryAfter(TRY_AGAIN);
        }
    }

    /** @param over is called once, when the stream has ended */
    LiveStream add(ClaudeCall call, RecoveryMode recovery, boolean outlivesItsClients, Consumer<LiveStream> over) {
        var stream = new LiveStream(
                RandomId.of("stream_"),
                call.request().caller(),
                call,
                recovery,
                outlivesItsClients,
                clock,
                this::grown,
                ended -> {
                    over.accept(ended);
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

    /** All streams, newest first. */
    List<LiveStream> newestFirst() {
        return List.copyOf(byOrder.descendingMap().values());
    }

    private void grown(LiveStream stream, long added) {
        if (bytes.addAndGet(added) <= settings.maxBytes()) {
            return;
        }
        makeRoom(0);
        if (bytes.get() > 2 * settings.maxBytes()) {
            stream.fail(ClaudeException.of(
                    ErrorType.OVERLOADED,
                    "The streams that run take twice the memory they may " + "(claude.stream.max-bytes: "
                            + settings.maxBytes() + "); this one was growing"));
        }
    }

    private void makeRoom(long more) {
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
     * Removes streams whose retention has expired. It is measured by the watchdog's time: the wall clock may be set
     * meanwhile.
     */
    @Override
    public void check(long now) {
        if (now - sweptAt < SWEEP_NANOS) {
            return;
        }
        sweptAt = now;
        for (Map.Entry<Long, LiveStream> entry : byOrder.entrySet()) {
            if (entry.getValue().endedAt().isPresent()
                    && now - seenEnded.computeIfAbsent(entry.getKey(), first -> now)
                            >= settings.retention().toNanos()) {
                remove(entry);
            }
        }
        seenEnded.keySet().retainAll(byOrder.keySet());
    }

    /** Bytes of all logs. */
    long bytes() {
        return bytes.get();
    }
}
