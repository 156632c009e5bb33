package io.github.claudejakarta.web;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The header {@code Prefer} (RFC 7240), of which this server supports {@code wait=30}: the response waits up to 30
 * seconds for the result.
 *
 * @param maxWait the value of {@code wait}, at most {@link #MAX_WAIT}; empty without it
 */
public record Prefer(Optional<Duration> maxWait) {

    public static final String HEADER = "Prefer";
    public static final String APPLIED = "Preference-Applied";
    /** The limit of {@code wait}, because proxies seldom wait longer. A longer wait is reduced to it. */
    static final Duration MAX_WAIT = Duration.ofMinutes(5);

    private static final String WAIT = "wait";
    private static final Pattern NUMBER_IN_QUOTES = Pattern.compile("\"([0-9]+)\"");
    /** A quoted value, which may contain commas. It is never a wait. */
    private static final Pattern QUOTED = Pattern.compile("\"(?:[^\"\\\\]|\\\\.)*+\"");

    /**
     * Reads the headers of a request.
     *
     * @param headers all headers of this name, or null
     * @throws ClaudeException {@code invalid_request_error} for a wait that is not a number of seconds
     */
    public static Prefer of(List<String> headers) {
        for (String header : headers == null ? List.<String>of() : headers) {
            for (String preference : unquoted(header).split(",")) {
                String[] halves = preference.split(";", 2)[0].split("=", 2);
                if (halves[0].strip().equalsIgnoreCase(WAIT)) {
                    // The first of several waits counts.
                    return new Prefer(Optional.of(seconds(halves.length == 2 ? halves[1].strip() : "")));
                }
            }
        }
        return new Prefer(Optional.empty());
    }

    private static String unquoted(String header) {
        return QUOTED.matcher(NUMBER_IN_QUOTES.matcher(header).replaceAll("$1")).replaceAll("");
    }

    private static Duration seconds(String text) {
        if (!text.matches("[0-9]{1,9}")) {
            throw ClaudeException.of(
                    ErrorType.INVALID_REQUEST,
                    HEADER + ": wait must be a whole number of seconds, for example wait=30");
        }
        Duration wanted = Duration.ofSeconds(Long.parseLong(text));
        return wanted.compareTo(MAX_WAIT) <= 0 ? wanted : MAX_WAIT;
    }

    /** Returns the value of the header {@link #APPLIED}; empty without a wait. */
    public Optional<String> applied() {
        return maxWait.map(duration -> WAIT + "=" + duration.toSeconds());
    }
}
