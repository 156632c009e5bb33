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

/** What clients have of an answer that broke off. */
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

    /** @param events all that clients were sent */
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

    /** Whether there was a {@code message_start}. */
    boolean hasStarted() {
        return hasStarted;
    }

    /** Whether nothing is missing but {@code message_stop}. */
    public boolean lacksOnlyItsStop() {
        return stopReason.filter(reason -> !isRefusal(reason)).isPresent() && open.isEmpty();
    }

    static boolean isRefusal(StopReason reason) {
        return reason.value().equals("refusal");
    }

    /** Why Claude cannot be asked for the rest; empty where it can. */
    public Optional<String> obstacle() {
        if (stopReason.isPresent()) {
            return Optional.of(
                    isRefusal(stopReason.get())
                            ? "Claude had refused"
                            : "it had its stop reason in the middle of a block");
        }
        if (!open.isEmpty() && !(lastBlock() instanceof ContentBlock.Text)) {
            return Optional.of("a " + lastBlock().type() + " block was unfinished");
        }
        return unansweredTool().map(name -> "the call of the tool " + name + " was not answered");
    }

    /**
     * A turn that ends with the call of a tool can only be followed by the tool's result, which the caller would have
     * to give.
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
     * What goes back to Claude as its own turn: blocks without text are refused, and so is a turn that ends with
     * thinking. Half a character at the end is left out, because Claude refuses a text that has it.
     *
     * @return empty where nothing was said
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

    /** All text, of all blocks. */
    String text() {
        var text = new StringBuilder();
        content.forEach(block -> {
            if (block instanceof ContentBlock.Text one) {
                text.append(one.text());
            }
        });
        return text.toString();
    }

    /** Of the text block that is unfinished. */
    OptionalInt openBlock() {
        return open.isEmpty() ? OptionalInt.empty() : OptionalInt.of(open.last());
    }

    /** Of the next block. */
    int nextIndex() {
        return nextIndex;
    }
}
