package io.github.claudejakarta.simulator;

import io.github.claudejakarta.claude.PublicApi;
import jakarta.json.JsonObject;
import java.util.List;
import java.util.Objects;

/**
 * A request for a message that the simulator received, alone or in a batch.
 *
 * @param json the body, unchanged
 */
@PublicApi
public record SimulatedRequest(JsonObject json) {

    public SimulatedRequest {
        Objects.requireNonNull(json, "json");
    }

    /** Returns the model of the request. */
    public String model() {
        return json.getString("model");
    }

    /** Returns the text of the last message of the user; an empty string if it has no text. */
    public String prompt() {
        return params().prompt();
    }

    /** Returns whether the request wants a stream. */
    public boolean isStreamed() {
        return params().isStreamed();
    }

    /** Returns the names of the tools that the caller runs. */
    public List<String> tools() {
        return params().tools().stream().map(tool -> tool.getString("name")).toList();
    }

    private MessageParams params() {
        return new MessageParams(json);
    }

    /** Returns the model without the contents, which must not appear in a log. */
    @Override
    public String toString() {
        return "a request to " + model();
    }
}
