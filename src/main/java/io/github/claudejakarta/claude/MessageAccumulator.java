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
 * Puts the events of one stream together to the message that Claude would have answered with otherwise.
 *
 * <pre>{@code
 * var accumulator = new MessageAccumulator();
 * events.forEach(accumulator::accumulate);
 * if (accumulator.outcome() == MessageAccumulator.Outcome.COMPLETE) {
 *     var message = accumulator.message().orElseThrow();
 * }
 * }</pre>
 *
 * <p>No event is refused. What does not fit is left out of the message and counted in {@link #ignored()}: unknown
 * events and deltas, all but errors before {@code message_start}, a second {@code message_start}, a second block of the
 * same index, deltas for a block that is of another type, not there or has stopped, and what follows the terminal
 * event. Pings are never counted.
 *
 * <p>Not safe for use by several threads.
 */
public final class MessageAccumulator {

    /** How the stream stands. */
    public enum Outcome {
        /** Nothing has ended the message so far. If no more events come, it was cut off and is not to be trusted. */
        UNFINISHED,
        /** {@code message_stop} was seen. */
        COMPLETE,
        /** An {@code error} event was seen. */
        FAILED
    }

    /** What the message consists of; a delta that names them as its own is no reason to lose them. */
    private static final Set<String> NOT_BY_DELTA = Set.of("id", "type", "role", "model", "content", "usage", "delta");

    private static final Set<String> STOP_FIELDS = Set.of("stop_reason", "stop_sequence", "stop_details");

    private final Map<String, JsonValue> fields = new LinkedHashMap<>();
    private final SortedMap<Integer, BlockAccumulator> blocks = new TreeMap<>();
    private final Map<String, Integer> ignored = new LinkedHashMap<>();
    private boolean isStarted;
    private Outcome outcome = Outcome.UNFINISHED;
    private StreamEvent.Error error;

    /** Takes one more event in; none is refused. */
    public void accumulate(StreamEvent event) {
        if (event instanceof StreamEvent.Ping) {
            return;
        }
        if (outcome != Outcome.UNFINISHED || !apply(event)) {
            ignored.merge(typeOf(event), 1, Integer::sum);
        }
    }

    /**
     * The message as far as it came; empty before {@code message_start}. Costs its length at each call. Inputs of tools
     * that are not JSON objects are in {@link Message#unparsedToolInputs()}, also those of blocks that had not stopped
     * when the message ended.
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

    /** The event that made the message fail. */
    public Optional<StreamEvent.Error> error() {
        return Optional.ofNullable(error);
    }

    /**
     * The inputs of tools that are not in the message, as received, by the index of their block: of blocks that have
     * not stopped, and those that are not a JSON object, which are {@code {}} in the message. Such a tool must not be
     * run; {@link ContentBlock.ToolResult#invalidJson} is the answer to it.
     */
    public SortedMap<Integer, String> unparsedToolInput() {
        var inputs = new TreeMap<Integer, String>();
        blocks.forEach((index, block) -> block.unparsedInput().ifPresent(raw -> inputs.put(index, raw)));
        return Collections.unmodifiableSortedMap(inputs);
    }

    /** Those that stay as they are: a block that is open may still become valid, until the message has ended. */
    private List<UnparsedToolInput> unparsedInputs() {
        var inputs = new ArrayList<UnparsedToolInput>();
        blocks.forEach((index, block) -> {
            if (!block.isOpen() || outcome != Outcome.UNFINISHED) {
                block.unparsed(index).ifPresent(inputs::add);
            }
        });
        return inputs;
    }

    /** The indexes of the blocks that have started and not stopped. */
    public SortedSet<Integer> openBlocks() {
        var open = new TreeSet<Integer>();
        blocks.forEach((index, block) -> {
            if (block.isOpen()) {
                open.add(index);
            }
        });
        return Collections.unmodifiableSortedSet(open);
    }

    /** What was left out and how often, by the type of the event, or for {@code content_block_delta} of the delta. */
    public Map<String, Integer> ignored() {
        return Collections.unmodifiableMap(new LinkedHashMap<>(ignored));
    }

    /** Whether the event fitted; one that did not has changed nothing. */
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
            // message_start names the model that was asked; the one that answers is only known from here on.
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
            var isMeant = STOP_FIELDS.contains(key) || value != JsonValue.NULL;
            if (isMeant && !NOT_BY_DELTA.contains(key)) {
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
