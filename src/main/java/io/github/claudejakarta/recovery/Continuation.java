package io.github.claudejakarta.recovery;

import io.github.claudejakarta.claude.ContentBlock;
import io.github.claudejakarta.claude.JsonPull;
import io.github.claudejakarta.claude.JsonText;
import io.github.claudejakarta.claude.Surrogates;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.stream.JsonParser;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.TreeMap;

/**
 * The request for the rest of an answer: the original request, byte for byte, with two or three changes. After its
 * messages, it has the partial answer as a turn of the assistant. Some models do not accept such a turn as the
 * beginning of their answer, or not with thinking. For these, a user turn follows that requests the continuation.
 * {@code max_tokens} is reduced by the tokens that were already used.
 */
public final class Continuation {

    /** The text of the user turn. */
    static final String PROMPT =
            "Your answer above was cut off by a technical fault before it was complete. Go on with it exactly where it breaks off, "
                    + "in the middle of a word if need be: begin with the very next character, repeat nothing of it, and do not mention the interruption.";

    /** The minimum budget of thinking, in tokens. */
    private static final long MIN_BUDGET = 1024;

    private final byte[] request;
    private final TreeMap<Integer, Edit> edits = new TreeMap<>();
    private Range messages;
    private boolean hasMessages;
    private Range maxTokens;
    private long maxTokensValue;
    private Range thinking;
    private String thinkingType = "disabled";
    private Range budget;
    private long budgetValue;
    private boolean isPrefilled;

    /** The position of a value in the request. */
    private record Range(int from, int to) {}

    /** A replacement for the bytes up to a position. */
    private record Edit(int to, byte[] replacement) {}

    private Continuation(byte[] request) {
        this.request = request;
        JsonPull.object(request, 0, request.length, this::readField);
    }

    /**
     * Creates the request for the rest of an answer.
     *
     * @param request the body of the original request
     * @param model the model of the request
     * @param answer the partial answer
     * @param used the output tokens of all attempts so far
     * @throws IllegalArgumentException if the body is not a request for a message
     */
    public static Continuation of(
            byte[] request, String model, PartialAnswer answer, long used, RecoverySettings settings) {
        var continuation = new Continuation(request);
        if (continuation.messages == null || continuation.maxTokens == null) {
            throw new IllegalArgumentException(
                    "The answer cannot be continued: its request has no messages or no max_tokens");
        }
        continuation.isPrefilled = settings.acceptsPrefill(model) && continuation.thinkingType.equals("disabled");
        continuation.addTurns(answer);
        continuation.reduceBudget(used);
        return continuation;
    }

    /**
     * Whether the request ends with the turn of the assistant. Then white space at its end is removed, because Claude
     * would reject it.
     */
    boolean isPrefilled() {
        return isPrefilled;
    }

    private boolean readField(String name, JsonParser.Event value, JsonParser parser) {
        switch (name) {
            case "messages" -> {
                if (value == JsonParser.Event.START_ARRAY) {
                    int from = position(parser) - 1;
                    hasMessages = JsonPull.skip(parser) > 0;
                    messages = new Range(from, position(parser));
                    return true;
                }
            }
            case "max_tokens" -> {
                if (value == JsonParser.Event.VALUE_NUMBER) {
                    maxTokens = number(parser);
                    maxTokensValue = parser.getBigDecimal().longValue();
                }
            }
            case "thinking" -> {
                if (value == JsonParser.Event.START_OBJECT) {
                    int from = position(parser) - 1;
                    budget = null;
                    JsonPull.fields(parser, this::readThinkingField);
                    thinking = new Range(from, position(parser));
                    return true;
                }
            }
            default -> {}
        }
        return false;
    }

    private boolean readThinkingField(String name, JsonParser.Event value, JsonParser parser) {
        if (name.equals("type") && value == JsonParser.Event.VALUE_STRING) {
            thinkingType = parser.getString();
        } else if (name.equals("budget_tokens") && value == JsonParser.Event.VALUE_NUMBER) {
            budget = number(parser);
            budgetValue = parser.getBigDecimal().longValue();
        }
        return false;
    }

    private static int position(JsonParser parser) {
        return (int) parser.getLocation().getStreamOffset();
    }

    private static Range number(JsonParser parser) {
        int to = position(parser);
        return new Range(to - parser.getString().length(), to);
    }

    private void addTurns(PartialAnswer answer) {
        List<ContentBlock> turn = isPrefilled ? withoutBlanksAtItsEnd(answer.turn()) : answer.turn();
        if (turn.isEmpty()) {
            return;
        }
        var blocks = JsonText.array();
        turn.forEach(block -> blocks.add(block.json()));
        var turns = new StringBuilder(hasMessages ? "," : "").append(turn("assistant", blocks));
        if (!isPrefilled) {
            turns.append(',')
                    .append(turn(
                            "user",
                            JsonText.array().add(ContentBlock.Text.of(PROMPT).json())));
        }
        int end = messages.to() - 1;
        // Claude rejects a request with half a surrogate pair.
        edits.put(end, new Edit(end, Surrogates.replaced(turns.toString()).getBytes(StandardCharsets.UTF_8)));
    }

    private static List<ContentBlock> withoutBlanksAtItsEnd(List<ContentBlock> turn) {
        if (turn.isEmpty() || !(turn.get(turn.size() - 1) instanceof ContentBlock.Text last)) {
            return turn;
        }
        turn.set(turn.size() - 1, last.withText(last.text().stripTrailing()));
        return turn;
    }

    private static JsonObject turn(String role, JsonArrayBuilder content) {
        return JsonText.builder().add("role", role).add("content", content).build();
    }

    /** Reduces {@code max_tokens}, and the budget of thinking, which must be less than {@code max_tokens}. */
    private void reduceBudget(long used) {
        long left = Math.max(1, maxTokensValue - used);
        replace(maxTokens, Long.toString(left));
        if (budget != null && budgetValue >= left) {
            if (left > MIN_BUDGET) {
                replace(budget, Long.toString(left - 1));
            } else {
                replace(thinking, "{\"type\":\"disabled\"}");
            }
        }
    }

    private void replace(Range range, String text) {
        edits.put(range.from(), new Edit(range.to(), text.getBytes(StandardCharsets.US_ASCII)));
    }

    /** Returns the length of the request's body in bytes. */
    public int length() {
        return request.length
                + edits.entrySet().stream()
                        .mapToInt(edit -> edit.getValue().replacement().length
                                - (edit.getValue().to() - edit.getKey()))
                        .sum();
    }

    /** Returns the request's body. */
    public byte[] body() {
        byte[] edited = new byte[length()];
        int from = 0;
        int at = 0;
        for (var edit : edits.entrySet()) {
            at = copy(request, from, edit.getKey() - from, edited, at);
            at = copy(edit.getValue().replacement(), 0, edit.getValue().replacement().length, edited, at);
            from = edit.getValue().to();
        }
        copy(request, from, request.length - from, edited, at);
        return edited;
    }

    /** Copies bytes and returns the index after them in the target. */
    private static int copy(byte[] source, int from, int count, byte[] target, int at) {
        System.arraycopy(source, from, target, at, count);
        return at + count;
    }
}
