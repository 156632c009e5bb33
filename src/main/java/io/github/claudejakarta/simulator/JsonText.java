package io.github.claudejakarta.simulator;

import jakarta.json.spi.JsonProvider;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/** The one provider of JSON: to look it up, as {@code Json} does for each builder, takes longer than to build. */
final class JsonText {

    static final JsonProvider PROVIDER = JsonProvider.provider();

    /** A surrogate of a pair is no character of its own, and does not match. */
    private static final Pattern LONE_SURROGATE = Pattern.compile("\\p{Cs}");

    private JsonText() {}

    /** JSON text in UTF-8. A lone half of a surrogate pair, which UTF-8 cannot carry, becomes an escape. */
    static byte[] bytes(String json) {
        return LONE_SURROGATE
                .matcher(json)
                .replaceAll(half -> "\\\\u" + Integer.toHexString(half.group().charAt(0)))
                .getBytes(StandardCharsets.UTF_8);
    }
}
