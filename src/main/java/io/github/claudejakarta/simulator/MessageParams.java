package io.github.claudejakarta.simulator;

import static io.github.claudejakarta.simulator.JsonText.PROVIDER;

import jakarta.json.JsonArray;
import jakarta.json.JsonException;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonReaderFactory;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import jakarta.json.JsonValue.ValueType;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The body of a request for a message. Its members are validated as far as the simulator reads them. */
record MessageParams(JsonObject body) {

    private static final JsonReaderFactory READERS = PROVIDER.createReaderFactory(Map.of());
    private static final Set<String> ROLES = Set.of("user", "assistant", "system");
    private static final Set<String> CHOICES = Set.of("auto", "any", "tool", "none");
    private static final int MAX_MODEL_LENGTH = 256;
    private static final Pattern SUPPORTS_PREFILL =
            Pattern.compile("claude-(sim-|[23]|instant|(opus|sonnet|haiku)-4(-[0-5])?(-20\\d{6})?$)");
    private static final String WITHOUT_SAMPLING = "2026-10-21";

    static MessageParams ofMessage(HttpRequest request) {
        checkContentType(request);
        return ofMessage(request.body().all(), version(request));
    }

    static MessageParams ofMessage(Body.Slice text, String version) {
        var params = ofCount(text, version);
        var maxTokens = required(params.body, "max_tokens");
        if (!(maxTokens instanceof JsonNumber number && number.isIntegral() && number.longValue() >= 0)) {
            throw new ApiError(400, "max_tokens: Input should be a valid integer, at least 0");
        }
        return params;
    }

    static MessageParams ofCount(HttpRequest request) {
        checkContentType(request);
        return ofCount(request.body().all(), version(request));
    }

    static MessageParams ofCount(Body.Slice text, String version) {
        var body = parse(text);
        String model = string(required(body, "model"), "model");
        if (model.isEmpty()) {
            throw new ApiError(400, "model: String should have at least 1 character");
        }
        if (model.length() > MAX_MODEL_LENGTH) {
            throw new ApiError(400, "model: String should have at most " + MAX_MODEL_LENGTH + " characters");
        }
        checkMessages(required(body, "messages"));
        checkLastTurn(body.getJsonArray("messages"), model);
        check(body, "stream", "a valid boolean", ValueType.TRUE, ValueType.FALSE, ValueType.NULL);
        check(body, "thinking", "an object", ValueType.OBJECT);
        check(body, "tools", "a valid list", ValueType.ARRAY);
        check(body, "tool_choice", "an object", ValueType.OBJECT);
        check(body, "stop_sequences", "a valid list", ValueType.ARRAY);
        checkItems(body, "tools", ValueType.OBJECT);
        checkItems(body, "stop_sequences", ValueType.STRING);
        if (body.containsKey("tool_choice")
                && !CHOICES.contains(body.getJsonObject("tool_choice").getString("type", ""))) {
            throw new ApiError(400, "tool_choice.type: Input should be 'auto', 'any', 'tool' or 'none'");
        }
        if (version.equals(WITHOUT_SAMPLING)) {
            for (var removed : List.of("temperature", "top_p", "top_k")) {
                if (body.containsKey(removed)) {
                    throw new ApiError(400, removed + ": Extra inputs are not permitted");
                }
            }
        }
        return new MessageParams(body);
    }

    static void checkContentType(HttpRequest request) {
        if (!request.header("content-type").orElse("").startsWith(Dispatcher.JSON)) {
            throw new ApiError(400, "content-type: must be application/json");
        }
    }

    static String version(HttpRequest request) {
        return request.header("anthropic-version").orElse("");
    }

    private static JsonObject parse(Body.Slice text) {
        try (var reader = READERS.createReader(text.open())) {
            if (reader.readValue() instanceof JsonObject object) {
                return object;
            }
        } catch (JsonException | StackOverflowError e) {
            // The error is the same for other values than objects. The parser's message would quote the body.
        }
        throw new ApiError(400, "The request body is not valid JSON");
    }

    private static JsonValue required(JsonObject body, String name) {
        return Optional.ofNullable(body.get(name)).orElseThrow(() -> new ApiError(400, name + ": Field required"));
    }

    private static String string(JsonValue value, String name) {
        if (value instanceof JsonString string) {
            return string.getString();
        }
        throw new ApiError(400, name + ": Input should be a valid string");
    }

    private static void check(JsonObject body, String name, String what, ValueType... types) {
        if (body.containsKey(name) && !List.of(types).contains(body.get(name).getValueType())) {
            throw new ApiError(400, name + ": Input should be " + what);
        }
    }

    private static void checkItems(JsonObject body, String name, ValueType type) {
        if (body.containsKey(name) && body.getJsonArray(name).stream().anyMatch(item -> item.getValueType() != type)) {
            throw new ApiError(400, name + ": each item must be of type " + type);
        }
    }

    private static void checkMessages(JsonValue value) {
        if (!(value instanceof JsonArray messages)) {
            throw new ApiError(400, "messages: Input should be a valid list");
        }
        if (messages.isEmpty()) {
            throw new ApiError(400, "messages: at least one message is required");
        }
        for (var index = 0; index < messages.size(); index++) {
            checkMessage(messages.get(index), "messages." + index);
        }
    }

    /**
     * Checks a last turn of the assistant. Models after Claude 4.5 do not continue such a turn, and no model continues
     * a turn that ends with white space.
     */
    private static void checkLastTurn(JsonArray messages, String model) {
        var last = messages.getJsonObject(messages.size() - 1);
        if (!last.getString("role").equals("assistant")) {
            return;
        }
        if (!SUPPORTS_PREFILL.matcher(model).find()) {
            throw new ApiError(
                    400,
                    "This model does not support assistant message prefill. The conversation must end with a user message.");
        }
        var content = last.get("content");
        var text = content instanceof JsonArray blocks && !blocks.isEmpty()
                ? blocks.getJsonObject(blocks.size() - 1).getString("text", "")
                : text(content);
        if (!text.equals(text.stripTrailing())) {
            throw new ApiError(400, "messages: final assistant content cannot end with trailing whitespace");
        }
    }

    private static void checkMessage(JsonValue value, String at) {
        if (!(value instanceof JsonObject message)) {
            throw new ApiError(400, at + ": Input should be an object");
        }
        if (!message.containsKey("role")) {
            throw new ApiError(400, at + ".role: Field required");
        }
        if (!ROLES.contains(message.getString("role", ""))) {
            throw new ApiError(400, at + ".role: Input should be 'user' or 'assistant'");
        }
        var content = message.get("content");
        if (content == null) {
            throw new ApiError(400, at + ".content: Field required");
        }
        var isBlocks = content instanceof JsonArray blocks
                && blocks.stream()
                        .allMatch(block ->
                                block instanceof JsonObject object && object.get("type") instanceof JsonString);
        if (!isBlocks && !(content instanceof JsonString)) {
            throw new ApiError(400, at + ".content: Input should be a valid string or a list of blocks");
        }
        if (content instanceof JsonArray blocks
                && blocks.getValuesAs(JsonObject.class).stream()
                        .anyMatch(block -> block.getString("type").equals("text")
                                && block.getString("text", "").isBlank())) {
            throw new ApiError(400, "messages: text content blocks must contain non-whitespace text");
        }
    }

    String model() {
        return body.getString("model");
    }

    /** Returns {@code max_tokens}. Must not be called for a request that counts tokens. */
    long maxTokens() {
        return body.getJsonNumber("max_tokens").longValue();
    }

    boolean isStreamed() {
        return body.getBoolean("stream", false);
    }

    boolean isThinkingEnabled() {
        var type = thinking().getString("type", "disabled");
        return !type.equals("disabled");
    }

    boolean isThinkingOmitted() {
        return thinking().getString("display", "").equals("omitted");
    }

    private JsonObject thinking() {
        return body.containsKey("thinking") ? body.getJsonObject("thinking") : JsonValue.EMPTY_JSON_OBJECT;
    }

    List<String> stopSequences() {
        return body.containsKey("stop_sequences")
                ? body.getJsonArray("stop_sequences").getValuesAs(JsonString::getString)
                : List.of();
    }

    /** Returns the tools that the caller runs. Tools that the server runs are not simulated. */
    List<JsonObject> tools() {
        return body.containsKey("tools")
                ? body.getJsonArray("tools").getValuesAs(JsonObject.class).stream()
                        .filter(tool -> tool.get("input_schema") instanceof JsonObject
                                && tool.get("name") instanceof JsonString)
                        .toList()
                : List.of();
    }

    JsonObject toolChoice() {
        return body.containsKey("tool_choice") ? body.getJsonObject("tool_choice") : JsonValue.EMPTY_JSON_OBJECT;
    }

    long inputTokens() {
        return TokenCount.of(body.getJsonArray("messages"))
                + TokenCount.of(body.getOrDefault("system", JsonValue.NULL))
                + TokenCount.of(body.getOrDefault("tools", JsonValue.NULL));
    }

    /**
     * A question, and the incomplete answer to it.
     *
     * @param text all text of the answer
     */
    record InterruptedAnswer(MessageParams question, String text) {}

    /**
     * Returns the interrupted answer, if the conversation ends with a turn of the assistant, or with such a turn and
     * one message of the user.
     */
    Optional<InterruptedAnswer> interrupted() {
        var messages = body.getJsonArray("messages");
        var turn = messages.size() - (hasRole(messages.size() - 1, "assistant") ? 1 : 2);
        if (turn < 1 || !hasRole(turn, "assistant")) {
            return Optional.empty();
        }
        var before = PROVIDER.createArrayBuilder();
        messages.subList(0, turn).forEach(before::add);
        var question = PROVIDER.createObjectBuilder(body)
                .add("messages", before)
                .add("max_tokens", Integer.MAX_VALUE)
                .build();
        var content = messages.getJsonObject(turn).get("content");
        var text = content instanceof JsonString string
                ? string.getString()
                : content.asJsonArray().getValuesAs(JsonObject.class).stream()
                        .filter(block -> block.getString("type").equals("text"))
                        .map(block -> block.getString("text", ""))
                        .collect(Collectors.joining());
        return Optional.of(new InterruptedAnswer(new MessageParams(question), text));
    }

    private boolean hasRole(int turn, String role) {
        return turn >= 0
                && body.getJsonArray("messages")
                        .getJsonObject(turn)
                        .getString("role")
                        .equals(role);
    }

    /**
     * Returns the directives of the model's name and of the prompt. The prompt has none if the conversation ends with a
     * turn of the assistant.
     */
    Directives directives() {
        var scripted = ScriptedModel.find(model());
        if (model().startsWith(ScriptedModel.PREFIX) && scripted.isEmpty()) {
            throw new ApiError(404, "model: " + model());
        }
        return scripted.map(model -> promptDirectives().withDefaults(model.directives()))
                .orElseGet(this::promptDirectives);
    }

    /** Returns the directives of the prompt alone. */
    Directives promptDirectives() {
        return Directives.parse(lastTurn().getString("role").equals("assistant") ? "" : prompt());
    }

    /** Returns the text of the last message of the user. */
    String prompt() {
        return blocksOfPrompt().stream()
                .map(block -> block.getString("text", ""))
                .filter(text -> !text.isEmpty())
                .collect(Collectors.joining("\n"));
    }

    /** Returns the results of tools in the last message of the user; empty if it has none. */
    Optional<String> toolResult() {
        return blocksOfPrompt().stream()
                .filter(block -> block.getString("type", "").equals("tool_result"))
                .map(block -> text(block.getOrDefault("content", JsonValue.NULL)))
                .reduce((first, second) -> first + "\n" + second);
    }

    /** Returns the documents of the last message of the user that can be cited. */
    List<Document> documents() {
        var documents = blocksOfPrompt().stream()
                .filter(block -> block.getString("type", "").equals("document"))
                .toList();
        return IntStream.range(0, documents.size())
                .mapToObj(index -> Document.of(index, documents.get(index)))
                .flatMap(Optional::stream)
                .toList();
    }

    private JsonObject lastTurn() {
        var messages = body.getJsonArray("messages");
        return messages.getJsonObject(messages.size() - 1);
    }

    private List<JsonObject> blocksOfPrompt() {
        var users = body.getJsonArray("messages").getValuesAs(JsonObject.class).stream()
                .filter(message -> message.getString("role").equals("user"))
                .toList();
        if (users.isEmpty()) {
            return List.of();
        }
        var content = users.get(users.size() - 1).get("content");
        return content instanceof JsonArray blocks
                ? blocks.getValuesAs(JsonObject.class)
                : List.of(PROVIDER.createObjectBuilder()
                        .add("type", "text")
                        .add("text", content)
                        .build());
    }

    private static String text(JsonValue content) {
        if (content instanceof JsonString string) {
            return string.getString();
        }
        return content instanceof JsonArray blocks
                ? blocks.stream()
                        .filter(JsonObject.class::isInstance)
                        .map(block -> block.asJsonObject().getString("text", ""))
                        .collect(Collectors.joining(" "))
                : "";
    }
}
