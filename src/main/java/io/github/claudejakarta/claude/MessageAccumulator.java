package io.github.claudejakarta.claude;

import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Builds a message from the events of one stream: the same message that Claude would send without streaming.
 *
 * <pre>{@code
 * var accumulator = new MessageAccumulator();
 * events.forEach(accumulator::accumulate);
 * if (accumulator.outcome() == MessageAccumulator.Outcome.COMPLETE) {
 *     var message = accumulator.message().orElseThrow();
 * }
 * }</pre>
 *
 * <p>Every event is accepted. An event that does not fit is left out of the message and counted in {@link #ignored()}:
 *
 * <ul>
 *   <li>unknown events and deltas
 *   <li>events other than errors before {@code message_start}
 *   <li>a second {@code message_start}, and a second block with the same index
 *   <li>deltas for a block that is of another type, is absent or has stopped
 *   <li>events after the terminal event
 * </ul>
 *
 * <p>Pings are never counted.
 *
 * <p>Not safe for use by several threads.
 */
public final class MessageAccumulator {

    /** The state of the stream. */
    public enum Outcome {
        /** No event has ended the message yet. If no more events arrive, the message was cut off and is incomplete. */
        UNFINISHED,
        /** The stream had {@code message_stop}. */
        COMPLETE,
        /** The stream had an {@code error} event. */
        FAILED
    }

    /** The essential fields of a message, which a {@code message_delta} must not replace. */
    private static final Set<String> FIXED_FIELDS = Set.of("id", "type", "role", "model", "content", "usage", "delta");

    private static final Set<String> STOP_FIELDS = Set.of("stop_reason", "stop_sequence", "stop_details");

    private final Map<String, JsonValue> fields = new LinkedHashMap<>();
    private final SortedMap<Integer, BlockAccumulator> blocks = new TreeMap<>();
    private final Map<String, Integer> ignored = new LinkedHashMap<>();
    private boolean isStarted;
    private Outcome outcome = Outcome.UNFINISHED;
    private StreamEvent.Error error;

    /** Adds an event. Every event is accepted. */
    public void accumulate(StreamEvent event) {
        if (event instanceof StreamEvent.Ping) {
            return;
        }
        if (outcome != Outcome.UNFINISHED || !apply(event)) {
            ignored.merge(typeOf(event), 1, Integer::sum);
        }
    }

    /**
     * Returns the message up to the latest event; empty before {@code message_start}. Each call copies the whole
     * message. Inputs of tools that are not JSON objects are in {@link Message#unparsedToolInputs()}. They include
     * inputs of blocks that had not stopped when the message ended.
     */
    public Optional<Message> message() {
        if (!isStarted) {
            return Optional.empty();
        }
        var complete = new LinkedHashMap<>(fields);
        if (!blocks.isEmpty()) {
            var content = JsonText.array();
            blocks.values().forEach(block -> content.add(block.json()));
            complete.put("content", content.build());
        }
        return Optional.of(new Message(JsonText.object(complete), unparsedInputs()));
    }

    public Outcome outcome() {
        return outcome;
    }

    /** Returns the event with which the message failed. */
    public Optional<StreamEvent.Error> error() {
        return Optional.ofNullable(error);
    }

    /**
     * Returns the inputs of tools that are not in the message, as received, by the index of their block. An input is
     * not in the message if its block has not stopped or if it is not a JSON object; the message has {@code {}}
     * instead. Do not run such a tool: answer with {@link ContentBlock.ToolResult#invalidJson}.
     */
    public SortedMap<Integer, String> unparsedToolInput() {
        var inputs = new TreeMap<Integer, String>();
        blocks.forEach((index, block) -> block.unparsedInput().ifPresent(raw -> inputs.put(index, raw)));
        return Collections.unmodifiableSortedMap(inputs);
    }

    /**
     * Returns the inputs that cannot change any more. An open block may still become valid, until the message has
     * ended.
     */
    private List<UnparsedToolInput> unparsedInputs() {
        var inputs = new ArrayList<UnparsedToolInput>();
        blocks.forEach((index, block) -> {
            if (!block.isOpen() || outcome != Outcome.UNFINISHED) {
                block.unparsed(index).ifPresent(inputs::add);
            }
        });
        return inputs;
    }

    /** Returns the indexes of the blocks that have started and not stopped. */
    public SortedSet<Integer> openBlocks() {
        var open = new TreeSet<Integer>();
        blocks.forEach((index, block) -> {
            if (block.isOpen()) {
                open.add(index);
            }
        });
        return Collections.unmodifiableSortedSet(open);
    }

    /**
     * Returns how many events were left out, by the type of the event; for {@code content_block_delta} by the type of
     * the delta.
     */
    public Map<String, Integer> ignored() {
        return Collections.unmodifiableMap(new LinkedHashMap<>(ignored));
    }

    /** Applies an event. Returns false, and changes nothing, if the event does not fit. */
    private boolean apply(StreamEvent event) {
        if (event instanceof StreamEvent.Error failure) {
            return fail(failure);
        }
        if (event instanceof StreamEvent.MessageStart start) {
            return start(start.message());
        }
        if (!isStarted) {
            return false;
        }
        if (event instanceof StreamEvent.ContentBlockStart start) {
            return startBlock(start.index(), start.block());
        }
        if (event instanceof StreamEvent.ContentBlockDelta piece) {
            return blocks.containsKey(piece.index())
                    && blocks.get(piece.index()).accept(piece.delta());
        }
        if (event instanceof StreamEvent.ContentBlockStop stop) {
            return stopBlock(stop.index());
        }
        if (event instanceof StreamEvent.MessageDelta change) {
            return change(change);
        }
        return event instanceof StreamEvent.MessageStop && complete();
    }

    private boolean start(Message message) {
        if (isStarted) {
            return false;
        }
        isStarted = true;
        fields.putAll(message.json());
        return true;
    }

    private boolean startBlock(int index, ContentBlock block) {
        if (blocks.containsKey(index)) {
            return false;
        }
        blocks.put(index, new BlockAccumulator(block));
        if (block instanceof ContentBlock.Fallback fallback) {
            // message_start has the requested model. Only this block names the model that answers.
            fallback.toModel().ifPresent(model -> fields.put("model", JsonText.string(model)));
        }
        return true;
    }

    private boolean stopBlock(int index) {
        if (!isOpen(index)) {
            return false;
        }
        blocks.get(index).stop();
        return true;
    }

    private boolean change(StreamEvent.MessageDelta event) {
        assign(event.delta());
        assign(event.json());
        event.usage().ifPresent(later -> {
            var before = fields.get("usage") instanceof JsonObject usage ? usage : JsonValue.EMPTY_JSON_OBJECT;
            fields.put("usage", new Usage(before).replacedBy(later).json());
        });
        return true;
    }

    private void assign(JsonObject changes) {
        changes.forEach((key, value) -> {
            var isChange = STOP_FIELDS.contains(key) || value != JsonValue.NULL;
            if (isChange && !FIXED_FIELDS.contains(key)) {
                fields.put(key, value);
            }
        });
    }

    private boolean complete() {
        outcome = Outcome.COMPLETE;
        return true;
    }

    private boolean fail(StreamEvent.Error failure) {
        outcome = Outcome.FAILED;
        error = failure;
        return true;
    }

    private boolean isOpen(int index) {
        return blocks.containsKey(index) && blocks.get(index).isOpen();
    }

    private static String typeOf(StreamEvent event) {
        return event instanceof StreamEvent.ContentBlockDelta piece
                ? piece.delta().type()
                : event.type();
    }
}
