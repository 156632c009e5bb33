package io.github.claudejakarta.recovery;

import io.github.claudejakarta.claude.ContentBlock;
import io.github.claudejakarta.claude.ContentDelta;
import io.github.claudejakarta.claude.JsonText;
import io.github.claudejakarta.claude.StreamEvent;
import io.github.claudejakarta.claude.Surrogates;
import io.github.claudejakarta.claude.Usage;
import io.github.claudejakarta.claude.http.ServerSentEvent;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Makes the events of a continuation ones that clients can take after those they had: the text goes on in the same
 * block, later blocks are numbered on, there is no second {@code message_start}, and the usage is that of all attempts.
 *
 * <p>What Claude says again is left out, and so is the thinking with which it begins anew: it is about how to go on,
 * and its signature would not hold in the caller's next request, in which nobody asked to.
 *
 * <p>Used by one thread at a time.
 */
public final class Splice {

    /** Instead of an index: this block is left out. */
    private static final int LEFT_OUT = -1;

    private final boolean hasStarted;
    private final boolean hasBegun;
    private final Supplier<Usage> total;
    private final Map<Integer, Integer> indexes = new HashMap<>();
    /**
     * The text block that clients have begun, until a block of the continuation has taken its place; or
     * {@link #LEFT_OUT}.
     */
    private int openBlock;

    private int nextIndex;
    /** Null once it is known what of the text is new. */
    private Overlap overlap;
    /** The continuation's text while that is not known. */
    private final List<StreamEvent.ContentBlockDelta> held = new ArrayList<>();

    private boolean hasGoneOn;
    private boolean isRefused;
    private boolean isAnew;

    /**
     * @param answer what clients have
     * @param continuation what was asked
     * @param total what all attempts have used so far, this one included
     */
    public Splice(PartialAnswer answer, Continuation continuation, Supplier<Usage> total) {
        String text = answer.text();
        this.hasStarted = answer.hasStarted();
        this.hasBegun = answer.nextIndex() > 0;
        this.total = total;
        this.openBlock = answer.openBlock().orElse(LEFT_OUT);
        this.nextIndex = answer.nextIndex();
        String told = Surrogates.withoutHalfAtEnd(text);
        // Of an answer that is blank so far Claude is not told at all.
        if (continuation.isPrefilled() || told.isBlank()) {
            told = told.stripTrailing();
        }
        this.overlap = new Overlap(text, text.substring(told.length()));
    }

    /** The same events as clients may have them; fewer, or more. */
    public List<ServerSentEvent> of(List<ServerSentEvent> events) {
        var spliced = new ArrayList<ServerSentEvent>();
        for (ServerSentEvent event : events) {
            add(event, StreamEvent.of(event.name(), event.data()), spliced);
            if (isRefused || isAnew) {
                break;
            }
        }
        return spliced;
    }

    /** Whether anything has come that clients did not have. */
    public boolean hasGoneOn() {
        return hasGoneOn;
    }

    /** Whether Claude refuses to go on. */
    public boolean isRefused() {
        return isRefused;
    }

    /** Whether Claude tells a long answer from its beginning, which clients have had. */
    public boolean isAnew() {
        return isAnew;
    }

    private void add(ServerSentEvent event, StreamEvent typed, List<ServerSentEvent> spliced) {
        if (hasStarted && typed instanceof StreamEvent.MessageStart) {
            return;
        }
        if (typed instanceof StreamEvent.ContentBlockStart start) {
            start(start, spliced);
        } else if (typed instanceof StreamEvent.ContentBlockDelta delta) {
            delta(delta, spliced);
        } else if (typed instanceof StreamEvent.ContentBlockStop stop) {
            stop(stop, spliced);
        } else if (typed instanceof StreamEvent.MessageDelta change) {
            change(change, spliced);
        } else {
            spliced.add(event);
        }
    }

    private void start(StreamEvent.ContentBlockStart start, List<ServerSentEvent> spliced) {
        ContentBlock block = start.block();
        boolean isFirst = indexes.values().stream().allMatch(index -> index == LEFT_OUT);
        if (isFirst && hasBegun && PartialAnswer.isThinking(block)) {
            indexes.put(start.index(), LEFT_OUT);
            return;
        }
        if (openBlock != LEFT_OUT && block instanceof ContentBlock.Text) {
            indexes.put(start.index(), openBlock);
            openBlock = LEFT_OUT;
            return;
        }
        closeOpenBlock(spliced);
        indexes.put(start.index(), nextIndex++);
        hasGoneOn = true;
        spliced.add(numbered(start.type(), start.json(), indexes.get(start.index())));
    }

    private void closeOpenBlock(List<ServerSentEvent> spliced) {
        if (openBlock != LEFT_OUT) {
            spliced.add(event(
                    "content_block_stop",
                    JsonText.builder()
                            .add("type", "content_block_stop")
                            .add("index", openBlock)
                            .build()));
            openBlock = LEFT_OUT;
            hasGoneOn = true;
        }
    }

    private void delta(StreamEvent.ContentBlockDelta delta, List<ServerSentEvent> spliced) {
        if (indexes.getOrDefault(delta.index(), LEFT_OUT) == LEFT_OUT) {
            return;
        }
        if (overlap == null || !(delta.delta() instanceof ContentDelta.TextDelta text)) {
            release(spliced);
            pass(delta, spliced);
            return;
        }
        held.add(delta);
        if (overlap.add(text.text())) {
            isAnew = overlap.isAnew();
            release(spliced);
        }
    }

    private void pass(StreamEvent.ContentBlockDelta delta, List<ServerSentEvent> spliced) {
        hasGoneOn = true;
        spliced.add(numbered(delta.type(), delta.json(), indexes.get(delta.index())));
    }

    /** What was held, without what clients have had. */
    private void release(List<ServerSentEvent> spliced) {
        if (overlap == null || isAnew) {
            return;
        }
        int known = overlap.length();
        overlap = null;
        for (StreamEvent.ContentBlockDelta delta : held) {
            String text = ((ContentDelta.TextDelta) delta.delta()).text();
            if (known == 0) {
                pass(delta, spliced);
            } else if (known < text.length()) {
                pass(withText(delta, text.substring(known)), spliced);
            }
            known = Math.max(0, known - text.length());
        }
        held.clear();
    }

    private static StreamEvent.ContentBlockDelta withText(StreamEvent.ContentBlockDelta delta, String text) {
        JsonObject json = delta.json();
        return new StreamEvent.ContentBlockDelta(JsonText.builder(json)
                .add("delta", JsonText.builder(json.getJsonObject("delta")).add("text", text))
                .build());
    }

    private void stop(StreamEvent.ContentBlockStop stop, List<ServerSentEvent> spliced) {
        int index = indexes.getOrDefault(stop.index(), LEFT_OUT);
        if (index != LEFT_OUT) {
            release(spliced);
            hasGoneOn = true;
            spliced.add(numbered(stop.type(), stop.json(), index));
        }
    }

    private void change(StreamEvent.MessageDelta change, List<ServerSentEvent> spliced) {
        isRefused = change.stopReason().filter(PartialAnswer::isRefusal).isPresent();
        if (isRefused) {
            return;
        }
        closeOpenBlock(spliced);
        JsonObjectBuilder json =
                JsonText.builder(change.json()).add("usage", total.get().json());
        spliced.add(event(change.type(), json.build()));
    }

    private static ServerSentEvent numbered(String name, JsonObject json, int index) {
        return event(name, JsonText.builder(json).add("index", index).build());
    }

    private static ServerSentEvent event(String name, JsonObject json) {
        return ServerSentEvent.of(name, JsonText.text(json));
    }
}
