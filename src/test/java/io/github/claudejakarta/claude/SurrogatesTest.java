package io.github.claudejakarta.claude;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SurrogatesTest {

    private static final String[] HALVES = {
        "\ud83d",
        "x \ud83d y",
        "\ude00",
        "\ud83d\ud83d\ude00",
        "\ud83d\ude00\ude00",
        "\ude00\ud83d",
        "\udfff\udbff\udc00\ud800"
    };

    @Test
    void escapesLoneSurrogates() {
        String[] escaped = {
            "\\ud83d",
            "x \\ud83d y",
            "\\ude00",
            "\\ud83d\ud83d\ude00",
            "\ud83d\ude00\\ude00",
            "\\ude00\\ud83d",
            "\\udfff\udbff\udc00\\ud800"
        };
        for (int i = 0; i < HALVES.length; i++) {
            assertThat(Surrogates.escaped(HALVES[i])).isEqualTo(escaped[i]);
        }
    }

    @Test
    void replacesLoneSurrogates() {
        String[] replaced = {
            "\ufffd",
            "x \ufffd y",
            "\ufffd",
            "\ufffd\ud83d\ude00",
            "\ud83d\ude00\ufffd",
            "\ufffd\ufffd",
            "\ufffd\udbff\udc00\ufffd"
        };
        for (int i = 0; i < HALVES.length; i++) {
            assertThat(Surrogates.replaced(HALVES[i])).isEqualTo(replaced[i]);
        }
    }

    @Test
    void anEncoderReplacesLoneSurrogates() throws Exception {
        for (String halves : HALVES) {
            var out = new ByteArrayOutputStream();
            try (var writer = new OutputStreamWriter(out, Surrogates.encoder())) {
                for (int i = 0; i < halves.length(); i++) {
                    writer.write(halves.charAt(i));
                }
            }
            assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo(Surrogates.replaced(halves));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "?", "\ufffd", "Grüße \ud83d\ude00\ud83c\udf89", "\u0000\ud7ff\ue000"})
    void leavesOtherTextsUnchanged(String text) {
        assertThat(Surrogates.escaped(text)).isSameAs(text);
        assertThat(Surrogates.replaced(text)).isSameAs(text);
    }

    @ParameterizedTest
    @CsvSource({"1,a", "2,a", "3,a\ud83d\ude00", "4,a\ud83d\ude00b", "9,a\ud83d\ude00b"})
    void aTextIsNotCutWithinASurrogatePair(int most, String beginning) {
        assertThat(Surrogates.beginning("a\ud83d\ude00b", most)).isEqualTo(beginning);
    }
}
