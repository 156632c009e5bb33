package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.Usage;
import java.time.Duration;
import java.util.Optional;

/**
 * CDI event: a stream has ended. Fired once for each stream, after its terminal event was written to the client it was made
 * for, on a thread of the streams' own.
 *
 * @param id      of the stream, which can be watched until its retention is over
 * @param status  never {@link StreamStatus#RUNNING}
 * @param usage   what it cost as far as Claude said; empty where the stream failed before {@code message_start}
 * @param elapsed from its creation to its end
 */
public record StreamEnded(String id, StreamStatus status, Optional<Usage> usage, Duration elapsed) {
}
