package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.Usage;
import java.time.Duration;
import java.util.Optional;

/**
 * CDI event: a stream has ended. Fired once for each stream, by the thread that carried it, after its own client had
 * the terminal event; for a stream that was called off, by the thread that did so. Observers should be quick.
 *
 * @param id of the stream, which can be watched until its retention is over
 * @param status never {@link StreamStatus#RUNNING}
 * @param usage what it cost as far as Claude said; empty where the stream failed before {@code message_start}
 * @param elapsed from its creation to its end
 */
public record StreamEnded(String id, StreamStatus status, Optional<Usage> usage, Duration elapsed) {}
