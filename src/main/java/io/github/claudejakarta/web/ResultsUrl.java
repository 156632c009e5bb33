package io.github.claudejakarta.web;

import java.net.URI;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Rewrites the field {@code results_url} of Anthropic's Message Batches. It names the upstream's host, and callers need
 * the URL of this server. The rest of the text is not changed.
 */
public final class ResultsUrl {

    // Within a string the quotes would have backslashes, so this matches a key only.
    private static final Pattern FIELD =
            Pattern.compile("(\"results_url\"\\s*:\\s*)\"(?:[^\"\\\\]*)(/v1/messages/batches/[^\"\\\\]*)\"");

    private ResultsUrl() {}

    /**
     * Returns the text with results URLs of this server.
     *
     * @param json a message batch, or a list of them
     * @param server this server's URL for the caller, without {@code /v1}
     */
    public static String rewrite(URI server, String json) {
        return FIELD.matcher(json).replaceAll("$1\"" + Matcher.quoteReplacement(server.toString()) + "$2\"");
    }
}
