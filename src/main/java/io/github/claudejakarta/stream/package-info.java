/**
 * Streams of Claude's events as logs. Any number of readers follow a log from any event on. Readers are HTTP clients
 * and Java code. Applications use {@link io.github.claudejakarta.stream.ClaudeStreamingBean} and
 * {@link io.github.claudejakarta.stream.ClaudeStream}; the resources of this project use
 * {@link io.github.claudejakarta.stream.Streams}.
 *
 * <pre>
 * Claude ──▶ StreamLog 0 1 2 3 4 5 ...
 *              ▲     ▲       ▲
 *           cursor cursor  cursor        a reader that has read all events reads Claude for all readers
 * </pre>
 *
 * <p>The log never waits: code appends to it and polls it, and it calls listeners when it has more events. Other
 * classes read Claude ({@code UpstreamReader}), wait ({@code BlockingReader}) and compress a log that has ended
 * ({@code Compaction}).
 *
 * <p>A log ends with exactly one terminal event, even if the upstream ended without one. The bytes of all logs count
 * against {@code claude.stream.max-bytes}.
 */
package io.github.claudejakarta.stream;
