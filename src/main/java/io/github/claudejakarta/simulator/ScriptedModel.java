package io.github.claudejakarta.simulator;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** Models whose names select a fault or a kind of answer, without a directive in the prompt. */
enum ScriptedModel {
    OVERLOADED("status=529"),
    RATE_LIMITED("status=429 retry_after=1"),
    SPEND_LIMIT("status=429 enforced_spend_limit=1"),
    SERVER_ERROR("status=500"),
    BAD_REQUEST("status=400"),
    HTML("content_type=text/html"),
    NO_HEADERS("no_headers=1"),
    ERROR_FIRST("error_first=overloaded_error"),
    ERROR_MIDSTREAM("error_at=6"),
    CUT("cut_at=6"),
    TRUNCATED("truncate_at=6"),
    STALL("stall_at=6"),
    PAUSE("pause_at=6 pause_us=25000000"),
    GARBAGE("garbage=1"),
    UNKNOWN("unknown=1"),
    SPLIT("split=1 events=20"),
    SLOW("first_us=2000000 delay_us=250000"),
    FAST("first_us=0 delay_us=0"),
    LONG("events=2000 size=24"),
    HUGE("huge=1"),
    THINKING("thinking=1"),
    TOOL("tool=1"),
    REFUSAL("refusal=1");

    static final String PREFIX = "claude-sim-";

    private final String directives;

    ScriptedModel(String directives) {
        this.directives = directives;
    }

    /** Returns the name that a request has in {@code model}. */
    String id() {
        return PREFIX + name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    String description() {
        return directives;
    }

    Directives directives() {
        return Directives.parse("sim:" + directives);
    }

    static Optional<ScriptedModel> find(String id) {
        return Arrays.stream(values()).filter(model -> model.id().equals(id)).findAny();
    }
}
