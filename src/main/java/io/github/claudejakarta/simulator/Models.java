package io.github.claudejakarta.simulator;

import static io.github.claudejakarta.simulator.JsonText.PROVIDER;

import jakarta.json.JsonObject;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/** The list of models: Claude's models, which all answer in the same way, and the scripted models. */
final class Models {

    private static final Page<JsonObject> ALL =
            new Page<>("model", all(), model -> model.getString("id"), Function.identity());

    private Models() {}

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
        return PROVIDER.createObjectBuilder()
                .add("type", "model")
                .add("id", id)
                .add("display_name", name)
                .add("created_at", created + "T00:00:00Z")
                .add("max_input_tokens", 200_000)
                .add("max_tokens", 64_000)
                .build();
    }

    static JsonObject find(String id) {
        return ALL.find(id);
    }

    static JsonObject page(HttpRequest request) {
        return ALL.answer(request);
    }
}
