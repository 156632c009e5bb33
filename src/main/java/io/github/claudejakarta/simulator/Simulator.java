package io.github.claudejakarta.simulator;

import io.github.claudejakarta.claude.PublicApi;
import java.io.IOException;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadFactory;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * A scripted Claude API on a loopback port. Clients run, are demonstrated and are tested with it without a key.
 *
 * <pre>{@code
 * try (var simulator = Simulator.start(Thread::new)) {
 *     client.post(simulator.baseUri().resolve("/v1/messages"), "sim:events=20 cut_at=5");
 *     assertThat(simulator.requests()).hasSize(1);
 * }
 * }</pre>
 *
 * <p>Safe for use by many threads. {@code docs/simulator.md} describes its answers, and the faults that it simulates.
 */
@PublicApi
public final class Simulator implements AutoCloseable {

    /**
     * The counts of a simulator since its start.
     *
     * @param requests requests of every kind that were read completely
     * @param openMessages messages, streamed or not, that are being answered
     * @param endedMessages messages that reached the end of their script, including refusals and faults
     * @param abortedMessages messages whose client closed the connection before their end
     */
    public record Counts(long requests, long openMessages, long endedMessages, long abortedMessages) {

        static final Counts NONE = new Counts(0, 0, 0, 0);
    }

    private final Recorder recorder = new Recorder();
    private final Replies replies = new Replies();
    private final BatchStore batches;
    private final SocketServer server;

    private Simulator(ThreadFactory threads, int port, Limits limits, Clock clock) throws IOException {
        var failures = new Failures();
        var messages = new Messages(recorder, failures, replies, clock);
        batches = new BatchStore(limits.batches());
        var dispatcher =
                new Dispatcher(messages, new Batches(batches, failures, replies, limits, clock), recorder, clock);
        server = new SocketServer(port, limits, dispatcher, threads);
    }

    /**
     * Starts a simulator on a free port.
     *
     * @param threads makes one thread that accepts connections, and one for each connection
     */
    public static Simulator start(ThreadFactory threads) throws IOException {
        return start(threads, 0);
    }

    /**
     * Starts a simulator on a port of 127.0.0.1.
     *
     * @param threads makes one thread that accepts connections, and one for each connection
     * @param port 0 for a free port
     */
    public static Simulator start(ThreadFactory threads, int port) throws IOException {
        return start(threads, port, Limits.DEFAULT, Clock.systemUTC());
    }

    static Simulator start(ThreadFactory threads, int port, Limits limits, Clock clock) throws IOException {
        return new Simulator(threads, port, limits, clock);
    }

    /** Returns the base URL, {@code http://127.0.0.1:port}. It replaces {@code https://api.anthropic.com}. */
    public URI baseUri() {
        return URI.create("http://127.0.0.1:" + server.port());
    }

    /** Returns the last 100 requests, oldest first. */
    public List<RecordedRequest> requests() {
        return recorder.requests();
    }

    /**
     * Returns the requests for messages among {@link #requests}, oldest first. Requests with a body larger than 64 KiB
     * are not included.
     */
    public List<SimulatedRequest> messages() {
        return requests().stream()
                .map(RecordedRequest::message)
                .flatMap(Optional::stream)
                .toList();
    }

    /**
     * Answers the next requests for messages with these replies, one each, in the order in which the requests arrive.
     * Each retry is a request, and so is the continuation of a broken answer. Requests in batches do not use the queue.
     *
     * @throws IllegalStateException if more than 10,000 replies are queued
     */
    public Simulator enqueue(Reply... next) {
        replies.enqueue(List.of(next));
        return this;
    }

    /**
     * Answers requests for messages, single and in batches, with the replies of a function, unless a reply is queued.
     * Replaces the previous function.
     *
     * <pre>{@code
     * simulator.answerWith(request -> request.prompt().contains("capital")
     *         ? Reply.text("Berlin")
     *         : Reply.simulated());
     * }</pre>
     *
     * @param answers is called by several threads. It is called for a request in a batch each time its result is read.
     *     If it fails, the request is answered with 500 and the failure
     */
    public Simulator answerWith(Function<SimulatedRequest, Reply> answers) {
        replies.answerWith(answers);
        return this;
    }

    /** Returns the number of queued replies. */
    public int queuedReplies() {
        return replies.queued();
    }

    /**
     * Disables delays: from now on answers to prompts without directives have no delay, and batches end when they are
     * created.
     */
    public Simulator skipDelays() {
        replies.skipDelays();
        return this;
    }

    /** Removes queued replies, the function for answers, and recorded requests. Batches and counts stay. */
    public void forget() {
        replies.clear();
        recorder.clearRequests();
    }

    /** Returns the ids of the stored batches, newest first, including batches that a script hides. */
    public List<String> batches() {
        return batches.newestFirst().stream().map(Batch::id).toList();
    }

    /** Returns a consistent snapshot of the counts. */
    public Counts counts() {
        return recorder.counts();
    }

    /** Returns the number of open connections, including idle ones. */
    public int connectionCount() {
        return server.connectionCount();
    }

    /** Waits until the counts fulfill a condition. Returns false if the time limit expires first. */
    public boolean await(Predicate<Counts> condition, Duration limit) throws InterruptedException {
        return recorder.await(condition, limit);
    }

    /** Closes the port and all connections. Waits up to five seconds until all threads have ended. */
    @Override
    public void close() {
        server.close();
    }
}
