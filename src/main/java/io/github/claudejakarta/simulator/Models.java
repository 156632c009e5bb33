package io.github.claudejakarta.simulator;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The list of models: Claude's names, which all give the same answer, and the scripted ones. */
final class Models {

    private static final int DEFAULT_LIMIT = 20;
    private static final int MAX_LIMIT = 1_000;
    private static final List<JsonObject> ALL = all();

    private Models() {
    }

    private static List<JsonObject> all() {
        var models = new ArrayList<>(List.of(
                model("claude-opus-5-5", "Claude Opus 5.5", "2026-09-22"),
                model("claude-sonnet-5-5", "Claude Sonnet 5.5", "2026-09-08"),
                model("claude-haiku-5-5", "Claude Haiku 5.5", "2026-08-18"),
                model("claude-opus-4-6", "Claude Opus 4.6", "2026-02-04"),
                model("claude-haiku-4-5", "Claude Haiku 4.5", "2025-10-15"),
                model("claude-sonnet-4-5", "Claude Sonnet 4.5", "2025-09-29")));
        Arrays.stream(ScriptedModel.values())
                .map(scripted -> model(scripted.id(), "Simulator: " + scripted.description(), "2025-01-01"))
                .forEach(models::add);
        return List.copyOf(models);
    }

    private static JsonObject model(String id, String name, String created) {
        return Json.createObjectBuilder()
                .add("type", "model")
                .add("id", id)
                .add("display_name", name)
                .add("created_at", created + "T00:00:00Z")
                .add("max_input_tokens", 200_000)
                .add("max_tokens", 64_000)
                .build();
    }

    static JsonObject find(String id) {
        return ALL.get(indexOf(id));
    }

    static JsonObject page(HttpRequest request) {
        var limit = limit(request);
        var from = request.parameter("after_id").map(id -> indexOf(id) + 1).orElse(0);
        var to = request.parameter("before_id").map(Models::indexOf).orElse(ALL.size());
        var isBackward = request.parameter("before_id").isPresent();
        var rest = ALL.subList(Math.min(from, to), to);
        var hasMore = rest.size() > limit;
        if (hasMore) {
            rest = isBackward ? rest.subList(rest.size() - limit, rest.size()) : rest.subList(0, limit);
        }
        return Json.createObjectBuilder()
                .add("data", Json.createArrayBuilder(rest))
                .add("has_more", hasMore)
                .add("first_id", rest.isEmpty() ? JsonValue.NULL : rest.get(0).get("id"))
                .add("last_id", rest.isEmpty() ? JsonValue.NULL : rest.get(rest.size() - 1).get("id"))
                .build();
    }

    private static int limit(HttpRequest request) {
        try {
            var limit = request.parameter("limit").map(Integer::parseInt).orElse(DEFAULT_LIMIT);
            if (limit >= 1 && limit <= MAX_LIMIT) {
                return limit;
            }
        } catch (NumberFormatException e) {
            // the same message
        }
        throw new ApiError(400, "limit: Input should be between 1 and " + MAX_LIMIT);
    }

    private static int indexOf(String id) {
        for (var index = 0; index < ALL.size(); index++) {
            if (ALL.get(index).getString("id").equals(id)) {
                return index;
            }
        }
        throw new ApiError(404, "model: " + id);
    }
}
