package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.StreamEvent;
import io.github.claudejakarta.claude.http.ServerSentEvent;
import java.util.Set;

/** Which events end a stream: {@code message_stop} and {@code error}, and nothing else. */
final class Terminal {

    /** Names of which the data need not be looked at. */
    private static final Set<String> ORDINARY = Set.of(
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
                || !ORDINARY.contains(event.name())
                        && StreamEvent.of(event.name(), event.data()).isTerminal();
    }

    /** The end of a stream that broke, in Anthropic's shape. */
    static ServerSentEvent error(ClaudeException failure) {
        return ServerSentEvent.of("error", failure.body());
    }
}
