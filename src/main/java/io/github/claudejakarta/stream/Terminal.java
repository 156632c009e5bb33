package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.StreamEvent;
import io.github.claudejakarta.claude.http.ServerSentEvent;
import java.util.Set;

/** Recognizes the events that end a stream: {@code message_stop} and {@code error}. */
final class Terminal {

    /** The names of events that are never terminal, so that their data need not be parsed. */
    private static final Set<String> NEVER_TERMINAL = Set.of(
            "message_start",
            "content_block_start",
            "content_block_delta",
            "content_block_stop",
            "message_delta",
            "ping");

    private Terminal() {}

    static boolean is(ServerSentEvent event) {
        if (event.isNamed("content_block_delta") || event.isNamed("ping")) {
            return false;
        }
        return event.isNamed("message_stop")
                || event.isNamed("error")
                || !NEVER_TERMINAL.contains(event.name())
                        && StreamEvent.of(event.name(), event.data()).isTerminal();
    }

    /** Returns the terminal event of a stream that broke, in Anthropic's format. */
    static ServerSentEvent error(ClaudeException failure) {
        return ServerSentEvent.of("error", failure.body());
    }
}
