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
 * The failure of a request. {@link #kind()} is the kind of failure, for a {@code switch}:
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
 * <p>The exception also has the error as HTTP callers see it: the status, the type, the request id, the time to wait
 * before a retry, and the body in Anthropic's format. Immutable and serializable.
 */
@PublicApi
@JsonbTypeAdapter(ClaudeException.Adapter.class)
public final class ClaudeException extends RuntimeException implements JsonBacked {

    private static final long serialVersionUID = 1;

    private static final Pattern FORWARDED_HEADERS = Pattern.compile(
            "request-id|retry-after|retry-after-ms|x-should-retry|claude-simulator|anthropic-(ratelimit|priority|fast)-.*");
    private static final BigDecimal MAX_SECONDS =
            BigDecimal.valueOf(Duration.ofDays(366).toSeconds());

    private static final String SHOULD_RETRY = "x-should-retry";
    private static final String SPEND_LIMIT = "enforced_spend_limit_reached";

    private final Facts facts;

    private ClaudeException(Facts facts, Throwable cause) {
        super(facts.summary(), cause);
        this.facts = facts;
    }

    /** Creates an error of this server, with the status that belongs to its type. */
    public static ClaudeException of(ErrorType type, String message) {
        return of(type.status(), type, message);
    }

    /** Creates an error of this server of a given kind, with the status that belongs to its type. */
    public static ClaudeException of(ErrorKind kind, ErrorType type, String message) {
        return of(type, message).withKind(kind);
    }

    /** Creates an error of this server with another status than its type has, for example 405 or 415. */
    public static ClaudeException of(int status, ErrorType type, String message) {
        return new ClaudeException(
                new Facts(
                        ErrorKind.ofLocal(status, type),
                        status,
                        false,
                        type,
                        message,
                        null,
                        null,
                        null,
                        Map.of(),
                        null),
                null);
    }

    /**
     * Creates an exception for an error inside an answer whose status does not show the error.
     *
     * @param headers of the answer; names are not case-sensitive
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
                        forwarded(headers),
                        received),
                null);
    }

    private static Map<String, String> caseless(Map<String, String> headers) {
        var all = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
        all.putAll(headers);
        return all;
    }

    /**
     * Creates an exception for an answer with an error status. A body that is not in Anthropic's format, such as the
     * page of a proxy or a CDN, is dropped, and the status decides the type.
     *
     * @param headers of the answer; names are not case-sensitive
     * @param body of the answer; {@code ""} if it had no body
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
                        forwarded(all),
                        null),
                null);
    }

    /** Returns this error with another time to wait; {@link #headers()} stay as received. */
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

    /** Returns this error with a request id; a received body stays unchanged. */
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
     * Returns this error as a final one, because a retry would fail again or would be billed again. Callers get
     * {@code x-should-retry: false}, which the official SDKs obey.
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

    /**
     * Returns this error with another kind. Everything else stays the same, including the error that HTTP callers see.
     */
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

    /** Returns how the request failed, for a {@code switch}. */
    public ErrorKind kind() {
        return facts.kind;
    }

    /**
     * Returns the HTTP status of the answer. For an error within a stream it is the status that belongs to the type.
     */
    public int status() {
        return facts.status;
    }

    public ErrorType type() {
        return facts.type;
    }

    /** Returns the error message, without the type, the status and the id that {@link #getMessage()} adds. */
    public String errorMessage() {
        return facts.message;
    }

    /** Returns {@code error.details.error_code}, for example {@code enforced_spend_limit_reached}. */
    public Optional<String> errorCode() {
        return Optional.ofNullable(facts.errorCode);
    }

    /**
     * Whether the same request may succeed later. False for a {@linkplain ErrorKind#CANCELED canceled} request, because
     * it did not fail. Otherwise the header {@code x-should-retry} of the answer decides. Without the header: false if
     * the monthly spend limit is reached ({@code enforced_spend_limit_reached}); otherwise the status decides, or the
     * type for an error within a stream or of this server.
     */
    public boolean isRetryable() {
        if (facts.kind == ErrorKind.CANCELED) {
            return false;
        }
        var advice = facts.headers.getOrDefault(SHOULD_RETRY, "");
        if (advice.equals("true") || advice.equals("false")) {
            return advice.equals("true");
        }
        return !SPEND_LIMIT.equals(facts.errorCode)
                && (facts.isReceived ? isRetryable(facts.status) : facts.type.isRetryable());
    }

    private static boolean isRetryable(int status) {
        return status == 408 || status == 409 || status == 429 || status >= 500;
    }

    public Optional<String> requestId() {
        return Optional.ofNullable(facts.requestId);
    }

    /**
     * Returns the time to wait before a retry, from the headers {@code retry-after-ms} and {@code retry-after}. Always
     * positive.
     */
    public Optional<Duration> retryAfter() {
        return Optional.ofNullable(facts.retryAfter);
    }

    /**
     * Returns the headers of the answer that a caller may see: request id, time to wait, rate limits. Names are in
     * lower case.
     */
    public Map<String, String> headers() {
        return facts.headers;
    }

    /**
     * Returns the error in Anthropic's format: as received, or created if the answer had none. Lone halves of surrogate
     * pairs are escapes.
     */
    public String body() {
        return facts.received != null
                ? facts.received
                : JsonText.text(
                        ErrorEnvelope.of(facts.type, facts.message, requestId()).json());
    }

    /**
     * Returns the error in Anthropic's format with the field {@code kind} (in lower case), for the JSON of an
     * application. HTTP callers of this module get the {@link #body()}, which has no kind.
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

    private static Map<String, String> forwarded(Map<String, String> headers) {
        var forwarded = new TreeMap<String, String>();
        headers.forEach((name, value) -> {
            var lowerCase = name.toLowerCase(Locale.ROOT);
            if (FORWARDED_HEADERS.matcher(lowerCase).matches()) {
                forwarded.put(lowerCase, value);
            }
        });
        return Map.copyOf(forwarded);
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
                .filter(value -> value.signum() > 0 && value.compareTo(MAX_SECONDS) <= 0)
                .map(value -> Duration.ofMillis(value.movePointRight(3).longValue()))
                .filter(wait -> !wait.isZero());
    }

    /** Compares a date with the {@code date} of the same answer, because Claude's clock and ours may differ. */
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
     * The fields of the exception. They are null where the accessor returns an {@code Optional}, because an exception
     * must be serializable and an {@code Optional} is not.
     *
     * @param isReceived whether the status was received with an answer; otherwise it is the status of the type
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
