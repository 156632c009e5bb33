package io.github.claudejakarta.claude;

import jakarta.json.JsonObject;
import jakarta.json.JsonValue;

/**
 * Whether Claude uses a tool, and which one. Some models accept only {@link #auto()} and {@link #none()}.
 *
 * @param json the JSON that is sent to Claude
 */
@PublicApi
public record ToolChoice(JsonObject json) {

    /** Returns the choice with which Claude decides. */
    public static ToolChoice auto() {
        return of("auto");
    }

    /** Returns the choice with which Claude uses at least one tool. */
    public static ToolChoice any() {
        return of("any");
    }

    /** Returns the choice with which Claude uses this tool. */
    public static ToolChoice tool(String name) {
        return new ToolChoice(
                JsonText.builder(of("tool").json).add("name", name).build());
    }

    /** Returns the choice with which Claude uses no tool. */
    public static ToolChoice none() {
        return of("none");
    }

    private static ToolChoice of(String type) {
        return new ToolChoice(JsonText.builder().add("type", type).build());
    }

    /**
     * Returns a copy with which Claude uses one tool at a time.
     *
     * @throws IllegalStateException for {@link #none()}, which uses no tool at all
     */
    public ToolChoice withoutParallelUse() {
        if (Fields.textOrEmpty(json, "type").equals("none")) {
            throw new IllegalStateException("tool_choice: none has no disable_parallel_tool_use");
        }
        return new ToolChoice(JsonText.builder(json)
                .add("disable_parallel_tool_use", JsonValue.TRUE)
                .build());
    }
}
