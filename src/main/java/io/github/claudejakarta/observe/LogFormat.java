package io.github.claudejakarta.observe;

/** The format of {@link AccessLog}: {@code claude.log.format}. */
public enum LogFormat {
    TEXT,
    JSON
}
