package io.github.claudejakarta.web;

import java.net.URI;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The one field of Anthropic's Message Batches that cannot pass through as it is: {@code results_url} names the
 * upstream's host, and has to lead callers back to this server. Everything else in the text stays as it was received.
 */
public final class ResultsUrl {

    // Within a string the quotes would have backslashes, so this can only be a key.
    private static final Pattern FIELD =
            Pattern.compile("(\"results_url\"\\s*:\\s*)\"(?:[^\"\\\\]*)(/v1/messages/batches/[^\"\\\\]*)\"");

    private ResultsUrl() {}

    /**
     * @param json a batch, or a list of them
     * @param server this server's URL as the caller knows it, without {@code /v1}
     */
    public static String pointedTo(URI server, String json) {
        return FIELD.matcher(json).replaceAll("$1\"" + Matcher.quoteReplacement(server.toString()) + "$2\"");
    }
}
