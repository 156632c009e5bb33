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
 * Converts the events of a continuation so that clients can process them after the events that they have. The text
 * continues in the same block, later blocks get the next numbers, a second {@code message_start} is dropped, and the
 * usage is the total of all attempts.
 *
 * <p>Repeated text is left out. The thinking at the beginning of the continuation is left out too: it is about the
 * continuation, and its signature would not be valid in the caller's next request, which has no request for a
 * continuation.
 *
 * <p>Used by one thread at a time.
 */
public final class Splice {

    /** The index of a block that is left out. */
    private static final int OMITTED = -1;

    private final boolean hasStarted;
    private final boolean hasBegun;
    private final Supplier<Usage> total;
    private final Map<Integer, Integer> indexes = new HashMap<>();
    /**
     * The index of the text block that is open for clients, until a block of the continuation continues it; otherwise
     * {@link #OMITTED}.
     */
    private int openBlock;

    private int nextIndex;
    /** Null when the new part of the text is known. */
    private Overlap overlap;
    /** The text of the continuation, until its new part is known. */
    private final List<StreamEvent.ContentBlockDelta> pending = new ArrayList<>();

    private boolean hasNewContent;
    private boolean isRefused;
    private boolean isRestart;

    /**
     * @param answer the part of the answer that clients have
     * @param continuation the request for the rest
     * @param total returns the usage of all attempts so far, including this one
     */
    public Splice(PartialAnswer answer, Continuation continuation, Supplier<Usage> total) {
        String text = answer.text();
        this.hasStarted = answer.hasStarted();
        this.hasBegun = answer.nextIndex() > 0;
        this.total = total;
        this.openBlock = answer.openBlock().orElse(OMITTED);
        this.nextIndex = answer.nextIndex();
        String requested = Surrogates.withoutHalfAtEnd(text);
        // The request does not contain an answer that is blank so far.
        if (continuation.isPrefilled() || requested.isBlank()) {
            requested = requested.stripTrailing();
        }
        this.overlap = new Overlap(text, text.substring(requested.length()));
    }

    /** Returns the events for clients that correspond to some events of the continuation. Their number may differ. */
    public List<ServerSentEvent> of(List<ServerSentEvent> events) {
        var spliced = new ArrayList<ServerSentEvent>();
        for (ServerSentEvent event : events) {
            add(event, StreamEvent.of(event.name(), event.data()), spliced);
            if (isRefused || isRestart) {
                break;
            }
        }
        return spliced;
    }

    /** Whether the continuation has sent content that clients did not have. */
    public boolean hasNewContent() {
        return hasNewContent;
    }

    /** Whether Claude refuses to continue. */
    public boolean isRefused() {
        return isRefused;
    }

    /** Whether Claude repeats a long answer from its beginning, which clients already have. */
    public boolean isRestart() {
        return isRestart;
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
        boolean isFirst = indexes.values().stream().allMatch(index -> index == OMITTED);
        if (isFirst && hasBegun && PartialAnswer.isThinking(block)) {
            indexes.put(start.index(), OMITTED);
            return;
        }
        if (openBlock != OMITTED && block instanceof ContentBlock.Text) {
            indexes.put(start.index(), openBlock);
            openBlock = OMITTED;
            return;
        }
        closeOpenBlock(spliced);
        indexes.put(start.index(), nextIndex++);
        hasNewContent = true;
        spliced.add(numbered(start.type(), start.json(), indexes.get(start.index())));
    }

    private void closeOpenBlock(List<ServerSentEvent> spliced) {
        if (openBlock != OMITTED) {
            spliced.add(event(
                    "content_block_stop",
                    JsonText.builder()
                            .add("type", "content_block_stop")
                            .add("index", openBlock)
                            .build()));
            openBlock = OMITTED;
            hasNewContent = true;
        }
    }

    private void delta(StreamEvent.ContentBlockDelta delta, List<ServerSentEvent> spliced) {
        if (indexes.getOrDefault(delta.index(), OMITTED) == OMITTED) {
            return;
        }
        if (overlap == null || !(delta.delta() instanceof ContentDelta.TextDelta text)) {
            release(spliced);
            pass(delta, spliced);
            return;
        }
        pending.add(delta);
        if (overlap.add(text.text())) {
            isRestart = overlap.isRestart();
            release(spliced);
        }
    }

    private void pass(StreamEvent.ContentBlockDelta delta, List<ServerSentEvent> spliced) {
        hasNewContent = true;
        spliced.add(numbered(delta.type(), delta.json(), indexes.get(delta.index())));
    }

    /** Passes the pending text on, without the part that clients already have. */
    private void release(List<ServerSentEvent> spliced) {
        if (overlap == null || isRestart) {
            return;
        }
        int known = overlap.length();
        overlap = null;
        for (StreamEvent.ContentBlockDelta delta : pending) {
            String text = ((ContentDelta.TextDelta) delta.delta()).text();
            if (known == 0) {
                pass(delta, spliced);
            } else if (known < text.length()) {
                pass(withText(delta, text.substring(known)), spliced);
            }
            known = Math.max(0, known - text.length());
        }
        pending.clear();
    }

    private static StreamEvent.ContentBlockDelta withText(StreamEvent.ContentBlockDelta delta, String text) {
        JsonObject json = delta.json();
        return new StreamEvent.ContentBlockDelta(JsonText.builder(json)
                .add("delta", JsonText.builder(json.getJsonObject("delta")).add("text", text))
                .build());
    }

    private void stop(StreamEvent.ContentBlockStop stop, List<ServerSentEvent> spliced) {
        int index = indexes.getOrDefault(stop.index(), OMITTED);
        if (index != OMITTED) {
            release(spliced);
            hasNewContent = true;
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
