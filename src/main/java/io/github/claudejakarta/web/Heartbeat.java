package io.github.claudejakarta.web;

import java.time.Duration;

/**
 * The sign of life of responses that are sent event by event: {@code claude.stream.heartbeat}.
 *
 * @param interval without bytes, after which a client gets a comment or a ping
 */
public record Heartbeat(Duration interval) {}
