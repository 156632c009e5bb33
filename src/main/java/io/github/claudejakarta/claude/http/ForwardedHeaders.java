package io.github.claudejakarta.claude.http;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Selects the headers that are forwarded, in both directions. Only listed headers are forwarded. Others are dropped:
 * hop-by-hop headers, cookies, forwarding headers, and credentials that are not the caller's key for Claude.
 */
public final class ForwardedHeaders {

    private static final String ANTHROPIC = "anthropic-";
    private static final Set<String> DOWNSTREAM = Set.of(
            "content-type", "request-id", "retry-after", "retry-after-ms", "x-should-retry", ClaudeAnswer.SIMULATOR);

    private ForwardedHeaders() {}

    /**
     * Returns the headers of a request that are sent upstream: {@code anthropic-*} and the first {@link Credential}.
     * Several values of one header are joined with commas. White space around a value is removed, and a blank value is
     * ignored.
     *
     * @return names in lower case
     */
    public static Map<String, String> upstream(Map<String, List<String>> headers) {
        var joined = new TreeMap<String, String>();
        headers.forEach((name, values) -> values.stream()
                .map(String::strip)
                .filter(value -> !value.isEmpty())
                .forEach(value -> joined.merge(name.toLowerCase(Locale.ROOT), value, (a, b) -> a + "," + b)));
        var passed = new TreeMap<>(joined);
        passed.keySet().removeIf(name -> !name.startsWith(ANTHROPIC));
        Credential.of(joined.get(Credential.API_KEY), joined.get(Credential.AUTHORIZATION)).stream()
                .findFirst()
                .ifPresent(credential -> passed.put(credential.header(), credential.value()));
        return passed;
    }

    /**
     * Returns the headers of an answer that are sent to the caller: headers of Anthropic's API, and the mark of a
     * simulator.
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
