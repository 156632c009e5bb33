package io.github.claudejakarta.simulator;

import io.github.claudejakarta.claude.PublicApi;
import jakarta.json.JsonObject;
import java.util.List;
import java.util.Objects;

/**
 * A request for a message that the simulator received, alone or in a batch.
 *
 * @param json the body as it was sent
 */
@PublicApi
public record SimulatedRequest(JsonObject json) {

    public SimulatedRequest {
        Objects.requireNonNull(json, "json");
    }

    /** The model that is asked. */
    public String model() {
        return json.getString("model");
    }

    /** The text of the last user message; empty if it has none. */
    public String prompt() {
        return params().prompt();
    }

    /** Whether the answer is to be streamed. */
    public boolean isStreamed() {
        return params().isStreamed();
    }

    /** The names of the tools that the caller runs itself. */
    public List<String> tools() {
        return params().tools().stream().map(tool -> tool.getString("name")).toList();
    }

    private MessageParams params() {
        return new MessageParams(json);
    }

    /** Names the request without its contents, which must not get into a log. */
    @Override
    public String toString() {
        return "a request to " + model();
    }
}
