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
 * One run of a {@link ClaudeRequest} with all its attempts. It has the state of the run and the failure of the last
 * attempt, and can be canceled.
 *
 * <p>{@link ClaudeClient#call} runs it with MicroProfile's retries. These support neither {@code Retry-After} nor
 * exponential back-off. Therefore each new attempt first waits for the time that the previous failure requires.
 *
 * <p>Any thread may call {@link #cancel()} at any time, also while another thread waits for the answer or reads it.
 */
public final class ClaudeCall {

    private volatile ClaudeRequest request;
    private final Endpoint endpoint;
    private final MemoryReservation answerMemory;
    private final Optional<ErrorType> continuedError;
    private final CallObservation observation = new CallObservation();
    private final Cancellation cancellation = new Cancellation();
    private final ResponseTimeout responseTimeout;

    private int attempts;
    private ClaudeException lastFailure;
    private volatile boolean isInDoubt;
    private volatile boolean wasSent;
    /** Whether Claude may have processed an attempt that failed. */
    private volatile boolean mayHaveArrived;
    /** Whether Claude may be processing the current attempt; guarded by this object. */
    private boolean isAtClaude;

    private volatile Runnable cut = () -> {};

    /** Creates a run of a request. The memory of a whole answer is not counted. */
    public ClaudeCall(ClaudeRequest request) {
        this(request, MemoryReservation.UNLIMITED);
    }

    /**
     * Creates a run of a request.
     *
     * @param answerMemory the memory for a whole answer, reserved as it arrives. The caller of this constructor
     *     releases it when the answer is no longer needed
     */
    public ClaudeCall(ClaudeRequest request, MemoryReservation answerMemory) {
        this(request, answerMemory, null);
    }

    private ClaudeCall(ClaudeRequest request, MemoryReservation answerMemory, ClaudeException broken) {
        this.request = request;
        this.endpoint = Endpoint.of(request.kind());
        this.answerMemory = answerMemory;
        this.continuedError = Optional.ofNullable(broken).map(ClaudeException::type);
        this.lastFailure = broken;
        this.responseTimeout = new ResponseTimeout(isStreaming(), this::cutAttempt);
    }

    /**
     * Creates a run of a request for the rest of an answer. It waits first, like a repeated attempt.
     *
     * @param broken the error with which the answer broke off
     */
    public static ClaudeCall continuing(ClaudeRequest rest, ClaudeException broken) {
        return new ClaudeCall(rest, MemoryReservation.UNLIMITED, broken);
    }

    /** Returns the request. It has no body after {@link #releaseBody()}. */
    public ClaudeRequest request() {
        return request;
    }

    /** Returns the error of the broken answer that this call continues; empty for every other call. */
    public Optional<ErrorType> continuedError() {
        return continuedError;
    }

    /**
     * Returns the usage of the streamed answer so far, as Claude last reported it. Until Claude reports the output,
     * each delta counts as one token, which is fewer than were used. Empty before the answer begins.
     */
    public Optional<Usage> usage() {
        return observation.usage();
    }

    /** Whether a simulator sent the latest answer, and not Claude. False before the first answer. */
    public boolean isSimulated() {
        return observation.isSimulated();
    }

    /** Returns the HTTP method. */
    public String method() {
        return endpoint.method();
    }

    /** Returns the path from {@code /v1} on without query, with {@code {id}} instead of an id. */
    public String template() {
        return endpoint.template();
    }

    /** Returns the path from {@code /v1} on, with its query. */
    String path() {
        return endpoint.path(request);
    }

    MemoryReservation answerMemory() {
        return answerMemory;
    }

    CallObservation observation() {
        return observation;
    }

    ResponseTimeout responseTimeout() {
        return responseTimeout;
    }

    /** Returns the number of attempts that have begun. */
    int attempts() {
        return attempts;
    }

    /** Returns the body for JAX-RS: a {@link BufferedEntity} or a {@code StreamingOutput}. */
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

    /** Whether the request must not be sent again after Claude may have accepted it. */
    boolean isCreation() {
        return request.kind() == RequestKind.CREATE_BATCH;
    }

    /**
     * Whether the last attempt was sent and its effect at Claude is unknown, because no answer or an inconclusive
     * answer arrived. False after an answer that accepts or rejects the request, and if nothing was sent.
     */
    public boolean isInDoubt() {
        return isInDoubt;
    }

    /** Whether any attempt has sent bytes. If not, Claude does not know the request. */
    public boolean wasSent() {
        return wasSent;
    }

    /** Records that bytes of the request may reach Claude from now on. */
    synchronized void startSending() {
        isAtClaude = true;
        isInDoubt = true;
        wasSent = true;
        responseTimeout.startSending();
    }

    /** Records that Claude's answer makes the effect of the request known. */
    void clearDoubt() {
        isInDoubt = false;
    }

    /** Cancels the call: the current attempt is cut, a wait ends, and nothing is sent again. */
    public void cancel() {
        cancel(Cancellation.withoutReason());
    }

    /**
     * Cancels the call like {@link #cancel()}.
     *
     * @param why the exception for the thread that waits for the answer; the reason of the first cancellation counts
     */
    public void cancel(ClaudeException why) {
        cancellation.cancel(why);
        cutAttempt();
    }

    /**
     * Cancels the call like {@link #cancel(ClaudeException)}, unless Claude may have received it; then the current
     * attempt continues to its end. For calls that change data at Claude, because their effect would be unknown
     * otherwise. A failed attempt is not repeated if this method is called again before the next attempt begins.
     */
    public synchronized void cancelUnlessSent(ClaudeException why) {
        if (!isAtClaude) {
            // Under the lock: an attempt that is about to send is cut before it sends.
            cancel(why);
        }
    }

    public boolean isCanceled() {
        return cancellation.isCanceled();
    }

    /** Returns why the call was canceled. An interrupt counts as a cancellation. */
    ClaudeException cancellation() {
        return cancellation.reason();
    }

    /**
     * Begins the next attempt, after the wait that the previous failure requires.
     *
     * @throws ClaudeException if the call is or was canceled
     */
    void beginAttempt(Retries retries, Duration limit) {
        cancellation.pause(lastFailure == null ? Duration.ZERO : retries.wait(lastFailure, attempts));
        responseTimeout.begin(limit);
        isInDoubt = false;
        attempts++;
    }

    /** Records the failure of the current attempt. */
    synchronized void endAttempt(ClaudeException failure) {
        isAtClaude = false;
        lastFailure = failure;
        // With TLS, sending may begin before the handshake has failed. Such an attempt has not reached Claude.
        mayHaveArrived |= isInDoubt && failure.kind() != ErrorKind.UNREACHABLE;
    }

    /**
     * Returns the error for the caller: the error of the last attempt. Its kind becomes {@link ErrorKind#BROKEN} if it
     * would mean that Claude did not receive the request, although Claude may have processed an earlier attempt.
     */
    ClaudeException outcome(ClaudeException last) {
        boolean isUnprocessed = last.kind() == ErrorKind.UNREACHABLE || last.kind() == ErrorKind.LIMITED;
        return isUnprocessed && mayHaveArrived ? last.withKind(ErrorKind.BROKEN) : last;
    }

    /** Returns the body in memory. Empty for a request without one, and after {@link #releaseBody()}. */
    public Optional<byte[]> bodyBytes() {
        return request.body().flatMap(RequestBody::bytes);
    }

    /**
     * Releases the body, which may have 32 MB, because it will not be sent again. The transport calls this for a whole
     * answer. The reader of a stream calls it itself, because the body may be needed to continue a broken answer.
     */
    public void releaseBody() {
        ClaudeRequest sent = request;
        request = sent.withoutBody();
        sent.body().ifPresent(RequestBody::release);
    }

    /** @param newCut cuts the connection of the current attempt */
    void setCut(Runnable newCut) {
        cut = newCut;
        if (isCanceled() || responseTimeout.isTimedOut()) {
            newCut.run();
        }
    }

    /** Ends the current attempt, but not the call. */
    void cutAttempt() {
        cut.run();
    }
}
