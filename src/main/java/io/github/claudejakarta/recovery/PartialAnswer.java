package io.github.claudejakarta.recovery;

import io.github.claudejakarta.claude.ContentBlock;
import io.github.claudejakarta.claude.Message;
import io.github.claudejakarta.claude.MessageAccumulator;
import io.github.claudejakarta.claude.StopReason;
import io.github.claudejakarta.claude.StreamEvent;
import io.github.claudejakarta.claude.Surrogates;
import io.github.claudejakarta.claude.http.ServerSentEvent;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedSet;

/** The part of a broken answer that clients have. */
public final class PartialAnswer {

    private final boolean hasStarted;
    private final List<ContentBlock> content;
    private final Optional<StopReason> stopReason;
    private final SortedSet<Integer> open;
    private final int nextIndex;

    private PartialAnswer(Optional<Message> message, SortedSet<Integer> open, int nextIndex) {
        this.hasStarted = message.isPresent();
        this.content = message.map(Message::content).orElse(List.of());
        this.stopReason = message.flatMap(Message::stopReason);
        this.open = open;
        this.nextIndex = nextIndex;
    }

    /** @param events all events that were sent to clients */
    public static PartialAnswer of(Iterable<ServerSentEvent> events) {
        var accumulator = new MessageAccumulator();
        int next = 0;
        for (ServerSentEvent event : events) {
            StreamEvent typed = StreamEvent.of(event.name(), event.data());
            accumulator.accumulate(typed);
            if (typed instanceof StreamEvent.ContentBlockStart start) {
                next = Math.max(next, start.index() + 1);
            }
        }
        return new PartialAnswer(accumulator.message(), accumulator.openBlocks(), next);
    }

    /** Whether the answer has a {@code message_start}. */
    boolean hasStarted() {
        return hasStarted;
    }

    /** Whether only {@code message_stop} is missing. */
    public boolean lacksOnlyStop() {
        return stopReason.filter(reason -> !isRefusal(reason)).isPresent() && open.isEmpty();
    }

    static boolean isRefusal(StopReason reason) {
        return reason.value().equals("refusal");
    }

    /** Returns why the answer cannot be continued; empty if it can. */
    public Optional<String> whyNotContinuable() {
        if (stopReason.isPresent()) {
            return Optional.of(
                    isRefusal(stopReason.get())
                            ? "Claude had refused"
                            : "its stop reason arrived before the end of a block");
        }
        if (!open.isEmpty() && !(lastBlock() instanceof ContentBlock.Text)) {
            return Optional.of("its last block (" + lastBlock().type() + ") is unfinished and is not text");
        }
        return unansweredTool().map(name -> "the call of the tool " + name + " has no result");
    }

    /**
     * Returns the name of a called tool without a result. Only the result may follow such a turn, and only the caller
     * can send it.
     */
    private Optional<String> unansweredTool() {
        Set<String> answered = new HashSet<>();
        content.forEach(block -> {
            if (block instanceof ContentBlock.ServerToolResult result) {
                answered.add(result.toolUseId());
            }
        });
        return content.stream()
                .filter(ContentBlock.ToolCall.class::isInstance)
                .map(ContentBlock.ToolCall.class::cast)
                .filter(call -> !answered.contains(call.id()))
                .map(ContentBlock.ToolCall::name)
                .findFirst();
    }

    private ContentBlock lastBlock() {
        return content.get(content.size() - 1);
    }

    /**
     * Returns the blocks of the answer as a turn of the assistant. Claude rejects text blocks without text, a turn that
     * ends with thinking, and half a surrogate pair at the end of a text; all of these are removed.
     *
     * @return empty if the answer has no content
     */
    List<ContentBlock> turn() {
        var turn = new ArrayList<ContentBlock>();
        for (ContentBlock block : content) {
            ContentBlock whole = block instanceof ContentBlock.Text text
                    ? text.withText(Surrogates.withoutHalfAtEnd(text.text()))
                    : block;
            if (!(whole instanceof ContentBlock.Text text) || !text.text().isBlank()) {
                turn.add(whole);
            }
        }
        while (!turn.isEmpty() && isThinking(turn.get(turn.size() - 1))) {
            turn.remove(turn.size() - 1);
        }
        return turn;
    }

    static boolean isThinking(ContentBlock block) {
        return block instanceof ContentBlock.Thinking || block instanceof ContentBlock.RedactedThinking;
    }

    /** Returns the text of all blocks. */
    String text() {
        var text = new StringBuilder();
        content.forEach(block -> {
            if (block instanceof ContentBlock.Text one) {
                text.append(one.text());
            }
        });
        return text.toString();
    }

    /** Returns the index of the unfinished text block. */
    OptionalInt openBlock() {
        return open.isEmpty() ? OptionalInt.empty() : OptionalInt.of(open.last());
    }

    /** Returns the index of the next block. */
    int nextIndex() {
        return nextIndex;
    }
}
