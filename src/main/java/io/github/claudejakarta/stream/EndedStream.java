package io.github.claudejakarta.stream;

import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ErrorKind;
import io.github.claudejakarta.claude.JsonText;
import io.github.claudejakarta.claude.Message;
import io.github.claudejakarta.claude.MessageAccumulator;
import io.github.claudejakarta.claude.RecoveryMode;
import io.github.claudejakarta.claude.StreamEvent;
import io.github.claudejakarta.claude.http.ServerSentEvent;
import io.github.claudejakarta.recovery.Recovery;
import io.github.claudejakarta.web.Caller;
import io.github.claudejakarta.web.RandomId;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonValue;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A stream that has ended, with given events. It does not belong to a server, and no request was sent for it. */
final class EndedStream implements ClaudeStream {

    private static final String MODEL = "claude-opus-5-5";
    /** The approximate number of characters of a token. */
    private static final int CHARACTERS_PER_TOKEN = 4;

    private final String id = RandomId.of("stream_");
    private final Instant at = Clock.systemUTC().instant();
    private final List<StreamEvent> events;
    private final ClaudeException failure;

    /**
     * Creates a stream.
     *
     * @param failure null for a stream whose events contain its end
     */
    private EndedStream(List<StreamEvent> events, ClaudeException failure) {
        this.events = List.copyOf(events);
        this.failure = failure;
    }

    static EndedStream of(Iterable<StreamEvent> events) {
        var copy = new ArrayList<StreamEvent>();
        for (StreamEvent event : events) {
            copy.add(event);
            if (event.isTerminal()) {
                return new EndedStream(copy, null);
            }
        }
        return broken(copy, UpstreamEvents.cutOff());
    }

    static EndedStream ofText(String text) {
        List<StreamEvent> events = openMessage(text);
        events.add(event(typed("content_block_stop").add("index", 0)));
        events.add(event(typed("message_delta")
                .add(
                        "delta",
                        Json.createObjectBuilder()
                                .add("stop_reason", "end_turn")
                                .addNull("stop_sequence"))
                .add("usage", usage(text))));
        events.add(event(typed("message_stop")));
        return new EndedStream(events, null);
    }

    static EndedStream failed(String textBefore, ClaudeException failure) {
        return broken(textBefore.isEmpty() ? new ArrayList<>() : openMessage(textBefore), failure);
    }

    private static EndedStream broken(List<StreamEvent> events, ClaudeException failure) {
        ServerSentEvent error = Terminal.error(failure);
        events.add(StreamEvent.Error.of(error.data()).withKind(failure.kind()));
        return new EndedStream(events, failure);
    }

    /** Returns the events of a message with one open text block: a delta for each word, with the spaces after it. */
    private static List<StreamEvent> openMessage(String text) {
        var events = new ArrayList<StreamEvent>();
        events.add(event(typed("message_start").add("message", emptyMessage())));
        events.add(event(typed("content_block_start")
                .add("index", 0)
                .add("content_block", typed("text").add("text", ""))));
        for (String word : text.split("(?<=\\s)(?=\\S)")) {
            events.add(event(typed("content_block_delta")
                    .add("index", 0)
                    .add("delta", typed("text_delta").add("text", word))));
        }
        return events;
    }

    private static JsonObjectBuilder emptyMessage() {
        return typed("message")
                .add("id", RandomId.of("msg_"))
                .add("role", "assistant")
                .add("model", MODEL)
                .add("content", JsonValue.EMPTY_JSON_ARRAY)
                .addNull("stop_reason")
                .addNull("stop_sequence")
                .add("usage", usage(""));
    }

    private static JsonObjectBuilder usage(String text) {
        return Json.createObjectBuilder()
                .add("input_tokens", 1)
                .add("output_tokens", 1 + text.length() / CHARACTERS_PER_TOKEN);
    }

    private static JsonObjectBuilder typed(String type) {
        return Json.createObjectBuilder().add("type", type);
    }

    private static StreamEvent event(JsonObjectBuilder json) {
        JsonObject built = json.build();
        return StreamEvent.of(built.getString("type"), JsonText.text(built));
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public String owner() {
        return Caller.LOCAL.name();
    }

    @Override
    public Optional<String> correlation() {
        return Optional.empty();
    }

    @Override
    public Instant createdAt() {
        return at;
    }

    @Override
    public Optional<Instant> endedAt() {
        return Optional.of(at);
    }

    @Override
    public StreamStatus status() {
        return error().map(ClaudeException::kind)
                .map(kind -> kind == ErrorKind.CANCELED ? StreamStatus.CANCELED : StreamStatus.FAILED)
                .orElse(StreamStatus.COMPLETED);
    }

    private StreamEvent last() {
        return events.get(events.size() - 1);
    }

    @Override
    public int eventCount() {
        return events.size();
    }

    /** Returns 0, because nothing was received. */
    @Override
    public long length() {
        return 0;
    }

    @Override
    public int subscribers() {
        return 0;
    }

    @Override
    public Iterable<StreamEvent> events() {
        return events;
    }

    @Override
    public Optional<Message> messageSoFar() {
        return accumulated(events);
    }

    @Override
    public Optional<Message> frame() {
        return accumulated(events.stream()
                .filter(event -> event instanceof StreamEvent.MessageStart || event instanceof StreamEvent.MessageDelta)
                .toList());
    }

    private static Optional<Message> accumulated(List<StreamEvent> events) {
        var accumulator = new MessageAccumulator();
        events.forEach(accumulator::accumulate);
        return accumulator.message();
    }

    @Override
    public Optional<ClaudeException> error() {
        return Optional.ofNullable(failure)
                .or(() ->
                        last() instanceof StreamEvent.Error error ? Optional.of(error.exception()) : Optional.empty());
    }

    @Override
    public RecoveryMode recovery() {
        return RecoveryMode.OFF;
    }

    @Override
    public List<Recovery> recoveries() {
        return List.of();
    }

    @Override
    public void cancel() {
        // no effect: the stream has ended
    }
}
