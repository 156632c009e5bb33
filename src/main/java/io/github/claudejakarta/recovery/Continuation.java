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
 * The request that asks for the rest of an answer: the one that was answered, byte for byte, but for three places. Its
 * messages are followed by what there is of the answer, as a turn of Claude's own; and, for models that take no such
 * turn as the beginning of their answer, or not while they think, by a turn of the user's that asks to go on.
 * {@code max_tokens} is less by what was spent.
 */
public final class Continuation {

    /** What the user's turn says. */
    static final String GO_ON =
            "Your answer above was cut off by a technical fault before it was complete. Go on with it exactly where it breaks off, "
                    + "in the middle of a word if need be: begin with the very next character, repeat nothing of it, and do not mention the interruption.";

    /** The least that a budget of thinking may have. */
    private static final long LEAST_BUDGET = 1024;

    private final byte[] request;
    private final TreeMap<Integer, Edit> edits = new TreeMap<>();
    private Place messages;
    private boolean hasMessages;
    private Place maxTokens;
    private long maxTokensValue;
    private Place thinking;
    private String thinkingType = "disabled";
    private Place budget;
    private long budgetValue;
    private boolean isPrefilled;

    private record Place(int from, int to) {}

    private record Edit(int to, byte[] replacement) {}

    private Continuation(byte[] request) {
        this.request = request;
        JsonPull.object(request, 0, request.length, this::take);
    }

    /**
     * @param request the body of the request that was answered
     * @param model that it asks for
     * @param answer what there is of the answer
     * @param spent output tokens, of all attempts so far
     * @throws IllegalArgumentException if the request is none for a message
     */
    public static Continuation of(
            byte[] request, String model, PartialAnswer answer, long spent, RecoverySettings settings) {
        var continuation = new Continuation(request);
        if (continuation.messages == null || continuation.maxTokens == null) {
            throw new IllegalArgumentException("A request without messages or max_tokens cannot be gone on with");
        }
        continuation.isPrefilled = settings.isPrefilled(model) && continuation.thinkingType.equals("disabled");
        continuation.addTurns(answer);
        continuation.spend(spent);
        return continuation;
    }

    /** Whether it ends with Claude's own turn; then without the blanks at that turn's end, which would be refused. */
    boolean isPrefilled() {
        return isPrefilled;
    }

    private boolean take(String name, JsonParser.Event value, JsonParser parser) {
        switch (name) {
            case "messages" -> {
                if (value == JsonParser.Event.START_ARRAY) {
                    int from = at(parser) - 1;
                    hasMessages = JsonPull.skip(parser) > 0;
                    messages = new Place(from, at(parser));
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
                    int from = at(parser) - 1;
                    budget = null;
                    JsonPull.fields(parser, this::takeThinking);
                    thinking = new Place(from, at(parser));
                    return true;
                }
            }
            default -> {}
        }
        return false;
    }

    private boolean takeThinking(String name, JsonParser.Event value, JsonParser parser) {
        if (name.equals("type") && value == JsonParser.Event.VALUE_STRING) {
            thinkingType = parser.getString();
        } else if (name.equals("budget_tokens") && value == JsonParser.Event.VALUE_NUMBER) {
            budget = number(parser);
            budgetValue = parser.getBigDecimal().longValue();
        }
        return false;
    }

    private static int at(JsonParser parser) {
        return (int) parser.getLocation().getStreamOffset();
    }

    private static Place number(JsonParser parser) {
        int to = at(parser);
        return new Place(to - parser.getString().length(), to);
    }

    private void addTurns(PartialAnswer answer) {
        List<ContentBlock> said = isPrefilled ? withoutBlanksAtItsEnd(answer.turn()) : answer.turn();
        if (said.isEmpty()) {
            return;
        }
        var blocks = JsonText.array();
        said.forEach(block -> blocks.add(block.json()));
        var turns = new StringBuilder(hasMessages ? "," : "").append(turn("assistant", blocks));
        if (!isPrefilled) {
            turns.append(',')
                    .append(turn(
                            "user",
                            JsonText.array().add(ContentBlock.Text.of(GO_ON).json())));
        }
        int end = messages.to() - 1;
        // Claude refuses a request with half a character in it.
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

    /** A budget of thinking has to be less than {@code max_tokens}. */
    private void spend(long spent) {
        long left = Math.max(1, maxTokensValue - spent);
        replace(maxTokens, Long.toString(left));
        if (budget != null && budgetValue >= left) {
            if (left > LEAST_BUDGET) {
                replace(budget, Long.toString(left - 1));
            } else {
                replace(thinking, "{\"type\":\"disabled\"}");
            }
        }
    }

    private void replace(Place place, String text) {
        edits.put(place.from(), new Edit(place.to(), text.getBytes(StandardCharsets.US_ASCII)));
    }

    /** How many bytes the request's body has. */
    public int length() {
        return request.length
                + edits.entrySet().stream()
                        .mapToInt(edit -> edit.getValue().replacement().length
                                - (edit.getValue().to() - edit.getKey()))
                        .sum();
    }

    /** The request's body. */
    public byte[] body() {
        byte[] edited = new byte[length()];
        int from = 0;
        int at = 0;
        for (var edit : edits.entrySet()) {
            at = copied(request, from, edit.getKey() - from, edited, at);
            at = copied(edit.getValue().replacement(), 0, edit.getValue().replacement().length, edited, at);
            from = edit.getValue().to();
        }
        copied(request, from, request.length - from, edited, at);
        return edited;
    }

    private static int copied(byte[] source, int from, int count, byte[] target, int at) {
        System.arraycopy(source, from, target, at, count);
        return at + count;
    }
}
