package io.github.claudejakarta.claude;

import jakarta.json.JsonValue;
import jakarta.json.bind.annotation.JsonbTypeAdapter;
import java.util.Objects;

/**
 * The reason why Claude stopped. It is a record and not an enumeration, because Anthropic may add reasons at any time.
 */
@PublicApi
@JsonbTypeAdapter(StopReason.Adapter.class)
public record StopReason(String value) implements JsonBacked {

    public static final StopReason END_TURN = new StopReason("end_turn");
    public static final StopReason MAX_TOKENS = new StopReason("max_tokens");
    public static final StopReason STOP_SEQUENCE = new StopReason("stop_sequence");
    public static final StopReason TOOL_USE = new StopReason("tool_use");
    /** A pause, not the end. Send the assistant's content back unchanged, and Claude continues. */
    public static final StopReason PAUSE_TURN = new StopReason("pause_turn");
    /** Claude refused. Discard the text that it wrote before; {@link Message#stopDetails()} has details. */
    public static final StopReason REFUSAL = new StopReason("refusal");

    public static final StopReason MODEL_CONTEXT_WINDOW_EXCEEDED = new StopReason("model_context_window_exceeded");
    /** Claude stopped after a compaction (beta). */
    public static final StopReason COMPACTION = new StopReason("compaction");

    public StopReason {
        Objects.requireNonNull(value, "value");
    }

    /** Returns the name as a JSON string. */
    @Override
    public JsonValue json() {
        return JsonText.string(value);
    }

    @Override
    public String toString() {
        return value;
    }

    /** For JSON-B. */
    public static final class Adapter extends JsonBacked.Adapter<StopReason> {

        public Adapter() {
            super(StopReason.class);
        }
    }
}
