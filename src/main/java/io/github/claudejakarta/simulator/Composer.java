package io.github.claudejakarta.simulator;

import static io.github.claudejakarta.simulator.JsonText.PROVIDER;

import jakarta.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.random.RandomGenerator;

/** Composes the answer to one request. */
final class Composer {

    static final String SIGNATURE =
            Base64.getEncoder().encodeToString("The simulator signs nothing.".getBytes(StandardCharsets.UTF_8));
    private static final JsonObject WEATHER = PROVIDER.createObjectBuilder()
            .add("name", "get_weather")
            .add(
                    "input_schema",
                    PROVIDER.createObjectBuilder()
                            .add("type", "object")
                            .add(
                                    "properties",
                                    PROVIDER.createObjectBuilder()
                                            .add(
                                                    "city",
                                                    PROVIDER.createObjectBuilder()
                                                            .add("type", "string"))
                                            .add(
                                                    "unit",
                                                    PROVIDER.createObjectBuilder()
                                                            .add("default", "celsius"))))
            .build();

    private final MessageParams params;
    private final Directives directives;
    private final Clock clock;
    private final RandomGenerator ids;
    private final boolean isFiller;
    private final Budget budget;
    private final List<Block> content = new ArrayList<>();
    private Answer.Ending ending = Answer.Ending.of("end_turn");

    Composer(MessageParams params, Directives directives, Clock clock, RandomGenerator ids) {
        this.params = params;
        this.directives = directives;
        this.clock = clock;
        this.ids = ids;
        isFiller = FillerText.isWanted(directives);
        budget = new Budget(params.maxTokens());
    }

    Answer compose() {
        if (directives.isOn("refusal")) {
            composeRefusal();
        } else {
            composeContent();
        }
        var characters = isFiller ? 0 : characters(Block.class);
        var outputTokens = isFiller ? directives.number("events", 5) : TokenCount.ofCharacters(characters);
        return new Answer(
                Ids.next("msg", ids),
                params.model(),
                List.copyOf(content),
                ending,
                params.inputTokens(),
                outputTokens,
                TokenCount.ofCharacters(characters(Block.Thinking.class)));
    }

    private long characters(Class<? extends Block> kind) {
        return content.stream()
                .filter(kind::isInstance)
                .flatMap(block -> block.pieces().stream())
                .mapToLong(String::length)
                .sum();
    }

    private void composeRefusal() {
        if (!directives.text("refusal").orElseThrow().equals("before")) {
            addText(isFiller ? new FillerText(directives, clock) : Prose.refusal());
        }
        ending = Answer.Ending.of("refusal");
    }

    private void composeContent() {
        if (params.isThinkingEnabled() || directives.isOn("thinking")) {
            addThinking();
        }
        var tool = toolToCall();
        if (isFiller) {
            addText(new FillerText(directives, clock));
        } else if (tool.isEmpty()) {
            addAnswer();
        } else if (!isForced()) {
            addText(Prose.toolCall(tool.get().getString("name")));
        }
        tool.filter(called -> !isEnded()).ifPresent(this::addToolUse);
        if (budget.isExhausted()) {
            ending = Answer.Ending.of("max_tokens");
        }
    }

    private boolean isEnded() {
        return budget.isExhausted() || ending.sequence().isPresent();
    }

    private void addThinking() {
        var pieces = params.isThinkingOmitted() ? List.of("") : limit(Prose.thinking(params.prompt()));
        if (!pieces.isEmpty()) {
            content.add(new Block.Thinking(pieces, SIGNATURE));
        }
    }

    private void addText(List<String> pieces) {
        if (isFiller) {
            content.add(new Block.Text(pieces));
            return;
        }
        var limited = isEnded() ? List.<String>of() : limit(untilStopSequence(pieces));
        if (!limited.isEmpty()) {
            content.add(new Block.Text(limited));
        }
    }

    private void addAnswer() {
        var documents = params.documents();
        var pieces = new ArrayList<>(
                params.toolResult().map(Prose::toolAnswer).orElseGet(() -> Prose.answer(params.prompt())));
        if (!documents.isEmpty()) {
            pieces.addAll(Prose.beforeCitations());
        }
        addText(pieces);
        documents.forEach(this::addCitation);
    }

    /** Adds a block for the citation, because a citation applies to a whole block. */
    private void addCitation(Document document) {
        var citation = document.citation();
        var pieces = isEnded()
                ? List.<String>of()
                : limit(untilStopSequence(Prose.words(" " + citation.getString("cited_text"))));
        if (!pieces.isEmpty()) {
            content.add(new Block.Cited(pieces, citation));
        }
    }

    private void addToolUse(JsonObject tool) {
        ending = Answer.Ending.of("tool_use");
        var pieces = limit(directives.text("tool_input").map(Prose::json).orElseGet(() -> input(tool)));
        content.add(new Block.ToolUse(Ids.next("toolu", ids), tool.getString("name"), pieces));
    }

    private static List<String> input(JsonObject tool) {
        var input = ToolInput.of(tool.getJsonObject("input_schema"));
        return input.isEmpty() ? List.of("") : Prose.json(input.toString());
    }

    /** Cuts the pieces to the budget. Filler text is not cut. */
    private List<String> limit(List<String> pieces) {
        return isFiller ? pieces : budget.take(pieces);
    }

    private List<String> untilStopSequence(List<String> pieces) {
        var text = String.join("", pieces);
        var found = params.stopSequences().stream()
                .filter(sequence -> !sequence.isEmpty() && text.contains(sequence))
                .min(Comparator.comparing(text::indexOf));
        if (found.isEmpty()) {
            return pieces;
        }
        ending = new Answer.Ending("stop_sequence", found);
        return Prose.words(text.substring(0, text.indexOf(found.get())));
    }

    private boolean isForced() {
        return List.of("any", "tool").contains(choice());
    }

    private String choice() {
        return params.toolChoice().getString("type", "auto");
    }

    /** Returns the tool to call. A tool's result is answered with text, so that every loop ends. */
    private Optional<JsonObject> toolToCall() {
        var tools = params.tools();
        if (directives.isOn("tool") || directives.has("tool_input")) {
            return Optional.of(tools.isEmpty() ? WEATHER : tools.get(0));
        }
        var choice = choice();
        if (choice.equals("tool")) {
            return chosenTool(tools, params.toolChoice().getString("name", ""))
                    .filter(tool -> params.toolResult().isEmpty());
        }
        if (choice.equals("none") || params.toolResult().isPresent()) {
            return Optional.empty();
        }
        return choice.equals("any") ? tools.stream().findFirst() : mentionedTool(tools);
    }

    private static Optional<JsonObject> chosenTool(List<JsonObject> tools, String name) {
        return Optional.of(tools.stream()
                .filter(tool -> tool.getString("name").equals(name))
                .findFirst()
                .orElseThrow(
                        () -> new ApiError(400, "tool_choice.name: Tool '" + name + "' not found in provided tools")));
    }

    /** Returns the tool that the prompt names, or the first tool if the prompt contains the word "tool". */
    private Optional<JsonObject> mentionedTool(List<JsonObject> tools) {
        var prompt = params.prompt().toLowerCase(Locale.ROOT);
        return tools.stream()
                .filter(tool -> prompt.contains(tool.getString("name").toLowerCase(Locale.ROOT)))
                .findFirst()
                .or(() -> tools.stream().filter(tool -> prompt.contains("tool")).findFirst());
    }
}
