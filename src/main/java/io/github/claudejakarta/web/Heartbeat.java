package io.github.claudejakarta.web;

import java.time.Duration;

/**
 * The heartbeat of responses that are sent event by event ({@code claude.stream.heartbeat}).
 *
 * @param interval the time without bytes after which a client gets a comment or a ping
 */
public record Heartbeat(Duration interval) {}
