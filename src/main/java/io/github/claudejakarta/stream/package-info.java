/**
 * Streams as logs: {@link io.github.claudejakarta.stream.Streams} starts and finds them, and any number of readers,
 * Java code and HTTP clients alike, follow them from any event on. Applications use
 * {@link io.github.claudejakarta.stream.ClaudeStreamingBean} and {@link io.github.claudejakarta.stream.ClaudeStream}.
 *
 * <pre>
 * Claude ──▶ StreamLog 0 1 2 3 4 5 ...
 *              ▲     ▲       ▲
 *           cursor cursor  cursor        the one that has caught up reads Claude for all
 * </pre>
 *
 * <p>The log never waits: it is appended to, polled, and calls listeners when there is more. Who reads Claude
 * ({@code UpstreamReader}), who waits ({@code BlockingReader}) and what deflates a log ({@code Compaction}) are classes
 * of their own.
 *
 * <p>A log ends with exactly one terminal event, also where the upstream ended otherwise. All that is kept counts
 * against {@code claude.stream.max-bytes}.
 */
package io.github.claudejakarta.stream;
