package io.github.claudejakarta.claude;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Settings of one request that are not in its body: headers, a time limit, a key, the caller, recovery, and a
 * correlation id.
 *
 * <pre>{@code
 * RequestOptions options = RequestOptions.none()
 *         .withBeta("context-management-2025-06-27")
 *         .withTimeout(Duration.ofSeconds(30))
 *         .withCaller(user.name());
 * Message message = claude.send(request, options);
 * }</pre>
 *
 * <p>The same options apply to streams, {@code send}, {@code countTokens}, jobs and batches. The methods below document
 * the differences.
 *
 * <p>Immutable and safe for use by many threads. {@code with...} methods return a copy. {@link #toString()} shows
 * neither the key nor the values of headers.
 */
@PublicApi
public final class RequestOptions {

    private static final RequestOptions NONE = new RequestOptions(
            Map.of(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

    private static final String BETA = "anthropic-beta";
    private static final int MAX_CALLER_LENGTH = 255;
    private static final int MAX_CORRELATION_LENGTH = 255;
    private static final Duration MAX_TIMEOUT = Duration.ofDays(366);

    private static final Pattern NAME = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");
    /** Visible ASCII with spaces between, as RFC 9110 recommends for a value. Every proxy passes it on. */
    private static final Pattern VALUE = Pattern.compile("[!-~](?:[ !-~]*[!-~])?");

    private static final Set<String> CREDENTIALS =
            Set.of("authorization", "proxy-authorization", "x-api-key", "cookie", "cookie2", "set-cookie");
    /** Headers of one connection, and headers for the body that the HTTP client writes. */
    private static final Set<String> OF_CONNECTION = Set.of(
            "accept",
            "accept-encoding",
            "connection",
            "content-encoding",
            "content-length",
            "content-type",
            "expect",
            "host",
            "keep-alive",
            "proxy-authenticate",
            "proxy-connection",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
            "user-agent");

    private final Map<String, String> headers;
    private final Optional<Duration> timeout;
    private final Optional<String> apiKey;
    private final Optional<String> caller;
    private final Optional<RecoveryMode> recovery;
    private final Optional<String> correlation;

    private RequestOptions(
            Map<String, String> headers,
            Optional<Duration> timeout,
            Optional<String> apiKey,
            Optional<String> caller,
            Optional<RecoveryMode> recovery,
            Optional<String> correlation) {
        this.headers = headers;
        this.timeout = timeout;
        this.apiKey = apiKey;
        this.caller = caller;
        this.recovery = recovery;
        this.correlation = correlation;
    }

    /** Returns options that change nothing. */
    public static RequestOptions none() {
        return NONE;
    }

    /**
     * Returns a copy that also requests beta features of Claude's API, in the header {@code anthropic-beta}.
     *
     * @param betas names, for example {@code context-management-2025-06-27}. A duplicate name is added once
     * @throws IllegalArgumentException for a blank name, or a name with a space, a comma or another character that is
     *     not allowed in a header
     */
    public RequestOptions withBeta(String... betas) {
        var all = new ArrayList<String>();
        Optional.ofNullable(headers.get(BETA))
                .ifPresent(earlier -> all.addAll(Arrays.asList(earlier.split("\\s*,\\s*"))));
        for (String beta : betas) {
            if (!NAME.matcher(Objects.requireNonNull(beta, "beta")).matches()) {
                throw new IllegalArgumentException("withBeta: \"" + beta
                        + "\" is not the name of a beta. Pass each name as an argument of its own.");
            }
            if (!all.contains(beta)) {
                all.add(beta);
            }
        }
        return all.isEmpty() ? this : withHeader(BETA, String.join(",", all));
    }

    /**
     * Returns a copy with a header for Claude, which replaces an earlier header with the same name.
     *
     * <p>Any header is allowed except these: credentials ({@link #withApiKey} sets the key), headers of a connection
     * such as {@code Connection} or {@code Host}, headers that the HTTP client writes such as {@code Content-Type}, and
     * {@code stream-recovery} ({@link #withRecovery}). Jobs and batches store headers in the database, at most 4,000
     * characters in total.
     *
     * @param name not case-sensitive
     * @param value visible ASCII characters and spaces
     * @throws IllegalArgumentException for a header that is not allowed, or a name or value that HTTP does not allow.
     *     The message does not show the value
     */
    public RequestOptions withHeader(String name, String value) {
        if (!NAME.matcher(Objects.requireNonNull(name, "name")).matches()) {
            throw new IllegalArgumentException("withHeader: \"" + name + "\" is not the name of an HTTP header");
        }
        String lower = name.toLowerCase(Locale.ROOT);
        if (CREDENTIALS.contains(lower)) {
            throw new IllegalArgumentException(
                    "withHeader: " + lower + " is a credential. Use withApiKey(key) to replace the server's key.");
        }
        if (OF_CONNECTION.contains(lower)) {
            throw new IllegalArgumentException(
                    "withHeader: " + lower + " is set by the HTTP client and cannot be changed");
        }
        if (lower.equals(RecoveryMode.HEADER)) {
            throw new IllegalArgumentException(
                    "withHeader: " + lower + " is not a header of Claude. Use withRecovery(mode).");
        }
        String stripped = Objects.requireNonNull(value, "value").strip();
        if (!VALUE.matcher(stripped).matches()) {
            throw new IllegalArgumentException("withHeader: the value of " + lower
                    + " is empty, or has a character that is not visible ASCII or a space");
        }
        var more = new TreeMap<>(headers);
        more.put(lower, stripped);
        return new RequestOptions(Collections.unmodifiableMap(more), timeout, apiKey, caller, recovery, correlation);
    }

    /**
     * Returns a copy with a time limit for the whole request. When it expires, the request to Claude is canceled within
     * a second, and the caller gets a {@code timeout_error}. The limits of the configuration
     * ({@code claude.read-timeout} and others) apply as well.
     *
     * <ul>
     *   <li>{@code send}, {@code sendAsync}, {@code countTokens}, {@code models}: from the call to the whole answer,
     *       retries and waits between them included.
     *   <li>A stream: from its start to its last event. The stream then ends in an {@code error} event; events that
     *       arrived before remain.
     *   <li>A job: each attempt, measured as for a stream. The time in the queue does not count.
     *   <li>A batch: rejected. Claude has 24 hours for a batch.
     * </ul>
     *
     * @param limit more than zero, at most 366 days
     * @throws IllegalArgumentException for another duration
     */
    public RequestOptions withTimeout(Duration limit) {
        if (limit.isNegative() || limit.isZero()) {
            throw new IllegalArgumentException("withTimeout: " + limit + " is not positive");
        }
        if (limit.compareTo(MAX_TIMEOUT) > 0) {
            throw new IllegalArgumentException("withTimeout: " + limit + " is more than 366 days. Use a shorter limit, "
                    + "or options without withTimeout for no limit.");
        }
        return new RequestOptions(headers, Optional.of(limit), apiKey, caller, recovery, correlation);
    }

    /**
     * Returns a copy that sends this key to Claude instead of the server's key ({@code claude.api-key}). The key is
     * sent as {@code x-api-key}. It is neither logged nor stored. Therefore a job or batch with its own key is
     * rejected.
     *
     * @throws IllegalArgumentException for a blank key, or a key with characters that are not allowed in a header. The
     *     message does not show the key
     */
    public RequestOptions withApiKey(String key) {
        String stripped = Objects.requireNonNull(key, "key").strip();
        if (!VALUE.matcher(stripped).matches()) {
            throw new IllegalArgumentException(
                    "withApiKey: the key is empty, or has a character that is not visible ASCII");
        }
        return new RequestOptions(headers, timeout, Optional.of(stripped), caller, recovery, correlation);
    }

    /**
     * Returns a copy for a caller: a user of the application, or a part of the application.
     *
     * <p>The caller's limits apply ({@code claude.clients.<name>.requests-per-minute}, {@code max-streams},
     * {@code tokens-per-minute}, {@code tokens-per-day}), its usage is counted under its name ({@code GET /v1/usage}),
     * and streams, jobs and batches belong to it: {@code owner()} returns the name, and over HTTP only this caller sees
     * them. The beans show everything to the application, which checks the owner itself. Without a caller, requests
     * count for {@code local}, which has no limits.
     *
     * @param name 1 to 255 characters, none of them a control character
     * @throws IllegalArgumentException for another name
     */
    public RequestOptions withCaller(String name) {
        require("withCaller", name, MAX_CALLER_LENGTH);
        return new RequestOptions(headers, timeout, apiKey, Optional.of(name), recovery, correlation);
    }

    /**
     * Returns a copy that sets the recovery of a streamed answer that breaks off. It overrides the configuration
     * ({@code claude.stream.recovery}, {@code claude.job.recovery}). It applies to streams and jobs, and has no effect
     * on other requests.
     */
    public RequestOptions withRecovery(RecoveryMode mode) {
        return new RequestOptions(
                headers, timeout, apiKey, caller, Optional.of(Objects.requireNonNull(mode, "mode")), correlation);
    }

    /**
     * Returns a copy with an id of the application. Claude does not see it. The id is in
     * {@code ClaudeStream.correlation()}, {@code Job.correlation()}, {@code Batch.correlation()} and the CDI events
     * that report an end. It may be stored, so it must not be a secret.
     *
     * @param id 1 to 255 characters, none of them a control character
     * @throws IllegalArgumentException for another id
     */
    public RequestOptions withCorrelation(String id) {
        require("withCorrelation", id, MAX_CORRELATION_LENGTH);
        return new RequestOptions(headers, timeout, apiKey, caller, recovery, Optional.of(id));
    }

    private static void require(String method, String text, int longest) {
        if (text.isBlank() || text.length() > longest || text.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException(
                    method + ": 1 to " + longest + " characters are allowed, and no control characters");
        }
    }

    /** Returns the headers for Claude, names in lower case, with {@code anthropic-beta} and without the key. */
    public Map<String, String> headers() {
        return headers;
    }

    /** Returns the time limit; empty if only the limits of the configuration apply. */
    public Optional<Duration> timeout() {
        return timeout;
    }

    /** Returns the key; empty if the server's key is sent. */
    public Optional<String> apiKey() {
        return apiKey;
    }

    /** Returns the name of the caller; empty for the application itself. */
    public Optional<String> caller() {
        return caller;
    }

    /** Returns whether an answer that breaks off is continued; empty if the configuration decides. */
    public Optional<RecoveryMode> recovery() {
        return recovery;
    }

    /** Returns the application's id; empty without one. */
    public Optional<String> correlation() {
        return correlation;
    }

    private List<Object> values() {
        return List.of(headers, timeout, apiKey, caller, recovery, correlation);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof RequestOptions options && values().equals(options.values());
    }

    @Override
    public int hashCode() {
        return values().hashCode();
    }

    /** Shows the names of headers without their values, and whether there is a key. */
    @Override
    public String toString() {
        return "RequestOptions[headers=" + headers.keySet() + ", timeout=" + timeout + ", apiKey="
                + (apiKey.isPresent() ? "(hidden)" : "none") + ", caller=" + caller + ", recovery=" + recovery
                + ", correlation=" + correlation + "]";
    }
}
