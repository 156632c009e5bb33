package io.github.claudejakarta.simulator;

import jakarta.json.spi.JsonProvider;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/** The JSON provider, found once. {@code Json} looks it up for each builder, which takes longer than building. */
final class JsonText {

    static final JsonProvider PROVIDER = JsonProvider.provider();

    /** Matches a single surrogate. It does not match the surrogates of a pair. */
    private static final Pattern LONE_SURROGATE = Pattern.compile("\\p{Cs}");

    private JsonText() {}

    /** Returns JSON text in UTF-8. A single surrogate, which UTF-8 cannot represent, becomes an escape. */
    static byte[] bytes(String json) {
        return LONE_SURROGATE
                .matcher(json)
                .replaceAll(half -> "\\\\u" + Integer.toHexString(half.group().charAt(0)))
                .getBytes(StandardCharsets.UTF_8);
    }
}
