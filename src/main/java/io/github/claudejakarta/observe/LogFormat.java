package io.github.claudejakarta.observe;

/** How {@link AccessLog} writes a line: {@code claude.log.format}. */
public enum LogFormat {
    TEXT,
    JSON
}
