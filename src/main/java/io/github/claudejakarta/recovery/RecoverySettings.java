package io.github.claudejakarta.recovery;

import io.github.claudejakarta.claude.RecoveryMode;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * What becomes of answers that break off.
 *
 * @param ofStreams {@code claude.stream.recovery}: of what is streamed to clients, unless a request says otherwise
 * @param prefillModels {@code claude.stream.recovery.prefill-models}: the whole names of models that go on with an
 *     assistant turn that has begun
 */
public record RecoverySettings(RecoveryMode ofStreams, Pattern prefillModels) {

    /**
     * Claude 4.5 and older, under the names of Anthropic's API and of the clouds; later ones refuse a prefilled turn.
     *
     * @see <a href="https://docs.claude.com/en/docs/about-claude/models/overview">Anthropic: Models</a>
     */
    public static final Pattern UP_TO_4_5 =
            Pattern.compile(".*claude-(instant|v?[0-3]\\b|(opus|sonnet|haiku)-(3|4-[0-5](?!\\d)|4-\\d{8}|4(@.*)?$)).*");

    /** The settings where the configuration says nothing. */
    public static final RecoverySettings DEFAULTS = new RecoverySettings(RecoveryMode.OFF, UP_TO_4_5);

    public RecoverySettings {
        Objects.requireNonNull(ofStreams, "claude.stream.recovery");
        Objects.requireNonNull(prefillModels, "claude.stream.recovery.prefill-models");
    }

    /** Whether the model takes the beginning of its own answer for one, and goes on with it. */
    boolean isPrefilled(String model) {
        return prefillModels.matcher(model).matches();
    }
}
