package io.github.claudejakarta.claude.http;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Which headers pass through, either way. Both lists say what may; everything else stays behind: hop-by-hop headers,
 * cookies, forwarding headers, and credentials that are not the caller's own for Claude.
 */
public final class ForwardedHeaders {

    private static final String ANTHROPIC = "anthropic-";
    private static final String BEARER = "bearer ";
    private static final Set<String> DOWNSTREAM =
        Set.of("content-type", "request-id", "retry-after", "retry-after-ms", "x-should-retry", "claude-simulator");

    private ForwardedHeaders() {
    }

    /**
     * Of a caller's headers: {@code anthropic-*}, several values joined with commas, and the key for Claude.
     *
     * @return names in lower case
     */
    public static Map<String, String> upstream(Map<String, List<String>> headers) {
        var passed = new TreeMap<String, String>();
        headers.forEach((name, values) -> {
            String lower = name.toLowerCase(Locale.ROOT);
            if (lower.startsWith(ANTHROPIC)) {
                passed.merge(lower, String.join(",", values), (a, b) -> a + "," + b);
            } else if (!values.isEmpty() && isKeyForClaude(lower, values.get(0))) {
                passed.put(lower, values.get(0));
            }
        });
        return passed;
    }

    /** Other kinds of {@code Authorization} were meant for a proxy on the way. */
    private static boolean isKeyForClaude(String name, String value) {
        return name.equals("x-api-key")
            || name.equals("authorization") && value.toLowerCase(Locale.ROOT).startsWith(BEARER);
    }

    /**
     * Of an answer's headers: what callers of Anthropic's API know, and that a simulator spoke.
     *
     * @return names in lower case
     */
    static Map<String, String> downstream(Map<String, List<String>> headers) {
        var passed = new TreeMap<String, String>();
        headers.forEach((name, values) -> {
            String lower = name.toLowerCase(Locale.ROOT);
            if ((lower.startsWith(ANTHROPIC) || DOWNSTREAM.contains(lower)) && !values.isEmpty()) {
                passed.put(lower, values.get(0));
            }
        });
        return passed;
    }
}
