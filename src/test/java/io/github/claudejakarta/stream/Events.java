package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.http.ServerSentEvent;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/** Creates events, logs and upstreams for tests. */
final class Events {

    static final ServerSentEvent START = ServerSentEvent.of(
            "message_start",
            "{\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\",\"content\":[],"
                    + "\"stop_reason\":null,\"usage\":{\"input_tokens\":3,\"output_tokens\":1}}}");
    static final ServerSentEvent STOP = ServerSentEvent.of("message_stop", "{\"type\":\"message_stop\"}");
    static final ServerSentEvent ERROR = ServerSentEvent.of(
            "error", "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}");

    private static final long TIMEOUT_SECONDS = 10;

    private Events() {}

    /** Returns an event that contains its number. */
    static ServerSentEvent numbered(int number) {
        return ServerSentEvent.of("content_block_delta", "{\"n\":" + number + "}");
    }

    static List<ServerSentEvent> numbered(int from, int to) {
        return IntStream.range(from, to).mapToObj(Events::numbered).toList();
    }

    static StreamLog log() {
        return new StreamLog(Clock.systemUTC(), added -> {});
    }

    /** Returns a log with these events that has not ended. */
    static StreamLog logOf(List<ServerSentEvent> events) {
        var log = log();
        log.append(events);
        return log;
    }

    /** Returns the reader of a log with this upstream. */
    static UpstreamReader readingFrom(EventSource source) {
        var reads = new UpstreamReader(log(), () -> {});
        reads.readFrom(source);
        return reads;
    }

    /** Returns a reader that may read the upstream. */
    static BlockingReader reader(UpstreamReader reads, int position) {
        return new BlockingReader(reads, position, true);
    }

    /** Returns all events of a log from a cursor on. */
    static List<ServerSentEvent> rest(StreamCursor cursor) {
        var events = new ArrayList<ServerSentEvent>();
        for (EventRun run = cursor.poll(); !run.isEmpty(); run = cursor.poll()) {
            events.addAll(run.events());
        }
        return events;
    }

    /** Returns all events of a reader until the end. */
    static List<ServerSentEvent> rest(BlockingReader reader) throws InterruptedException {
        var events = new ArrayList<ServerSentEvent>();
        for (EventRun run = reader.next(); !run.isEmpty(); run = reader.next()) {
            events.addAll(run.events());
        }
        return events;
    }

    /** An upstream whose events the test pushes. */
    static final class Pushed implements EventSource {

        private final BlockingQueue<List<ServerSentEvent>> queue = new LinkedBlockingQueue<>();
        private final BlockingQueue<Thread> reading = new LinkedBlockingQueue<>();
        final AtomicInteger readers = new AtomicInteger();
        final AtomicInteger mostReaders = new AtomicInteger();
        final AtomicInteger reads = new AtomicInteger();
        final AtomicInteger closed = new AtomicInteger();
        final Queue<Thread> closedBy = new ConcurrentLinkedQueue<>();

        Pushed push(ServerSentEvent... events) {
            return push(List.of(events));
        }

        Pushed push(List<ServerSentEvent> events) {
            queue.add(events);
            return this;
        }

        /** Waits until another read has begun, and returns its thread. */
        Thread awaitRead() throws InterruptedException {
            Thread reader = reading.poll(TIMEOUT_SECONDS, TimeUnit.SECONDS);
            if (reader == null) {
                throw new AssertionError("the upstream is not read");
            }
            return reader;
        }

        @Override
        public List<ServerSentEvent> read() {
            reads.incrementAndGet();
            mostReaders.accumulateAndGet(readers.incrementAndGet(), Math::max);
            reading.add(Thread.currentThread());
            try {
                return queue.take();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return List.of(ERROR);
            } finally {
                readers.decrementAndGet();
            }
        }

        @Override
        public void close() {
            closed.incrementAndGet();
            closedBy.add(Thread.currentThread());
        }
    }
}
