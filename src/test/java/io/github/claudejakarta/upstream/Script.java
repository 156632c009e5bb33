package io.github.claudejakarta.upstream;

import io.github.claudejakarta.upstream.Answer.Framing;
import jakarta.json.Json;
import jakarta.json.JsonValue;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * One answer, as a sequence of steps.
 *
 * <pre>{@code
 * Script.sseHead().event("ping", "{\"type\":\"ping\"}").pause(barrier).cut()
 * }</pre>
 *
 * <p>A script that ends is a complete answer, and the connection stays open for the next request. Incomplete answers
 * end with {@link #cut()}, {@link #reset()} or {@link #stall()}. Immutable: a script may be played any number of times.
 */
public final class Script {

    @FunctionalInterface
    interface Step {
        void play(Answer answer) throws IOException, InterruptedException;
    }

    private static final String REQUEST_ID = "req_scripted";

    private final List<Step> steps;

    private Script(List<Step> steps) {
        this.steps = steps;
    }

    List<Step> steps() {
        return steps;
    }

    // Heads. Headers are lines, "name: value".

    /** A head whose body is chunked. Each write is a chunk. */
    public static Script chunked(int status, String... headers) {
        return head(Framing.CHUNKED, 0, status, headers, "transfer-encoding: chunked");
    }

    /**
     * A head with this content length, whatever is written. The connection is closed unless the body has exactly this
     * length.
     */
    public static Script sized(long length, int status, String... headers) {
        return head(Framing.SIZED, length, status, headers, "content-length: " + length);
    }

    /** A head whose body ends when the connection is closed. */
    public static Script untilClose(int status, String... headers) {
        return head(Framing.UNTIL_CLOSE, 0, status, headers, "connection: close");
    }

    /** The head of Claude's event stream, without events. */
    public static Script sseHead(String... headers) {
        return chunked(
                200,
                with(
                        headers,
                        "content-type: text/event-stream; charset=utf-8",
                        "cache-control: no-cache",
                        "request-id: " + REQUEST_ID));
    }

    /** No head: the client receives only the bytes that are written. */
    public static Script nothing() {
        return new Script(List.of());
    }

    // Complete answers.

    public static Script sse(byte[] body) {
        return sseHead().write(body);
    }

    public static Script sseByteByByte(byte[] body) {
        return sseHead().writeByteByByte(body);
    }

    public static Script json(int status, String body, String... headers) {
        var bytes = body.getBytes(StandardCharsets.UTF_8);
        var allHeaders = with(headers, "content-type: application/json", "request-id: " + REQUEST_ID);
        return sized(bytes.length, status, allHeaders).write(bytes);
    }

    public static Script error(int status, String type, String message, String... headers) {
        return json(status, errorBody(type, message), headers);
    }

    /** Claude's error object, also for {@link #event}. */
    public static String errorBody(String type, String message) {
        return Json.createObjectBuilder()
                .add("type", "error")
                .add(
                        "error",
                        Json.createObjectBuilder()
                                .add("type", type)
                                .add("message", message)
                                .add("details", JsonValue.NULL))
                .add("request_id", REQUEST_ID)
                .build()
                .toString();
    }

    // Steps.

    /** Writes these bytes and flushes them immediately. */
    public Script write(byte[] bytes) {
        return then(answer -> answer.write(bytes));
    }

    public Script write(String text) {
        return write(text.getBytes(StandardCharsets.UTF_8));
    }

    public Script writeByteByByte(byte[] bytes) {
        return then(answer -> {
            for (var b : bytes) {
                answer.write(new byte[] {b});
            }
        });
    }

    public Script event(String name, String data) {
        return write("event: " + name + "\ndata: " + data + "\n\n");
    }

    /** Writes these bytes without framing, for example for broken chunks. */
    public Script raw(String bytes) {
        return then(answer -> answer.send(bytes.getBytes(StandardCharsets.ISO_8859_1)));
    }

    /** Writes the same text repeatedly until the client leaves. */
    public Script drip(String text, Duration every) {
        return then(answer -> {
            do {
                answer.write(text.getBytes(StandardCharsets.UTF_8));
            } while (!answer.clientGoneWithin(every));
        });
    }

    public Script pause(Barrier barrier) {
        return then(answer -> barrier.pass());
    }

    /** Writes nothing more until the client leaves. */
    public Script stall() {
        return then(Answer::awaitClientGone);
    }

    /** Closes the connection (FIN) as if the answer were complete. */
    public Script cut() {
        return then(Answer::close);
    }

    /** Breaks the connection (RST). The client may lose bytes that it has not read. */
    public Script reset() {
        return then(Answer::reset);
    }

    private Script then(Step step) {
        return new Script(Stream.concat(steps.stream(), Stream.of(step)).toList());
    }

    private static Script head(Framing framing, long length, int status, String[] headers, String framingHeader) {
        var lines = Stream.of(
                        Stream.of("HTTP/1.1 " + status + " Scripted"),
                        Stream.of(headers),
                        Stream.of(framingHeader, "", ""))
                .flatMap(part -> part);
        var bytes = lines.collect(Collectors.joining("\r\n")).getBytes(StandardCharsets.ISO_8859_1);
        return nothing().then(answer -> answer.begin(framing, length, bytes));
    }

    private static String[] with(String[] headers, String... ours) {
        return Stream.concat(Stream.of(ours), Stream.of(headers)).toArray(String[]::new);
    }
}
