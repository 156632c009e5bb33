package io.github.claudejakarta.claude;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.JsonObject;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class JsonTextTest {

    @Test
    void loneSurrogatesAreWrittenAsEscapes() {
        JsonObject json = JsonText.builder()
                .add("\ud83d", "x \ud83d y \ud83d\ude00 \ude00")
                .build();

        assertThat(JsonText.text(json)).isEqualTo("{\"\\ud83d\":\"x \\ud83d y \ud83d\ude00 \\ude00\"}");
        assertThat(JsonText.bytes(json)).asString(StandardCharsets.UTF_8).isEqualTo(JsonText.text(json));
    }

    /** The result does not depend on the position at which the generator's buffer ends. */
    @Test
    void writesTheSameAsItEncodes() {
        for (int length = 0; length < 4; length++) {
            JsonObject json = JsonText.builder()
                    .add("a", "x".repeat(length) + "\ud83d\ude00".repeat(50_000) + "\ud83d".repeat(50_000))
                    .build();
            var closed = new boolean[1];
            var out = new ByteArrayOutputStream() {
                @Override
                public void close() {
                    closed[0] = true;
                }
            };

            JsonText.write(json, out);

            assertThat(out.toByteArray()).isEqualTo(JsonText.bytes(json));
            assertThat(JsonText.parser(new ByteArrayInputStream(out.toByteArray()), StandardCharsets.UTF_8)
                            .next())
                    .isNotNull();
            assertThat(closed[0]).as("the owner closes the stream").isFalse();
        }
    }
}
