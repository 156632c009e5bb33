package io.github.claudejakarta.claude.http;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.Usage;
import io.github.claudejakarta.runtime.Room;
import io.github.claudejakarta.runtime.Watchdog;
import jakarta.ws.rs.core.StreamingOutput;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;

/**
 * One request to Claude, through all its attempts: what is asked, what the last attempt met with, and the way to call
 * it off.
 *
 * <p>It is handed to {@link ClaudeClient#call}, whose retries are MicroProfile's; those know neither
 * {@code Retry-After} nor exponential back-off, so a new attempt begins with the wait that the failure before it asks
 * for.
 *
 * <p>{@link #cancel()} may be called by any thread at any time, also while another waits for the answer or reads it.
 */
public final class ClaudeCall implements Watchdog.Watched {

    static final Duration LAST_PATIENCE = Duration.ofSeconds(1);

    /** In which form the answer is wanted. */
    enum Form {
        WHOLE,
        EVENTS,
        CONTENT
    }

    private static final String MESSAGES = "/v1/messages";
    /** The application itself, where nobody else is named. */
    private static final String LOCAL = "local";

    private final String method;
    private final String path;
    private final Map<String, String> headers;
    private volatile byte[] body;
    private volatile Runnable bodyForgotten = () -> {};
    private Room answerRoom = Room.UNLIMITED;
    private final StreamingOutput upload;
    private final Form form;
    private String caller = LOCAL;
    private String model = "";
    private CallObserver observer;
    private boolean isBodyKept;
    private ClaudeException continued;
    private final CallObservation observation = new CallObservation();

    private int attempts;
    private volatile boolean isInDoubt;
    private volatile boolean wasSent;
    /** Whether Claude may be working on the attempt that runs; guarded by this. */
    private boolean isUnderWay;

    private ClaudeException lastFailure;

    private final CountDownLatch canceled = new CountDownLatch(1);
    private final AtomicReference<ClaudeException> cancellation = new AtomicReference<>();
    private volatile boolean isTimedOut;
    private volatile Runnable abort = () -> {};
    private volatile Duration patience = Duration.ZERO;
    /** When the wait for the next bytes began, or 0 while nobody waits. */
    private volatile long waitingSince;
    /** When the request of the attempt that runs was begun. */
    private volatile long sentAt;

    private ClaudeCall(
            String method, String path, Map<String, String> headers, byte[] body, StreamingOutput upload, Form form) {
        this.method = method;
        this.path = path;
        this.headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        this.headers.putAll(headers);
        this.body = body;
        this.upload = upload;
        this.form = form;
    }

    /**
     * A question without a body.
     *
     * @param path from {@code /v1} on, with its query, percent-encoded
     * @param headers the caller's, of which {@link ForwardedHeaders} has picked what may go upstream
     */
    public static ClaudeCall get(String path, Map<String, String> headers) {
        return new ClaudeCall("GET", path, headers, null, null, Form.WHOLE);
    }

    /** A request that is answered as a whole. The body is sent as it is. */
    public static ClaudeCall post(String path, Map<String, String> headers, byte[] body) {
        return new ClaudeCall("POST", path, headers, body, null, Form.WHOLE);
    }

    /** To be rid of something. */
    public static ClaudeCall delete(String path, Map<String, String> headers) {
        return new ClaudeCall("DELETE", path, headers, null, null, Form.WHOLE);
    }

    /**
     * A request that makes something and must not make it twice: it is repeated only where Claude cannot have accepted
     * it. Afterwards {@link #isInDoubt()} says whether that is known.
     *
     * @param body JSON of any length, which is written anew for each attempt and never held in memory
     */
    public static ClaudeCall create(String path, Map<String, String> headers, StreamingOutput body) {
        return new ClaudeCall("POST", path, headers, null, body, Form.WHOLE);
    }

    /** A question whose answer may be of any length, and is given as {@link ClaudeAnswer#content()}. */
    public static ClaudeCall download(String path, Map<String, String> headers) {
        return new ClaudeCall("GET", path, headers, null, null, Form.CONTENT);
    }

    /** A request whose body says {@code "stream": true}, answered by events. */
    public static ClaudeCall stream(String path, Map<String, String> headers, byte[] body) {
        return new ClaudeCall("POST", path, headers, body, null, Form.EVENTS);
    }

    /** For whom it is made: the name of a caller. Nothing of it goes upstream. */
    public ClaudeCall by(String callersName) {
        caller = callersName;
        return this;
    }

    /** The model that its body asks for. */
    public ClaudeCall of(String modelsName) {
        model = modelsName;
        return this;
    }

    /** Somebody who wants to know of this call alone. */
    public ClaudeCall observedBy(CallObserver one) {
        observer = one;
        return this;
    }

    /**
     * To be told when its body is no longer kept, of a call that is answered by events, and whose end
     * {@link #forgetBody()} is told by whoever makes it.
     *
     * @param what may be run more than once
     */
    public ClaudeCall whenBodyIsForgotten(Runnable what) {
        bodyForgotten = what;
        return this;
    }

    /**
     * Takes room for an answer that is held whole, as it arrives. The caller releases it when it no longer needs the
     * answer.
     */
    public ClaudeCall withAnswerRoom(Room room) {
        answerRoom = room;
        return this;
    }

    Room answerRoom() {
        return answerRoom;
    }

    /**
     * Has its body kept until {@link #forgetBody()} is called, also after Claude has begun to answer: it may have to be
     * asked again.
     */
    public ClaudeCall keepingBody() {
        isBodyKept = true;
        return this;
    }

    /** The same with another body, for the same caller: a call of its own. */
    public ClaudeCall again(byte[] otherBody) {
        return new ClaudeCall(method, path, headers, otherBody, upload, form)
                .by(caller)
                .of(model)
                .observedBy(observer);
    }

    /**
     * It asks for the rest of an answer that broke off so, and waits a moment first, as an attempt would that is made
     * again.
     */
    public ClaudeCall continuing(ClaudeException broken) {
        continued = broken;
        lastFailure = broken;
        return this;
    }

    /** How the answer broke off that it asks to go on with; empty for every other call. */
    public Optional<ErrorType> continues() {
        return Optional.ofNullable(continued).map(ClaudeException::type);
    }

    /**
     * What the streamed answer used so far, as Claude last told; where it has not told its output yet, each delta
     * counts as one token, which is less than it was. Empty before its beginning.
     */
    public Optional<Usage> usage() {
        return observation.usage();
    }

    /** The name of the caller for whom it is made; {@code local} for the application itself. */
    public String caller() {
        return caller;
    }

    /** The model that is asked for; empty for a call that asks none, or whose body nobody has looked into. */
    public String model() {
        return model;
    }

    public String method() {
        return method;
    }

    /** From {@code /v1} on, with its query. */
    public String path() {
        return path;
    }

    /** Whether it asks for a message, streamed or not. */
    public boolean isMessage() {
        return method.equals("POST") && (path.equals(MESSAGES) || path.startsWith(MESSAGES + "?"));
    }

    List<CallObserver> observers(List<CallObserver> all) {
        return observer == null
                ? all
                : Stream.concat(Stream.of(observer), all.stream()).toList();
    }

    CallObservation observation() {
        return observation;
    }

    /** How often it was sent, or was about to be. */
    int attempts() {
        return attempts;
    }

    Map<String, String> headers() {
        return headers;
    }

    /** As JAX-RS takes it: {@link HeldEntity} or a {@code StreamingOutput}. */
    Optional<Object> entity() {
        if (upload != null) {
            return Optional.of(upload);
        }
        return body == null ? Optional.empty() : Optional.of(new HeldEntity(this));
    }

    Form form() {
        return form;
    }

    /** Whether what is waited for is the next byte; otherwise it is the whole answer. */
    boolean isStreaming() {
        return form != Form.WHOLE;
    }

    /** Whether the answer is wanted as events. */
    public boolean isStream() {
        return form == Form.EVENTS;
    }

    /** Whether it must not be sent again once Claude may have accepted it. */
    boolean isCreation() {
        return upload != null;
    }

    /**
     * Whether the last attempt was sent, and it is not known what Claude did with it: no answer came, or one that does
     * not say. False after an answer that accepts or refuses, and where nothing was sent.
     */
    public boolean isInDoubt() {
        return isInDoubt;
    }

    /** Whether any attempt got as far as to send something; otherwise Claude does not know of it. */
    public boolean wasSent() {
        return wasSent;
    }

    /** From here on bytes of the request may reach Claude. */
    synchronized void sends() {
        isUnderWay = true;
        isInDoubt = true;
        wasSent = true;
        sentAt = now();
        waitsForBytes();
    }

    /** Claude has said what became of it. */
    void isSettled() {
        isInDoubt = false;
    }

    /** Calls it off: an attempt that runs is cut, a wait ends, and nothing is tried again. */
    public void cancel() {
        cancel(ClaudeException.of(ErrorType.API, "The request was canceled"));
    }

    /**
     * Cancels the call like {@link #cancel()}.
     *
     * @param why thrown to the thread that waits for the answer; the reason of the first cancellation counts
     */
    public void cancel(ClaudeException why) {
        cancellation.compareAndSet(null, why);
        canceled.countDown();
        abort.run();
    }

    /**
     * Cancels the call like {@link #cancel(ClaudeException)}, unless Claude may have received it: then the attempt that
     * runs comes to its end. For calls that change something at Claude, whose effect would be unknown otherwise. An
     * attempt that fails is not repeated if this is called again after it, or before the next one begins.
     */
    public synchronized void cancelUnlessSent(ClaudeException why) {
        if (!isUnderWay) {
            // Under the lock: an attempt that comes to sending now finds itself aborted.
            cancel(why);
        }
    }

    public boolean isCanceled() {
        return canceled.getCount() == 0;
    }

    /**
     * The next attempt begins, once it is time.
     *
     * @throws ClaudeException if the call was canceled before or meanwhile
     */
    void beginAttempt(Retries retries, Duration patience) {
        try {
            Duration wait = lastFailure == null ? Duration.ZERO : retries.wait(lastFailure, attempts);
            if (canceled.await(wait.toMillis(), TimeUnit.MILLISECONDS)) {
                throw cancellation();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw cancellation();
        }
        this.patience = patience;
        isInDoubt = false;
        sentAt = 0;
        attempts++;
    }

    /** Claude has begun to answer. */
    void isAnswered() {
        if (!isBodyKept) {
            forgetBody();
        }
    }

    /** What is sent; empty for a question without a body, and once it is forgotten. */
    public Optional<byte[]> keptBody() {
        return Optional.ofNullable(body);
    }

    /**
     * Nothing will be sent again, because there is an answer, or the call is over: a stream need not keep 32 MB for as
     * long as it runs.
     */
    public void forgetBody() {
        body = null;
        bodyForgotten.run();
    }

    synchronized ClaudeException failed(ClaudeException failure) {
        isUnderWay = false;
        lastFailure = failure;
        return failure;
    }

    /** Why it was canceled. An interrupt counts as a cancellation. */
    ClaudeException cancellation() {
        ClaudeException why = cancellation.get();
        return why == null ? ClaudeException.of(ErrorType.API, "The request was canceled") : why;
    }

    /** What cuts the connection of the attempt that runs. */
    void onAbort(Runnable cut) {
        abort = cut;
        if (isCanceled() || isTimedOut) {
            cut.run();
        }
    }

    /** Ends the attempt that runs, and not the call. */
    void cutAttempt() {
        abort.run();
    }

    /**
     * A wait for the next bytes begins, or continues after some bytes have arrived. An answer that is not streamed has
     * one limit in all, from its request on.
     */
    void waitsForBytes() {
        waitingSince = isStreaming() || sentAt == 0 ? now() : sentAt;
    }

    /** Never 0, which stands for no time. */
    private static long now() {
        return System.nanoTime() | 1;
    }

    void gotBytes() {
        waitingSince = 0;
    }

    /** Everything that matters has come; the rest may take a moment, and no longer. */
    void losePatience() {
        patience = LAST_PATIENCE;
    }

    boolean isTimedOut() {
        return isTimedOut;
    }

    ClaudeException timeout() {
        return ClaudeException.of(
                ErrorType.TIMEOUT,
                isStreaming()
                        ? "Claude sent nothing for " + patience.toSeconds() + " s"
                        : "Claude did not answer within " + patience.toSeconds() + " s");
    }

    @Override
    public void check(long now) {
        long since = waitingSince;
        if (since != 0 && Watchdog.isOver(since, now, patience)) {
            isTimedOut = true;
            abort.run();
        }
    }
}
