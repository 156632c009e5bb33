package io.github.claudejakarta.socket;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Utf8CheckTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "a",
                "é",
                "漢",
                "😀",
                "x😀é漢y",
                "\u0000",
                "\u007f\u0080",
                "\u07ff\u0800",
                "\ud7ff\ue000",
                "\uffff",
                "\ud800\udc00",
                "\udbff\udfff"
            })
    void acceptsCharactersCutAnywhere(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        for (int cut = 0; cut <= bytes.length; cut++) {
            var check = new Utf8Check();
            assertThat(check.accepts(bytes, 0, cut)).isTrue();
            assertThat(check.accepts(bytes, cut, bytes.length - cut)).isTrue();
            assertThat(check.isComplete()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "80",
                "bf",
                "c0",
                "c0af",
                "c1bf",
                "e08080",
                "e09fbf",
                "eda080",
                "edbfbf",
                "f0808080",
                "f08fbfbf",
                "f4908080",
                "f5",
                "ff",
                "c3c3",
                "e6bc41",
                "f09f9841",
                "4180"
            })
    void rejectsOtherBytesCutAnywhere(String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex);
        for (int cut = 0; cut <= bytes.length; cut++) {
            var check = new Utf8Check();
            assertThat(check.accepts(bytes, 0, cut) && check.accepts(bytes, cut, bytes.length - cut))
                    .as(hex + " cut at " + cut)
                    .isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"c3", "e6", "e6bc", "f0", "f09f", "f09f98"})
    void knowsThatACharacterIsNotComplete(String hex) {
        var check = new Utf8Check();
        byte[] bytes = HexFormat.of().parseHex(hex);
        assertThat(check.accepts(bytes, 0, bytes.length)).isTrue();
        assertThat(check.isComplete()).isFalse();
    }

    /** The results must be those of Java's decoder. */
    @Test
    void decidesAsJavaDoes() {
        var random = new Random(7);
        for (int i = 0; i < 20_000; i++) {
            var bytes = new byte[1 + random.nextInt(4)];
            random.nextBytes(bytes);
            bytes[0] |= (byte) 0xC0;
            for (int k = 1; k < bytes.length; k++) {
                bytes[k] = (byte) (random.nextInt(8) == 0 ? bytes[k] : bytes[k] & 0xBF | 0x80);
            }
            var check = new Utf8Check();
            assertThat(check.accepts(bytes, 0, bytes.length) && check.isComplete())
                    .as(HexFormat.of().formatHex(bytes))
                    .isEqualTo(isUtf8(bytes));
        }
    }

    private static boolean isUtf8(byte[] bytes) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }
}
