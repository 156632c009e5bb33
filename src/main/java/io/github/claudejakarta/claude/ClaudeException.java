package io.github.claudejakarta.claude;

import jakarta.json.JsonObject;
import jakarta.json.bind.annotation.JsonbTypeAdapter;
import java.io.Serializable;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * A request failed. {@link #kind()} says how, for a {@code switch}:
 *
 * <pre>{@code
 * try {
 *     return claude.send(request);
 * } catch (ClaudeException e) {
 *     switch (e.kind()) {
 *         case REFUSED -> handle(e.type(), e.requestId());          // Claude answered with an error
 *         case LIMITED, UNREACHABLE, UNAVAILABLE -> later(e.retryAfter());
 *         case TIMED_OUT, BROKEN -> askAPerson(e);                   // Claude may have processed the request
 *         case CANCELED -> {}
 *         case INVALID, NOT_FOUND, INTERNAL -> throw e;              // a fault of the application or of the server
 *     }
 * }
 * }</pre>
 *
 * <p>The exception also has the error as HTTP callers see it: a status, the type, the request id, how long to wait, and
 * the body in Anthropic's shape. Immutable, and serializable.
 */
@PublicApi
@JsonbTypeAdapter(ClaudeException.Adapter.class)
public final class ClaudeException extends RuntimeException implements JsonBacked {

    private static final long serialVersionUID = 1;

    private static final Pattern MAY_BE_SHOWN = Pattern.compile(
            "request-id|retry-after|retry-after-ms|x-should-retry|claude-simulator|anthropic-(ratelimit|priority|fast)-.*");
    private static final BigDecimal LONGEST_SECONDS =
            BigDecimal.valueOf(Duration.ofDays(366).toSeconds());

    private static final String SHOULD_RETRY = "x-should-retry";
    private static final String SPEND_LIMIT = "enforced_spend_limit_reached";

    private final Facts facts;

    private ClaudeException(Facts facts, Throwable cause) {
        super(facts.summary(), cause);
        this.facts = facts;
    }

    /** An error of our own, with the status that belongs to its type. */
    public static ClaudeException of(ErrorType type, String message) {
        return of(type.status(), type, message);
    }

    /** An error of this kind that did not come from Claude, with the status that belongs to its type. */
    public static ClaudeException of(ErrorKind kind, ErrorType type, String message) {
        return of(type, message).withKind(kind);
    }

    /** An error of our own with a status of its own, as 405 or 415. */
    public static ClaudeException of(int status, ErrorType type, String message) {
        return new ClaudeException(
                new Facts(
                        ErrorKind.ofOwn(status, type), status, false, type, message, null, null, null, Map.of(), null),
                null);
    }

    /**
     * An error that came within an answer whose status says nothing of it.
     *
     * @param headers of that answer; their names in any case
     */
    static ClaudeException ofEnvelope(ErrorEnvelope envelope, Map<String, String> headers) {
        return of(envelope.type().status(), false, envelope, JsonText.text(envelope.json()), caseless(headers));
    }

    private static ClaudeException of(
            int status, boolean isReceived, ErrorEnvelope envelope, String received, Map<String, String> headers) {
        var requestId = Optional.ofNullable(headers.get("request-id")).or(envelope::requestId);
        return new ClaudeException(
                new Facts(
                        ErrorKind.REFUSED,
                        status,
                        isReceived,
                        envelope.type(),
                        envelope.message(),
                        envelope.errorCode().orElse(null),
                        requestId.orElse(null),
                        retryAfter(headers).orElse(null),
                        shown(headers),
                        received),
                null);
    }

    private static Map<String, String> caseless(Map<String, String> headers) {
        var all = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
        all.putAll(headers);
        return all;
    }

    /**
     * The error of an answer with an error status. A body that is not Anthropic's, as the pages of proxies and of CDNs,
     * is left behind and the type taken from the status.
     *
     * @param headers of the answer; their names in any case
     * @param body of the answer, {@code ""} where there was none
     */
    public static ClaudeException ofAnswer(int status, Map<String, String> headers, String body) {
        var all = caseless(headers);
        var envelope = JsonText.object(body).flatMap(ErrorEnvelope::in);
        if (envelope.isPresent()) {
            return of(status, true, envelope.get(), body, all);
        }
        var message = ErrorEnvelope.messageIn(body).orElse("HTTP status " + status);
        return new ClaudeException(
                new Facts(
                        ErrorKind.REFUSED,
                        status,
                        true,
                        ErrorType.ofStatus(status),
                        message,
                        null,
                        all.get("request-id"),
                        retryAfter(all).orElse(null),
                        shown(all),
                        null),
                null);
    }

    /** This error with another wait; {@link #headers()} stay as they came. */
    public ClaudeException withRetryAfter(Duration retryAfter) {
        return new ClaudeException(
                new Facts(
                        facts.kind,
                        facts.status,
                        facts.isReceived,
                        facts.type,
                        facts.message,
                        facts.errorCode,
                        facts.requestId,
                        Objects.requireNonNull(retryAfter, "retryAfter"),
                        facts.headers,
                        facts.received),
                getCause());
    }

    /** This error with a request id; a body that was received stays as it came. */
    public ClaudeException withRequestId(String requestId) {
        return new ClaudeException(
                new Facts(
                        facts.kind,
                        facts.status,
                        facts.isReceived,
                        facts.type,
                        facts.message,
                        facts.errorCode,
                        Objects.requireNonNull(requestId, "requestId"),
                        facts.retryAfter,
                        facts.headers,
                        facts.received),
                getCause());
    }

    /**
     * This error as a final one: the same would come again, or would be paid for again. Callers see that by
     * {@code x-should-retry}, which official SDKs obey.
     */
    public ClaudeException withoutRetry() {
        var headers = new TreeMap<>(facts.headers);
        headers.put(SHOULD_RETRY, "false");
        return new ClaudeException(
                new Facts(
                        facts.kind,
                        facts.status,
                        facts.isReceived,
                        facts.type,
                        facts.message,
                        facts.errorCode,
                        facts.requestId,
                        facts.retryAfter,
                        Map.copyOf(headers),
                        facts.received),
                getCause());
    }

    /** This error as one of another kind. Everything else stays, and with it what HTTP callers see. */
    public ClaudeException withKind(ErrorKind kind) {
        return new ClaudeException(
                new Facts(
                        Objects.requireNonNull(kind, "kind"),
                        facts.status,
                        facts.isReceived,
                        facts.type,
                        facts.message,
                        facts.errorCode,
                        facts.requestId,
                        facts.retryAfter,
                        facts.headers,
                        facts.received),
                getCause());
    }

    public ClaudeException withCause(Throwable cause) {
        return new ClaudeException(facts, cause);
    }

    /** How the request failed, for a {@code switch}. */
    public ErrorKind kind() {
        return facts.kind;
    }

    /** The HTTP status: of the answer, or the one that belongs to the type of an error within a stream. */
    public int status() {
        return facts.status;
    }

    public ErrorType type() {
        return facts.type;
    }

    /** What went wrong, without the type, the status and the id that {@link #getMessage()} adds. */
    public String errorMessage() {
        return facts.message;
    }

    /** {@code error.details.error_code}, as {@code enforced_spend_limit_reached}. */
    public Optional<String> errorCode() {
        return Optional.ofNullable(facts.errorCode);
    }

    /**
     * Whether the same request may succeed later: what the answer's {@code x-should-retry} says of that, or else its
     * status; of an error within a stream, and of our own, its type. A month's budget that is spent stays so. False for
     * a {@linkplain ErrorKind#CANCELED canceled} request: it did not fail.
     */
    public boolean mayPass() {
        if (facts.kind == ErrorKind.CANCELED) {
            return false;
        }
        var advice = facts.headers.getOrDefault(SHOULD_RETRY, "");
        if (advice.equals("true") || advice.equals("false")) {
            return advice.equals("true");
        }
        return !SPEND_LIMIT.equals(facts.errorCode)
                && (facts.isReceived ? mayPass(facts.status) : facts.type.isRetryable());
    }

    private static boolean mayPass(int status) {
        return status == 408 || status == 409 || status == 429 || status >= 500;
    }

    public Optional<String> requestId() {
        return Optional.ofNullable(facts.requestId);
    }

    /** How long to wait, from the headers {@code retry-after-ms} and {@code retry-after}; never zero or less. */
    public Optional<Duration> retryAfter() {
        return Optional.ofNullable(facts.retryAfter);
    }

    /** The headers of the answer that a caller may see, names in lower case: the request id, waiting, rate limits. */
    public Map<String, String> headers() {
        return facts.headers;
    }

    /**
     * The error in Anthropic's shape: as received, or made where the answer had none. Lone halves of surrogate pairs
     * are escapes.
     */
    public String body() {
        return facts.received != null
                ? facts.received
                : JsonText.text(
                        ErrorEnvelope.of(facts.type, facts.message, requestId()).json());
    }

    /**
     * The error in Anthropic's shape with the field {@code kind} (in lower case), for the JSON of an application. What
     * HTTP callers of this module get is the {@link #body()}, which has no kind.
     */
    @Override
    public JsonObject json() {
        JsonObject body = JsonText.object(body())
                .orElseGet(() ->
                        ErrorEnvelope.of(facts.type, facts.message, requestId()).json());
        return JsonText.builder(body)
                .add("kind", facts.kind.name().toLowerCase(Locale.ROOT))
                .build();
    }

    private static Map<String, String> shown(Map<String, String> headers) {
        var shown = new TreeMap<String, String>();
        headers.forEach((name, value) -> {
            var lowerCase = name.toLowerCase(Locale.ROOT);
            if (MAY_BE_SHOWN.matcher(lowerCase).matches()) {
                shown.put(lowerCase, value);
            }
        });
        return Map.copyOf(shown);
    }

    private static Optional<Duration> retryAfter(Map<String, String> headers) {
        var milliseconds = Optional.ofNullable(headers.get("retry-after-ms"))
                .flatMap(ClaudeException::number)
                .map(value -> value.movePointLeft(3));
        var seconds = Optional.ofNullable(headers.get("retry-after")).flatMap(ClaudeException::number);
        return milliseconds
                .flatMap(ClaudeException::wait)
                .or(() -> seconds.flatMap(ClaudeException::wait))
                .or(() -> untilDate(headers));
    }

    private static Optional<BigDecimal> number(String text) {
        try {
            return Optional.of(new BigDecimal(text.strip()));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    private static Optional<Duration> wait(BigDecimal seconds) {
        return Optional.of(seconds)
                .filter(value -> value.signum() > 0 && value.compareTo(LONGEST_SECONDS) <= 0)
                .map(value -> Duration.ofMillis(value.movePointRight(3).longValue()))
                .filter(wait -> !wait.isZero());
    }

    /** A date is relative to the {@code date} of the same answer: the server's clock may not be ours. */
    private static Optional<Duration> untilDate(Map<String, String> headers) {
        try {
            var now = ZonedDateTime.parse(headers.getOrDefault("date", ""), DateTimeFormatter.RFC_1123_DATE_TIME);
            var then =
                    ZonedDateTime.parse(headers.getOrDefault("retry-after", ""), DateTimeFormatter.RFC_1123_DATE_TIME);
            return Optional.of(Duration.between(now, then)).filter(wait -> !wait.isNegative() && !wait.isZero());
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }

    /**
     * Nullable where the accessor is optional: an exception has to be serialisable, an {@code Optional} is not.
     *
     * @param isReceived whether the status is an answer's, and not merely the one that belongs to the type
     */
    private record Facts(
            ErrorKind kind,
            int status,
            boolean isReceived,
            ErrorType type,
            String message,
            String errorCode,
            String requestId,
            Duration retryAfter,
            Map<String, String> headers,
            String received)
            implements Serializable {

        Facts {
            Objects.requireNonNull(kind, "kind");
            Objects.requireNonNull(type, "type");
            Objects.requireNonNull(message, "message");
        }

        String summary() {
            return type + " (" + status + "): " + message + (requestId == null ? "" : " [" + requestId + "]");
        }
    }

    /** For JSON-B. */
    public static final class Adapter extends JsonBacked.Adapter<ClaudeException> {

        public Adapter() {
            super(ClaudeException.class);
        }
    }
}
