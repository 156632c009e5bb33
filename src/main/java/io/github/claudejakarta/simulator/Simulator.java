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
 * A scripted Claude API on a loopback port: what a client needs to run, to be shown and to be tested without a key.
 *
 * <pre>{@code
 * try (var simulator = Simulator.start(Thread::new)) {
 *     client.post(simulator.baseUri().resolve("/v1/messages"), "sim:events=20 cut_at=5");
 *     assertThat(simulator.requests()).hasSize(1);
 * }
 * }</pre>
 *
 * <p>All methods may be called from any thread. {@code docs/simulator.md} says what it answers, and how to make it
 * fail.
 */
@PublicApi
public final class Simulator implements AutoCloseable {

    /**
     * What a simulator has seen since its start.
     *
     * @param requests requests of every kind that were read whole
     * @param openMessages messages, streamed or not, that are being answered
     * @param endedMessages messages that came to the end of their script, a refusal or a fault included
     * @param abortedMessages messages whose client left before that
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

    /** Starts a simulator on a free port, with one thread to accept and one for each connection. */
    public static Simulator start(ThreadFactory threads) throws IOException {
        return start(threads, 0);
    }

    /** Starts a simulator on this port of 127.0.0.1; 0 is a free one. */
    public static Simulator start(ThreadFactory threads, int port) throws IOException {
        return start(threads, port, Limits.DEFAULT, Clock.systemUTC());
    }

    static Simulator start(ThreadFactory threads, int port, Limits limits, Clock clock) throws IOException {
        return new Simulator(threads, port, limits, clock);
    }

    /** Where it is, {@code http://127.0.0.1:port}: what {@code https://api.anthropic.com} is for Claude. */
    public URI baseUri() {
        return URI.create("http://127.0.0.1:" + server.port());
    }

    /** The last 100 requests, oldest first. */
    public List<RecordedRequest> requests() {
        return recorder.requests();
    }

    /**
     * The requests for messages among {@link #requests}, oldest first, but for those whose body is larger than 64 KiB.
     */
    public List<SimulatedRequest> messages() {
        return requests().stream()
                .map(RecordedRequest::message)
                .flatMap(Optional::stream)
                .toList();
    }

    /**
     * Answers the next requests for messages with these replies, one each, in the order of the requests' arrival. An
     * attempt that is repeated is a request, and so is one that continues a broken answer. Requests in batches are not
     * answered from the queue.
     *
     * @throws IllegalStateException if more than 10,000 replies wait
     */
    public Simulator enqueue(Reply... next) {
        replies.enqueue(List.of(next));
        return this;
    }

    /**
     * Answers requests for messages, alone and in batches, with what a function returns, unless a reply is queued.
     * Replaces the function before.
     *
     * <pre>{@code
     * simulator.answerWith(request -> request.prompt().contains("capital")
     *         ? Reply.text("Berlin")
     *         : Reply.simulated());
     * }</pre>
     *
     * @param answers called by several threads, and for a request in a batch again each time its result is read. If it
     *     fails, the request is answered with 500 and the failure
     */
    public Simulator answerWith(Function<SimulatedRequest, Reply> answers) {
        replies.answerWith(answers);
        return this;
    }

    /** How many replies wait for a request. */
    public int queuedReplies() {
        return replies.queued();
    }

    /**
     * From now on answers to prompts without directives arrive without delay, and batches end when they are created.
     */
    public Simulator skipDelays() {
        replies.skipDelays();
        return this;
    }

    /** Forgets replies, the function for answers, and recorded requests. Batches and counts stay. */
    public void forget() {
        replies.forget();
        recorder.forgetRequests();
    }

    /** The ids of the batches that are kept, newest first; also of those that a script hides. */
    public List<String> batches() {
        return batches.newestFirst().stream().map(Batch::id).toList();
    }

    /** A consistent snapshot. */
    public Counts counts() {
        return recorder.counts();
    }

    /** How many connections are open, idle ones included. */
    public int connectionCount() {
        return server.connectionCount();
    }

    /** Waits until the counts are so, and says whether they were in time. */
    public boolean await(Predicate<Counts> condition, Duration limit) throws InterruptedException {
        return recorder.await(condition, limit);
    }

    /** Ends the port, every connection and every thread, and waits up to five seconds for these. */
    @Override
    public void close() {
        server.close();
    }
}
