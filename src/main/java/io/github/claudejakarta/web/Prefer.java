package io.github.claudejakarta.web;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorType;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What a caller prefers (RFC 7240), as far as it is respected here: {@code wait=30}, to have the answer wait for an
 * end.
 *
 * @param patience {@code wait}; empty where the caller does not say; at most {@link #LONGEST}
 */
public record Prefer(Optional<Duration> patience) {

    public static final String HEADER = "Prefer";
    public static final String APPLIED = "Preference-Applied";
    /** Proxies on the way seldom wait longer; who prefers more gets this. */
    static final Duration LONGEST = Duration.ofMinutes(5);

    private static final String WAIT = "wait";
    private static final Pattern NUMBER_IN_QUOTES = Pattern.compile("\"([0-9]+)\"");
    /** May have commas, and says nothing of a wait. */
    private static final Pattern QUOTED = Pattern.compile("\"(?:[^\"\\\\]|\\\\.)*+\"");

    /**
     * @param headers all of that name; null for none
     * @throws ClaudeException {@code invalid_request_error} for a wait that is no number of seconds
     */
    public static Prefer of(List<String> headers) {
        for (String header : headers == null ? List.<String>of() : headers) {
            for (String preference : unquoted(header).split(",")) {
                String[] halves = preference.split(";", 2)[0].split("=", 2);
                if (halves[0].strip().equalsIgnoreCase(WAIT)) {
                    // Of one that comes twice the first counts.
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
                    ErrorType.INVALID_REQUEST, HEADER + ": wait should be a whole number of seconds, as in wait=30");
        }
        Duration wanted = Duration.ofSeconds(Long.parseLong(text));
        return wanted.compareTo(LONGEST) <= 0 ? wanted : LONGEST;
    }

    /** For the header {@link #APPLIED}. */
    public Optional<String> applied() {
        return patience.map(duration -> WAIT + "=" + duration.toSeconds());
    }
}
