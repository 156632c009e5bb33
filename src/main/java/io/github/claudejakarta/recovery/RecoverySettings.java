package io.github.claudejakarta.recovery;

import io.github.claudejakarta.claude.RecoveryMode;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * The settings of the recovery of broken answers.
 *
 * @param ofStreams {@code claude.stream.recovery}: the mode of streams to clients, unless a request sets its own
 * @param prefillModels {@code claude.stream.recovery.prefill-models}: a pattern of the full names of models that
 *     continue a prefilled assistant turn
 */
public record RecoverySettings(RecoveryMode ofStreams, Pattern prefillModels) {

    /**
     * Matches Claude 4.5 and older, with the names of Anthropic's API and of the clouds. Later models reject a
     * prefilled turn.
     *
     * @see <a href="https://docs.claude.com/en/docs/about-claude/models/overview">Anthropic: Models</a>
     */
    public static final Pattern UP_TO_4_5 =
            Pattern.compile(".*claude-(instant|v?[0-3]\\b|(opus|sonnet|haiku)-(3|4-[0-5](?!\\d)|4-\\d{8}|4(@.*)?$)).*");

    /** The default settings. */
    public static final RecoverySettings DEFAULTS = new RecoverySettings(RecoveryMode.OFF, UP_TO_4_5);

    public RecoverySettings {
        Objects.requireNonNull(ofStreams, "claude.stream.recovery");
        Objects.requireNonNull(prefillModels, "claude.stream.recovery.prefill-models");
    }

    /** Whether the model accepts the beginning of its own answer as the last turn, and continues it. */
    boolean acceptsPrefill(String model) {
        return prefillModels.matcher(model).matches();
    }
}
