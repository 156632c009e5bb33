package io.github.claudejakarta.claude.http;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.ErrorKind;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.RequestBody;
import io.github.claudejakarta.claude.RequestKind;
import io.github.claudejakarta.claude.Usage;
import io.github.claudejakarta.runtime.MemoryReservation;
import jakarta.ws.rs.core.StreamingOutput;
import java.time.Duration;
import java.util.Optional;

/**
 * One run of a {@link ClaudeRequest}, through all its attempts: how far it is, how the last attempt failed, and the way
 * to cancel it.
 *
 * <p>It is handed to {@link ClaudeClient#call}, whose retries are MicroProfile's. Those know neither
 * {@code Retry-After} nor exponential back-off, so a new attempt begins with the wait that the failure before it
 * requires.
 *
 * <p>{@link #cancel()} may be called by any thread at any time, also while another waits for the answer or reads it.
 */
public final class ClaudeCall {

    private volatile ClaudeRequest request;
    private final Endpoint endpoint;
    private final MemoryReservation answerRoom;
    private final Optional<ErrorType> continues;
    private final CallObservation observation = new CallObservation();
    private final Cancellation cancellation = new Cancellation();
    private final ResponseTimeout responseTimeout;

    private int attempts;
    private ClaudeException lastFailure;
    private volatile boolean isInDoubt;
    private volatile boolean wasSent;
    /** Whether Claude may have processed an attempt that failed. */
    private volatile boolean mayHaveArrived;
    /** Whether Claude may be working on the attempt that runs; guarded by this. */
    private boolean isUnderWay;

    private volatile Runnable cut = () -> {};

    /** Makes a run of a request. An answer that is held whole takes no memory that is counted. */
    public ClaudeCall(ClaudeRequest request) {
        this(request, MemoryReservation.UNLIMITED);
    }

    /**
     * Makes a run of a request.
     *
     * @param answerRoom for an answer that is held whole, taken as it arrives. The caller of this constructor releases
     *     it when it no longer needs the answer
     */
    public ClaudeCall(ClaudeRequest request, MemoryReservation answerRoom) {
        this(request, answerRoom, null);
    }

    private ClaudeCall(ClaudeRequest request, MemoryReservation answerRoom, ClaudeException broken) {
        this.request = request;
        this.endpoint = Endpoint.of(request.kind());
        this.answerRoom = answerRoom;
        this.continues = Optional.ofNullable(broken).map(ClaudeException::type);
        this.lastFailure = broken;
        this.responseTimeout = new ResponseTimeout(isStreaming(), this::cutAttempt);
    }

    /**
     * Makes a run of a request for the rest of an answer. It waits first, like a repeated attempt.
     *
     * @param broken how the answer broke off
     */
    public static ClaudeCall continuing(ClaudeRequest rest, ClaudeException broken) {
        return new ClaudeCall(rest, MemoryReservation.UNLIMITED, broken);
    }

    /** The request, without its body once that is forgotten. */
    public ClaudeRequest request() {
        return request;
    }

    /** How the answer broke off that this call continues; empty for every other call. */
    public Optional<ErrorType> continues() {
        return continues;
    }

    /**
     * What the streamed answer used so far, as Claude last reported. Where Claude has not reported the output yet, each
     * delta counts as one token, which is less than it was. Empty before the answer begins.
     */
    public Optional<Usage> usage() {
        return observation.usage();
    }

    /** Whether a simulator gave the latest answer, and not Claude. False before there is one. */
    public boolean isSimulated() {
        return observation.isSimulated();
    }

    /** The HTTP method. */
    public String method() {
        return endpoint.method();
    }

    /** The path from {@code /v1} on, with {@code {id}} in place of an id, without query. */
    public String template() {
        return endpoint.template();
    }

    /** The path from {@code /v1} on, with its query. */
    String path() {
        return endpoint.path(request);
    }

    MemoryReservation answerRoom() {
        return answerRoom;
    }

    CallObservation observation() {
        return observation;
    }

    ResponseTimeout responseTimeout() {
        return responseTimeout;
    }

    /** How often it was sent, or was about to be. */
    int attempts() {
        return attempts;
    }

    /** The body as JAX-RS takes it: {@link BufferedEntity} or a {@code StreamingOutput}. */
    Optional<Object> entity() {
        return request.body()
                .map(body -> isCreation() || body.bytes().isEmpty()
                        ? (StreamingOutput) body::writeTo
                        : new BufferedEntity(this));
    }

    Endpoint.Form form() {
        return endpoint.form();
    }

    /** Whether the answer is read as it arrives; otherwise it is read as a whole. */
    boolean isStreaming() {
        return endpoint.form() != Endpoint.Form.WHOLE;
    }

    /** Whether it must not be sent again once Claude may have accepted it. */
    boolean isCreation() {
        return request.kind() == RequestKind.CREATE_BATCH;
    }

    /**
     * Whether the last attempt was sent, and it is unknown what Claude did with it: no answer came, or one that does
     * not say. False after an answer that accepts or refuses, and where nothing was sent.
     */
    public boolean isInDoubt() {
        return isInDoubt;
    }

    /** Whether any attempt got as far as to send something; otherwise Claude does not know of it. */
    public boolean wasSent() {
        return wasSent;
    }

    /** Notes that from here on bytes of the request may reach Claude. */
    synchronized void startSending() {
        isUnderWay = true;
        isInDoubt = true;
        wasSent = true;
        responseTimeout.startSending();
    }

    /** Notes that Claude's answer says what became of the request. */
    void settle() {
        isInDoubt = false;
    }

    /** Cancels the call: an attempt that runs is cut, a wait ends, and nothing is sent again. */
    public void cancel() {
        cancel(Cancellation.withoutReason());
    }

    /**
     * Cancels the call like {@link #cancel()}.
     *
     * @param why thrown to the thread that waits for the answer; the reason of the first cancellation counts
     */
    public void cancel(ClaudeException why) {
        cancellation.cancel(why);
        cutAttempt();
    }

    /**
     * Cancels the call like {@link #cancel(ClaudeException)}, unless Claude may have received it: then the attempt that
     * runs comes to its end. For calls that change something at Claude, whose effect would be unknown otherwise. An
     * attempt that fails is not repeated if this is called again after it, or before the next one begins.
     */
    public synchronized void cancelUnlessSent(ClaudeException why) {
        if (!isUnderWay) {
            // Under the lock: an attempt that comes to sending now finds itself cut.
            cancel(why);
        }
    }

    public boolean isCanceled() {
        return cancellation.isCanceled();
    }

    /** Returns why it was canceled. An interrupt counts as a cancellation. */
    ClaudeException cancellation() {
        return cancellation.reason();
    }

    /**
     * Begins the next attempt, after the wait that the failure before it requires.
     *
     * @throws ClaudeException if the call was canceled before or meanwhile
     */
    void beginAttempt(Retries retries, Duration limit) {
        cancellation.pause(lastFailure == null ? Duration.ZERO : retries.wait(lastFailure, attempts));
        responseTimeout.begin(limit);
        isInDoubt = false;
        attempts++;
    }

    /** Notes how the attempt failed that ran. */
    synchronized void endAttempt(ClaudeException failure) {
        isUnderWay = false;
        lastFailure = failure;
        // With TLS an attempt can be unreachable although it was sent: the handshake ends later than it seems.
        mayHaveArrived |= isInDoubt && failure.kind() != ErrorKind.UNREACHABLE;
    }

    /**
     * Returns the error for the caller: the last attempt's, but of the kind {@link ErrorKind#BROKEN} where its kind
     * says that Claude has nothing of the request, and Claude may have processed an earlier attempt.
     */
    ClaudeException outcome(ClaudeException last) {
        boolean isUnprocessed = last.kind() == ErrorKind.UNREACHABLE || last.kind() == ErrorKind.LIMITED;
        return isUnprocessed && mayHaveArrived ? last.withKind(ErrorKind.BROKEN) : last;
    }

    /** The body in memory; empty for a request without one, and once it is forgotten. */
    public Optional<byte[]> keptBody() {
        return request.body().flatMap(RequestBody::bytes);
    }

    /**
     * Releases the body, because nothing will be sent again: there is an answer, or the call is over. A stream need not
     * keep 32 MB for as long as it runs. The reader of a stream calls this, because the body may be needed to continue
     * a broken answer.
     */
    public void forgetBody() {
        ClaudeRequest sent = request;
        request = sent.withoutBody();
        sent.body().ifPresent(RequestBody::release);
    }

    /** @param newCut cuts the connection of the attempt that runs */
    void cutWith(Runnable newCut) {
        cut = newCut;
        if (isCanceled() || responseTimeout.isTimedOut()) {
            newCut.run();
        }
    }

    /** Ends the attempt that runs, and not the call. */
    void cutAttempt() {
        cut.run();
    }
}
